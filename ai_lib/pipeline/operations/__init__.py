"""Responses to operations beside chat, whole and as they come."""
