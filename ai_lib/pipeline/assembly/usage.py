"""Token counts as a provider reports them, in the one form of `Usage`."""

from collections.abc import Mapping
from typing import Final

from ai_lib.protocol.compiled import CompiledUsage
from ai_lib.protocol.json_merge import merge
from ai_lib.types.json import JsonObject
from ai_lib.types.usage import Usage

# Past this, whole numbers are not exact in JSON (RFC 8259, section 6): nobody counted so many.
_NONSENSE: Final = 2**53


class UsageMeter:
    """Combines the usage reports of one reply as its manifest says: last, merge or sum."""

    def __init__(self, places: CompiledUsage) -> None:
        self._places = places
        self._raw: JsonObject | None = None
        self._usage: Usage | None = None

    @property
    def usage(self) -> Usage | None:
        """What was reported so far; None before the first report."""
        return self._usage

    def report(self, raw: object) -> Usage | None:
        """Take one report; return the counts so far. What is not an object is passed over."""
        if not isinstance(raw, Mapping):
            return None
        if raw == self._raw and self._places.combine != "sum":
            return None
        before = self._usage
        if self._places.combine == "merge" and self._raw is not None:
            known = {name: value for name, value in raw.items() if value is not None}
            raw = merge(self._raw, known)
        self._raw = raw
        self._usage = read_usage(self._places, raw)
        if self._places.combine == "sum" and before is not None:
            self._usage = _sum(before, self._usage, raw)
        return self._usage


def read_usage(places: CompiledUsage, raw: JsonObject) -> Usage:
    """Return the token counts in one report."""
    counts: dict[str, int] = {}
    for name, path in places.fields:
        number = path.first(raw)
        if type(number) is float and number.is_integer():
            number = int(number)
        if type(number) is int and 0 < number < _NONSENSE:
            counts[name] = counts.get(name, 0) + number
    said = counts.get("prompt_tokens", 0) + counts.get("completion_tokens", 0)
    if counts.get("total_tokens", 0) < said:
        counts["total_tokens"] = said
    return Usage(**counts, raw=raw)


def _sum(left: Usage, right: Usage, raw: JsonObject) -> Usage:
    return Usage(
        prompt_tokens=left.prompt_tokens + right.prompt_tokens,
        completion_tokens=left.completion_tokens + right.completion_tokens,
        total_tokens=left.total_tokens + right.total_tokens,
        reasoning_tokens=left.reasoning_tokens + right.reasoning_tokens,
        cache_read_tokens=left.cache_read_tokens + right.cache_read_tokens,
        cache_write_tokens=left.cache_write_tokens + right.cache_write_tokens,
        raw=raw,
    )
