"""Cassettes: recorded exchanges, and their replay."""
