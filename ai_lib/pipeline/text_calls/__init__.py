"""Finds tool calls that a model wrote into its text (AI-Protocol, tool-calling, text fallback)."""
