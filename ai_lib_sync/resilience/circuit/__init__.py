# Copied from ai_lib/resilience/circuit/__init__.py by codegen; do not edit.
"""Circuit breakers: one circuit for each target."""
