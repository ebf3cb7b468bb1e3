# Copied from ai_lib/transport/connections/__init__.py by codegen; do not edit.
"""Connections and their pools."""
