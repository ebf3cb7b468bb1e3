"""Manifests: what a provider and its models are."""
