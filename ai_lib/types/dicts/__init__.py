"""Messages, parts and tools that are given as dicts, as other libraries write them."""
