"""Connections and their pools."""
