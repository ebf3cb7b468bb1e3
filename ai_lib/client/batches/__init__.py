"""Batches that a provider works on by itself."""
