"""One target of a client: its settings, key and compiled manifest."""
