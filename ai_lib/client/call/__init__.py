"""One call: its request, its targets, its time, tokens and cost."""
