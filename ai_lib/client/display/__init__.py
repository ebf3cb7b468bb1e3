"""Shows responses as they arrive, in a notebook or on standard output."""
