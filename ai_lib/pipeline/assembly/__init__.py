"""Puts what frames say in order and makes events of it."""
