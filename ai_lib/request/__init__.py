"""ChatRequest to HttpRequest: what the caller asks for, as one provider wants to hear it."""
