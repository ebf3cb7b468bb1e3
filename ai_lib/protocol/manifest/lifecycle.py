"""Reads the life of a model: its status, the days it is deprecated and retired, its successor.

What a vendor says changes; every statement has its source and the day it was read.
"""

from datetime import date, timedelta
from typing import Final

import msgspec

from ai_lib.types.json import JsonObject, JsonValue

RETIRED: Final = "retired"
DEPRECATED: Final = "deprecated"
# A retirement that is nearer than this is worth a warning, deprecated or not.
_NEAR: Final = timedelta(days=60)


class ModelLifecycle(msgspec.Struct, frozen=True, kw_only=True):
    """What a vendor says of a model's life; a fact that is not stated is None or empty.

    `status` is `preview`, `active`, `deprecated` or `retired`. From `retires_on` on the vendor
    answers no calls. `successor` is the wire name of the model that the vendor recommends instead.
    `source` is the address of the page that says so, `as_of` the day it was read.
    """

    status: str = ""
    released_on: date | None = None
    deprecated_on: date | None = None
    retires_on: date | None = None
    successor: str = ""
    source: str = ""
    as_of: date | None = None

    def is_retired(self, on: date | None = None) -> bool:
        """Whether the vendor answers no calls on a day; without a day, as far as is stated."""
        if self.status == RETIRED:
            return True
        return on is not None and self.retires_on is not None and self.retires_on <= on

    def is_retiring(self, on: date) -> bool:
        """Whether it still answers on a day, and the vendor has announced that it soon won't."""
        if self.is_retired(on):
            return False
        is_near = self.retires_on is not None and self.retires_on - on <= _NEAR
        return self.status == DEPRECATED or is_near

    def describe(self, model: str, on: date) -> str:
        """Return the sentence that says when a model goes and what to use; "" when it stays."""
        if self.is_retired(on):
            day = f" on {self.retires_on}" if self.retires_on is not None else ""
            sentence = f"{model} was retired{day}"
        elif self.is_retiring(on):
            words = ["is deprecated"] if self.status == DEPRECATED else []
            words += [f"is retired on {self.retires_on}"] if self.retires_on is not None else []
            sentence = f"{model} {' and '.join(words)}"
        else:
            return ""
        return f"{sentence}; use {self.successor}" if self.successor else sentence


def read_lifecycle(entry: JsonObject, defaults: JsonObject) -> ModelLifecycle:
    """Return the life that a model's entry states; `defaults` has the `source` and `as_of` of all.

    A value of a wrong type counts as not stated, as everywhere in a model's entry.
    """
    return ModelLifecycle(
        status=_read_text(entry.get("status")),
        released_on=_read_date(entry.get("release_date")),
        deprecated_on=_read_date(entry.get("deprecated_on")),
        retires_on=_read_date(entry.get("retired_on")) or _read_date(entry.get("retires_on")),
        successor=_read_text(entry.get("successor")),
        source=_read_text(entry.get("source")) or _read_text(defaults.get("source")),
        as_of=_read_date(entry.get("as_of")) or _read_date(defaults.get("as_of")),
    )


def _read_text(value: JsonValue) -> str:
    return value if isinstance(value, str) else ""


def _read_date(value: JsonValue) -> date | None:
    try:
        return date.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
