"""The questions, one a file; each has `measure(bench)`, and says in its docstring what it asks."""
