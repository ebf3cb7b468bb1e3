# Copied from ai_lib/cli/page/__init__.py by codegen; do not edit.
"""The page of `ai-lib ui` and `ai-lib mock --ui`: its server, its calls, its files."""
