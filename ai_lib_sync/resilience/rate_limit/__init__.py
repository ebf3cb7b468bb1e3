# Copied from ai_lib/resilience/rate_limit/__init__.py by codegen; do not edit.
"""Rate limits: requests and tokens in a window."""
