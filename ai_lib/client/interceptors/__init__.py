"""What accompanies every call: caching, budgets, guardrails, telemetry."""
