"""Token counts of a call, in one form whatever the wire."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

import msgspec

from ai_lib.types.json import JsonObject
from ai_lib.types.records.record import Record


class Usage(Record, frozen=True, kw_only=True, omit_defaults=True):
    """Tokens used.

    `prompt_tokens` counts all input, what a cache served or stored included; `completion_tokens`
    all output, reasoning included. So `cache_read_tokens + cache_write_tokens <= prompt_tokens`,
    `reasoning_tokens <= completion_tokens`, and nothing is counted twice. `cache_write_long_tokens`
    are those of `cache_write_tokens` that a cache keeps for an hour or more; tokens of audio and
    images are parts of input and output.

    `tool_uses` counts the uses of tools that the provider ran, by their names. `service_tier` is
    the tier that served the request, in the provider's word. `units` counts what else was used,
    such as `characters`, `seconds`, `images`, `pages` or `search_units`. `reported_cost` is what
    the provider itself says that it cost, in `reported_currency`; None where it says nothing. `raw`
    is the provider's own object.
    """

    prompt_tokens: int = 0
    completion_tokens: int = 0
    total_tokens: int = 0
    reasoning_tokens: int = 0
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0
    cache_write_long_tokens: int = 0
    input_audio_tokens: int = 0
    output_audio_tokens: int = 0
    input_image_tokens: int = 0
    output_image_tokens: int = 0
    tool_uses: Mapping[str, int] = {}
    service_tier: str = ""
    units: Mapping[str, float] = {}
    reported_cost: float | None = None
    reported_currency: str = "USD"
    raw: JsonObject | None = None

    def __getitem__(self, name: str) -> object:
        """Return a count by its name, as in a dictionary: `usage["prompt_tokens"]`."""
        if name in self:
            return getattr(self, name)
        raise KeyError(f"{name!r} is no count; there are {', '.join(_COUNTS)}")

    def __contains__(self, name: object) -> bool:
        return name in _COUNTS

    def __iter__(self) -> Iterator[str]:
        return iter(self.keys())

    def keys(self) -> tuple[str, ...]:
        """Return the names of the counts, so that `dict(usage)` has all of them."""
        return self.__struct_fields__

    @property
    def input_tokens(self) -> int:
        """The same as `prompt_tokens`."""
        return self.prompt_tokens

    @property
    def output_tokens(self) -> int:
        """The same as `completion_tokens`."""
        return self.completion_tokens

    @property
    def uncached_prompt_tokens(self) -> int:
        """Input tokens that no cache served or stored."""
        return self.prompt_tokens - self.cache_read_tokens - self.cache_write_tokens

    @property
    def answer_tokens(self) -> int:
        """Output tokens without reasoning."""
        return self.completion_tokens - self.reasoning_tokens

    def __add__(self, other: "Usage") -> "Usage":
        """Return the sum of two usages, without their `raw` objects."""
        return sum_usages((self, other))

    def _repr_html_(self) -> str:
        from ai_lib.types.markup.html import render_facts

        return render_facts(
            {
                "tokens in": self.prompt_tokens,
                "of them from a cache": self.cache_read_tokens or None,
                "of them put into a cache": self.cache_write_tokens or None,
                "tokens out": self.completion_tokens,
                "of them thinking": self.reasoning_tokens or None,
                "total": self.total_tokens,
                **{name.replace("_", " "): count for name, count in self.units.items()},
            }
        )


_COUNTS: Final = (
    *Usage.__struct_fields__,
    "input_tokens",
    "output_tokens",
    "uncached_prompt_tokens",
    "answer_tokens",
)


SUMMED_COUNTS: Final = tuple(
    name for name in Usage.__struct_fields__ if name.endswith("_tokens") and name != "total_tokens"
)
"""The counts of tokens beside their total."""


def sum_usages(usages: Iterable[Usage]) -> Usage:
    """Return the sums of all counts, without the `raw` objects.

    What it cost by the provider's word is summed where every usage says so, in one currency.
    """
    listed = list(usages)
    if len(listed) == 1:
        return msgspec.structs.replace(listed[0], raw=None)
    counts: dict[str, Any] = {
        name: sum(getattr(usage, name) for usage in listed)
        for name in (*SUMMED_COUNTS, "total_tokens")
    }
    tool_uses: dict[str, int] = {}
    for usage in listed:
        for name, uses in usage.tool_uses.items():
            tool_uses[name] = tool_uses.get(name, 0) + uses
    units: dict[str, float] = {}
    for usage in listed:
        for name, count in usage.units.items():
            units[name] = units.get(name, 0) + count
    costs = [usage.reported_cost for usage in listed if usage.reported_cost is not None]
    currencies = {usage.reported_currency for usage in listed}
    is_reported = bool(listed) and len(costs) == len(listed) and len(currencies) == 1
    tiers = {usage.service_tier for usage in listed}
    return Usage(
        **counts,
        tool_uses=tool_uses,
        units=units,
        service_tier=next(iter(tiers)) if len(tiers) == 1 else "",
        reported_cost=sum(costs) if is_reported else None,
        reported_currency=next(iter(currencies)) if is_reported else "USD",
    )
