"""Builds an HttpRequest from a ChatRequest, in the dialect of one provider."""
