"""The options of an MCP server."""

from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import Final, TypeAlias, TypedDict

import msgspec

from ai_lib.client.tools.functions import ToolCallHook
from ai_lib.mcp.definitions import ToolFilter
from ai_lib.types.json import JsonDict, JsonObject
from ai_lib.types.wire import check_seconds

RequestCallback: TypeAlias = Callable[[JsonObject], object]
RootsCallback: TypeAlias = Callable[[], object]
ProgressCallback: TypeAlias = Callable[[str, float, float | None, str | None], object]
LogCallback: TypeAlias = Callable[[str, str, object], object]


class McpOptionArguments(TypedDict, total=False):
    """The options of `McpServer.stdio` and `.http` as arguments; `McpOptions` explains them."""

    timeout: float | None
    start_timeout: float | None
    prefix: str | None
    allow: Collection[str] | None
    deny: Collection[str]
    approved: Mapping[str, str] | None
    on_tool_call: ToolCallHook | None
    on_sampling: RequestCallback | None
    on_elicitation: RequestCallback | None
    on_roots: RootsCallback | None
    on_progress: ProgressCallback | None
    on_log: LogCallback | None
    max_result: int
    restart: bool


# A message may be so much larger than the result in it: escapes, base64 and what is for the user.
_MESSAGE_FACTOR: Final = 8


class McpOptions(msgspec.Struct, frozen=True, kw_only=True):
    """How a server is used. All of it may be given to `McpServer.stdio` and `.http`.

    - `timeout` bounds a request, `start_timeout` the start of a server, both in seconds; None is no
      limit. Callbacks that answer the server do not count.
    - `prefix` stands before the names of the tools that the model is given.
    - `allow` and `deny` name tools. `approved` has the pins of tools, as `pins()` returns them: a
      tool that is new or changed is refused then.
    - `on_tool_call(call, definition)` allows each call of this server, as that of `run_tools` does.
    - `on_sampling(params)` returns a message of a model that the server asks for (`sampling`
      makes one of a client), `on_elicitation(params)` the values of a form (None or False declines,
      True accepts without values), `on_roots()` the folders that the server may use. A server is
      told of what has a callback, and gets an error for the rest.
    - `on_progress(tool, progress, total, message)` and `on_log(level, logger, data)` are told what
      comes; they must not wait.
    - `max_result` bounds a result, in characters, base64 included.
    - `restart` starts a server again that ended; a call that it may have seen is never repeated.
    """

    timeout: float | None = 30.0
    start_timeout: float | None = 60.0
    prefix: str | None = None
    allow: Collection[str] | None = None
    deny: Collection[str] = ()
    approved: Mapping[str, str] | None = None
    on_tool_call: ToolCallHook | None = None
    on_sampling: RequestCallback | None = None
    on_elicitation: RequestCallback | None = None
    on_roots: RootsCallback | None = None
    on_progress: ProgressCallback | None = None
    on_log: LogCallback | None = None
    max_result: int = 1_000_000
    restart: bool = True

    def __post_init__(self) -> None:
        for name in ("timeout", "start_timeout"):
            seconds = getattr(self, name)
            if seconds is not None:
                check_seconds(name, seconds)
        if self.max_result < 1:
            raise ValueError("max_result must be 1 or more")

    @property
    def max_message(self) -> int:
        """The most bytes of one message."""
        return self.max_result * _MESSAGE_FACTOR

    def tool_filter(self) -> ToolFilter:
        """Return which tools may be used."""
        allow = None if self.allow is None else frozenset(self.allow)
        return ToolFilter(allow=allow, deny=frozenset(self.deny))

    def capabilities(self) -> JsonDict:
        """Return what a server may ask for: that for which there is a callback."""
        capabilities: JsonDict = {}
        if self.on_sampling is not None:
            capabilities["sampling"] = {}
        if self.on_elicitation is not None:
            capabilities["elicitation"] = {"form": {}, "url": {}}
        if self.on_roots is not None:
            capabilities["roots"] = {}
        return capabilities


def write_roots(roots: object) -> JsonDict:
    """Return folders as the answer to `roots/list`.

    Raises:
        TypeError: they are no sequence of paths and addresses.
    """
    if not isinstance(roots, Sequence) or isinstance(roots, str):
        raise TypeError(f"on_roots gave {roots!r:.100}: return a list of paths or addresses")
    return {"roots": [{"uri": _write_root(root)} for root in roots]}


def _write_root(root: object) -> str:
    if isinstance(root, Path):
        return root.absolute().as_uri()
    text = str(root)
    return text if "://" in text else Path(text).absolute().as_uri()


def write_elicitation(values: object) -> JsonDict:
    """Return what a callback said of a form as the answer to `elicitation/create`.

    Raises:
        TypeError: it said nothing that can be understood.
    """
    if values is None or values is False:
        return {"action": "decline"}
    if values is True:
        return {"action": "accept"}
    if isinstance(values, Mapping):
        return {"action": "accept", "content": dict(values)}
    raise TypeError(
        f"on_elicitation gave {values!r:.100}: return the values of the form, True, False or None"
    )
