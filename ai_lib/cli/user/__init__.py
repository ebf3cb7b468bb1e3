"""What the commands keep for their user: the default model, keys, the log of conversations."""
