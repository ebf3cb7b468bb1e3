# Copied from ai_lib/transport/http/__init__.py by codegen; do not edit.
"""The HTTP messages: heads, encodings, URLs."""
