"""Dialects: how an API family writes requests and responses."""
