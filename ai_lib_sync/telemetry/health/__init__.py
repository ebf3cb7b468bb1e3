# Copied from ai_lib/telemetry/health/__init__.py by codegen; do not edit.
"""The health of providers."""
