# Copied from ai_lib/transport/credentials/__init__.py by codegen; do not edit.
"""The credentials of providers: where a key is found, and sources of keys that expire."""
