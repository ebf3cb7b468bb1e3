"""The HTTP messages: heads, encodings, URLs."""
