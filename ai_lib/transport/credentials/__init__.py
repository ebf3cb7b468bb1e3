"""The credentials of providers: where a key is found, and sources of keys that expire."""
