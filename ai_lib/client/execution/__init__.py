"""Sends one call to its targets in turn."""
