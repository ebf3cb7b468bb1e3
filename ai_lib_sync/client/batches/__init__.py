# Copied from ai_lib/client/batches/__init__.py by codegen; do not edit.
"""Batches that a provider works on by itself."""
