"""Schemas of Python types and signatures."""
