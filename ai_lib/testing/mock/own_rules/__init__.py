"""Writes frames that a manifest's own rules read."""
