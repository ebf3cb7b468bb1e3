"""Circuit breakers: one circuit for each target."""
