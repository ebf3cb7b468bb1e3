"""Structs as dicts: how they are written, read, checked, and told to pydantic."""
