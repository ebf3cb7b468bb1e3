"""Reads the token counts that a provider reports into a `Usage`."""

from collections.abc import Mapping
from typing import Final

from ai_lib.protocol.compiled import CompiledUsage
from ai_lib.protocol.json_merge import merge
from ai_lib.types.json import JsonObject
from ai_lib.types.usage import Usage

# Above this, whole numbers are not exact in JSON (RFC 8259, section 6), and no count is true.
_TOO_LARGE: Final = 2**53


class UsageMeter:
    """Combines the usage reports of one response as its manifest says: last, merge or sum."""

    def __init__(self, rules: CompiledUsage) -> None:
        self._rules = rules
        self._raw: JsonObject | None = None
        self._usage: Usage | None = None

    @property
    def usage(self) -> Usage | None:
        """The usage reported so far, None before the first report."""
        return self._usage

    def report(self, raw: object) -> Usage | None:
        """Take one report; return the usage so far, None when the report changes nothing."""
        if not isinstance(raw, Mapping):
            return None
        if raw == self._raw and self._rules.combine != "sum":
            return None
        before = self._usage
        if self._rules.combine == "merge" and self._raw is not None:
            present = {name: value for name, value in raw.items() if value is not None}
            raw = merge(self._raw, present)
        self._raw = raw
        self._usage = read_usage(self._rules, raw)
        if self._rules.combine == "sum" and before is not None:
            self._usage = _sum(before, self._usage, raw)
        return self._usage


def read_usage(rules: CompiledUsage, raw: JsonObject) -> Usage:
    """Return the token counts in one report."""
    counts: dict[str, int] = {}
    for name, path in rules.fields:
        number = path.first(raw)
        if type(number) is float and number.is_integer():
            number = int(number)
        if type(number) is int and 0 < number < _TOO_LARGE:
            counts[name] = counts.get(name, 0) + number
    total = counts.get("prompt_tokens", 0) + counts.get("completion_tokens", 0)
    if counts.get("total_tokens", 0) < total:
        counts["total_tokens"] = total
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
