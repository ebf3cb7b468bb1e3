"""The page of `ai-lib ui` and `ai-lib mock --ui`: its server, its calls, its files."""
