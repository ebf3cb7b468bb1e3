"""A request that the mock provider received."""

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from ai_lib.types.message import Message
from ai_lib.types.tool import ToolChoice, ToolDefinition

_LIKE_SECRETS: Final = ("authorization", "cookie", "key", "token", "secret")


class RecordedRequest(msgspec.Struct, frozen=True, kw_only=True):
    """One HTTP request, as received and as parsed.

    `provider` is the manifest's id, or "" when the path names none; `path` begins after it.
    Header names are in lower case. `body` is the decoded JSON, or the bytes when they are not
    JSON. `messages` (instructions first), `tools` and `tool_choice` are parsed from it. `secrets`
    names the headers and query parameters that carry the provider's credential; `repr` masks
    them and all that are named like credentials.
    """

    provider: str
    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: object
    model: str = ""
    streamed: bool = False
    messages: Sequence[Message] = ()
    tools: Sequence[ToolDefinition] = ()
    tool_choice: ToolChoice | None = None
    secrets: frozenset[str] = frozenset()

    @property
    def safe_headers(self) -> dict[str, str]:
        """The headers with credentials replaced by `***`."""
        return self._mask(self.headers)

    @property
    def text(self) -> str:
        """The text of the last message."""
        return self.messages[-1].text if self.messages else ""

    def _mask(self, values: Mapping[str, str]) -> dict[str, str]:
        return {name: "***" if self._is_secret(name) else text for name, text in values.items()}

    def _is_secret(self, name: str) -> bool:
        return name in self.secrets or name.lower().endswith(_LIKE_SECRETS)

    def __repr__(self) -> str:
        query = "".join(f"?{name}={value}" for name, value in self._mask(self.query).items())
        mode = "streamed" if self.streamed else "plain"
        return (
            f"RecordedRequest({self.method} {self.provider}{self.path}{query}, {mode}, "
            f"model={self.model!r}, messages={self.messages!r}, headers={self.safe_headers!r})"
        )
