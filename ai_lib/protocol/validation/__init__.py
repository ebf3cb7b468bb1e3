"""Checks manifests against the schemas of the protocol."""
