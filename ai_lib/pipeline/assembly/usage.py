"""Reads the token counts that a provider reports into a `Usage`."""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from ai_lib.protocol.compiled import CompiledUsage
from ai_lib.protocol.json_merge import merge
from ai_lib.types.json import JsonDict, JsonObject
from ai_lib.types.usage import Usage, sum_usages

# Above this, whole numbers are not exact in JSON (RFC 8259, section 6), and no count is true.
_TOO_LARGE: Final = 2**53
_SUMS: Final = frozenset({"prompt_tokens", "completion_tokens"})
# More searches than one response makes; what is kept of them has an end.
_MOST_USES: Final = 10_000


class UsageMeter:
    """Combines the usage reports of one response as its manifest says: last, merge or sum."""

    def __init__(self, rules: CompiledUsage) -> None:
        self._rules = rules
        self._raw: JsonObject | None = None
        self._usage: Usage | None = None
        self._tool_uses: dict[str, dict[object, None]] = {}

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
            raw = merge(self._raw, _drop_empty(raw))
        self._raw = raw
        self._usage = read_usage(self._rules, raw)
        if self._rules.combine == "last" and before is not None:
            self._usage = _keep_counts(self._rules, before, self._usage, raw)
        if self._rules.combine == "sum" and before is not None:
            self._usage = _sum(before, self._usage, raw)
        if self._tool_uses:
            self._usage = self._add_tool_uses(self._usage)
        return self._usage

    def count_tool(self, name: object, use_id: object) -> Usage | None:
        """Count a use of a tool that the provider ran; one with an id is counted once.

        Return the usage so far, None before the first report.
        """
        if not isinstance(name, str):
            return None
        uses = self._tool_uses.setdefault(name, {})
        if len(uses) < _MOST_USES:
            uses[use_id if isinstance(use_id, str) else len(uses)] = None
        if self._usage is None:
            return None
        self._usage = self._add_tool_uses(self._usage)
        return self._usage

    def _add_tool_uses(self, usage: Usage) -> Usage:
        counted = {name: len(uses) for name, uses in self._tool_uses.items()}
        for name, uses in usage.tool_uses.items():
            counted[name] = max(uses, counted.get(name, 0))
        return msgspec.structs.replace(usage, tool_uses=counted)


def read_usage(rules: CompiledUsage, raw: JsonObject) -> Usage:
    """Return the token counts in one report."""
    counts: dict[str, Any] = {}
    for name, path in rules.fields:
        # A dialect knows many counts, a report has few.
        if path.first_name is not None and path.first_name not in raw:
            continue
        stated = path.first(raw)
        number = _read_count(stated) if stated else 0
        if number and (name in _SUMS or name not in counts):
            counts[name] = counts.get(name, 0) + number
    total = counts.get("prompt_tokens", 0) + counts.get("completion_tokens", 0)
    if counts.get("total_tokens", 0) < total:
        counts["total_tokens"] = total
    usage = Usage(**counts, raw=raw)
    if rules.tool_uses or rules.service_tier or rules.cost:
        return _read_others(rules, raw, usage)
    return usage


def _read_others(rules: CompiledUsage, raw: JsonObject, usage: Usage) -> Usage:
    """Return the usage with what is said beside token counts."""
    tool_uses: dict[str, int] = {}
    for name, path in rules.tool_uses:
        uses = _read_count(path.first(raw))
        if uses:
            tool_uses[name] = tool_uses.get(name, 0) + uses
    tier = rules.service_tier.first(raw) if rules.service_tier else None
    cost = rules.cost.first(raw) if rules.cost else None
    return msgspec.structs.replace(
        usage,
        tool_uses=tool_uses,
        service_tier=tier if isinstance(tier, str) else "",
        reported_cost=_scale(cost, rules.cost_unit),
        reported_currency=rules.cost_currency,
    )


def _drop_empty(raw: JsonObject) -> JsonDict:
    """Return a report without its nulls and zeros, none of which replaces a count."""
    return {
        name: _drop_empty(value) if isinstance(value, Mapping) else value
        for name, value in raw.items()
        if value is not None and (value != 0 or isinstance(value, bool))
    }


def _keep_counts(rules: CompiledUsage, before: Usage, usage: Usage, raw: JsonObject) -> Usage:
    """Return a later report with the counts of an earlier one where it says zero."""
    zeros = {name for name, path in rules.fields if path.first(raw) == 0}
    counts = {
        name: count
        for name in zeros
        if not getattr(usage, name) and (count := getattr(before, name))
    }
    if not counts:
        return usage
    usage = msgspec.structs.replace(usage, **counts)
    total = usage.prompt_tokens + usage.completion_tokens
    return msgspec.structs.replace(usage, total_tokens=max(usage.total_tokens, total))


def _scale(cost: object, unit: float) -> float | None:
    """Return a cost in whole units of money, None for anything else."""
    if type(cost) not in (int, float) or not isinstance(cost, int | float):
        return None
    return round(cost * unit, 12) if 0 <= cost < _TOO_LARGE else None


def _read_count(number: object) -> int:
    """Return a count, 0 for anything else."""
    if type(number) is float and number.is_integer():
        number = int(number)
    return number if type(number) is int and 0 < number < _TOO_LARGE else 0


def _sum(left: Usage, right: Usage, raw: JsonObject) -> Usage:
    return msgspec.structs.replace(sum_usages((left, right)), raw=raw)
