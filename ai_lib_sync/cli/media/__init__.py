# Copied from ai_lib/cli/media/__init__.py by codegen; do not edit.
"""Images, speech, transcriptions and rankings from the command line."""
