# Copied from ai_lib/client/execution/__init__.py by codegen; do not edit.
"""Sends one call to its targets in turn."""
