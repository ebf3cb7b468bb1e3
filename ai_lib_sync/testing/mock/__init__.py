# Copied from ai_lib/testing/mock/__init__.py by codegen; do not edit.
"""A mock provider that speaks the dialect of every manifest."""
