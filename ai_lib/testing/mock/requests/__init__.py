"""Checks and spells requests before they are read."""
