"""A mock provider that speaks the dialect of every manifest."""
