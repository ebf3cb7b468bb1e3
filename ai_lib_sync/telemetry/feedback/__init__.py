# Copied from ai_lib/telemetry/feedback/__init__.py by codegen; do not edit.
"""Feedback that people give on responses, and where it is sent."""
