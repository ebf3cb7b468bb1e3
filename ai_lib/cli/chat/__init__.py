"""The command `ai-lib chat`: one question, or a conversation."""
