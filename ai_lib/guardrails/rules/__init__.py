"""The rules that find something in a text."""
