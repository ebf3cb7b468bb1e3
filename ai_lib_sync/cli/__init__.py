# Copied from ai_lib/cli/__init__.py by codegen; do not edit.
"""The command line."""
