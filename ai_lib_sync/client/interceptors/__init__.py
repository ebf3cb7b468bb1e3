# Copied from ai_lib/client/interceptors/__init__.py by codegen; do not edit.
"""What accompanies every call: caching, budgets, guardrails, telemetry."""
