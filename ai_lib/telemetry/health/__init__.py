"""The health of providers."""
