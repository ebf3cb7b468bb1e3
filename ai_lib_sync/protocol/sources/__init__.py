# Copied from ai_lib/protocol/sources/__init__.py by codegen; do not edit.
"""Where manifests come from: folders, files and addresses."""
