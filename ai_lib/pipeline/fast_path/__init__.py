"""Reads frames that are like earlier ones without decoding each of them."""
