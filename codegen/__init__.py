"""Generates the files that follow from the source: the twin, the room tables, compiled data.

`python -m codegen` writes, `python -m codegen --check` compares. The rules are those of
ARCHITECTURE.md: a file under `ai_lib/` that waits has a twin at the same path in `ai_lib_sync/`; a
relative import means "my own colour", an absolute one means "shared"; tests follow the same rule.
"""
