"""The command line: `ai-lib demo` and `ai-lib chat`."""
