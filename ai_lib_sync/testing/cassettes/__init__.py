# Copied from ai_lib/testing/cassettes/__init__.py by codegen; do not edit.
"""Cassettes: recorded exchanges, and their replay."""
