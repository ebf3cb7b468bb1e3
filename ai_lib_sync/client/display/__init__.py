# Copied from ai_lib/client/display/__init__.py by codegen; do not edit.
"""Shows responses as they arrive, in a notebook or on standard output."""
