"""Tracing: spans, their content and their exporters."""
