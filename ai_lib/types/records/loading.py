"""Calls the readers of dicts from the types that they make, which lie below them.

They are imported by name when a dict is first given: no caller without dicts loads them.
"""

from collections.abc import Mapping
from importlib import import_module
from typing import Any


def read_part(part: object, path: str) -> Any:
    """Return the block of a part. Raises InvalidArguments when it is malformed."""
    return import_module("ai_lib.types.dicts.parts").read_part(part, path)


def read_result(content: object, path: str) -> Any:
    """Return the content of a tool's result. Raises InvalidArguments when it is malformed."""
    return import_module("ai_lib.types.dicts.parts").read_result(content, path)


def read_message(message: object, path: str) -> Any:
    """Return the message of a dict. Raises InvalidArguments when it is malformed."""
    return import_module("ai_lib.types.dicts.messages").read_message(message, path)


def read_tool(tool: Mapping[str, object]) -> Any:
    """Return the tool of a dict. Raises InvalidArguments when it is malformed."""
    return import_module("ai_lib.types.dicts.tools").read_tool(tool)


def read_tool_choice(choice: Mapping[str, object]) -> Any:
    """Return the choice of a dict. Raises InvalidArguments when it is malformed."""
    return import_module("ai_lib.types.dicts.tools").read_tool_choice(choice)
