# Copied from ai_lib/cli/mock/__init__.py by codegen; do not edit.
"""The commands that serve a mock provider: `mock`, `demo`, `record`, `replay`."""
