"""Turns findings of rules into events."""
