"""Rate limits: requests and tokens in a window."""
