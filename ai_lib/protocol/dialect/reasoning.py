"""The `reasoning:` part of a dialect: how each model is told how much to think."""

from collections.abc import Mapping
from fnmatch import fnmatchcase

import msgspec

from ai_lib.errors.exceptions import ProtocolError
from ai_lib.types.json import JsonDict, JsonObject


class ThinkingBudgetShape(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How many tokens a model may think: `$budget` in `fragment`, from `minimum` to `maximum`.

    With `below_limit`, thinking counts against `max_tokens` and has to stay below it. `of` has the
    tokens of each effort, for models that take no word for it.
    """

    fragment: JsonDict
    minimum: int = 1
    maximum: int = 32768
    below_limit: bool = False
    of: dict[str, int] = {}


class ReasoningShape(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a model takes; a value is a word at the place of the effort, or a fragment of the body.

    `levels` has the efforts that it takes: one that is missing becomes the next lower one, else
    the next higher. `off` turns thinking off; without it the model always thinks. `on` is for an
    effort that the provider chooses. `summary` says whether the text of the thinking is wanted.
    `forbids` are the parameters that the model refuses while it thinks.
    """

    levels: dict[str, str | JsonDict] = {}
    off: str | JsonDict | None = None
    on: str | JsonDict = {}
    budget: ThinkingBudgetShape | None = None
    summary: dict[str, JsonDict] = {}
    forbids: tuple[str, ...] = ()


def read_reasoning(document: JsonObject) -> dict[str, ReasoningShape]:
    """Return what a manifest says under `metadata: reasoning:`, for all its API families.

    Raises:
        ProtocolError: it is no such section; the message has the place.
    """
    metadata = document.get("metadata")
    section = metadata.get("reasoning") if isinstance(metadata, Mapping) else None
    try:
        return msgspec.convert(section or {}, dict[str, ReasoningShape])
    except msgspec.ValidationError as error:
        raise ProtocolError(f"metadata.reasoning: {error}") from error


def find_reasoning(shapes: Mapping[str, ReasoningShape], model: str) -> ReasoningShape | None:
    """Return the shape whose pattern (`*` and `?`) matches a model best, None without one."""
    patterns = (pattern for pattern in shapes if fnmatchcase(model, pattern))
    return shapes.get(max(patterns, key=len, default=""))
