"""The rules of a dialect, compiled."""
