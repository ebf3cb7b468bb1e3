"""Compiles and runs the rules of a dialect."""
