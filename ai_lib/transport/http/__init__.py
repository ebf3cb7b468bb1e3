"""The HTTP messages: heads, encodings, URLs."""

from typing import TYPE_CHECKING

from ai_lib._lazy import old_names

if not TYPE_CHECKING:
    __getattr__ = old_names(__name__)
