"""Checks, compares and writes manifests."""
