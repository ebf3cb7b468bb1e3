"""Requests for operations beside chat: what is asked, its files, and how it is written."""
