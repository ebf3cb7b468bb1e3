"""Paths and expressions over JSON."""
