"""Options of an operation in one value, in place of its arguments."""

from __future__ import annotations

from typing import TypeVar

import msgspec

T = TypeVar("T")


class RerankOptions(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The options of `RerankClient.rerank`: an argument of the call comes before them."""

    top_n: int | None = None
    max_tokens_per_doc: int | None = None


class TtsOptions(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The options of `SpeechClient.speak`: an argument of the call comes before them."""

    voice: str | None = None
    speed: float | None = None
    response_format: str | None = None


class SttOptions(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The options of `TranscriptionClient.transcribe`: an argument of the call comes before them.

    `language` is a code such as `en`, `prompt` a text that helps with names.
    """

    language: str | None = None
    prompt: str | None = None
    temperature: float | None = None
    response_format: str | None = None


def prefer(argument: T | None, option: T | None) -> T | None:
    """Return the argument, or the option where there is none."""
    return option if argument is None else argument
