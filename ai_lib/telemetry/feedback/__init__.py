"""Feedback that people give on responses, and where it is sent."""
