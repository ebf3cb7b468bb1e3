# Copied from ai_lib/_runtime/__init__.py by codegen; do not edit.
"""What each package runs on: clock, sleep, locks, deadlines, sockets, threads."""
