"""Runs the protocol's compliance suite through the library's public API."""
