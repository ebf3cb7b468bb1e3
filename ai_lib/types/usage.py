"""Token counts of a call, in one form whatever the wire."""

from collections.abc import Iterator
from typing import Final

import msgspec

from ai_lib.types.json import JsonObject


class Usage(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Tokens used.

    `prompt_tokens` counts all input, what a cache served or stored included; `completion_tokens`
    all output, reasoning included. So `cache_read_tokens + cache_write_tokens <= prompt_tokens`,
    `reasoning_tokens <= completion_tokens`, and nothing is counted twice. `raw` is the provider's
    own object.
    """

    prompt_tokens: int = 0
    completion_tokens: int = 0
    total_tokens: int = 0
    reasoning_tokens: int = 0
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0
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
            }
        )


_COUNTS: Final = (
    *Usage.__struct_fields__,
    "input_tokens",
    "output_tokens",
    "uncached_prompt_tokens",
    "answer_tokens",
)
