"""Splits bodies into frames."""
