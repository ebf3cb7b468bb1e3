# Copied from ai_lib/cli/chat/__init__.py by codegen; do not edit.
"""The command `ai-lib chat`: one question, or a conversation."""
