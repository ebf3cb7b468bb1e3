"""The commands that serve a mock provider: `mock`, `demo`, `record`, `replay`."""
