"""The functions that a model may call, and their conversation."""
