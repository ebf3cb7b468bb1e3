"""The context of a call for its plugins: what they see and may change."""

from enum import Enum, IntEnum

from ai_lib.types.events import Event
from ai_lib.types.json import JsonDict
from ai_lib.types.response import ChatResponse


class HookType(str, Enum):
    """The moments of a call at which hooks run."""

    BEFORE_REQUEST = "before_request"
    AFTER_RESPONSE = "after_response"
    STREAM_START = "stream_start"
    STREAM_EVENT = "stream_event"
    STREAM_END = "stream_end"
    ERROR = "error"
    RETRY = "retry"
    CACHE_HIT = "cache_hit"
    CACHE_MISS = "cache_miss"
    OPERATION = "operation"
    OPERATION_RESULT = "operation_result"


class PluginPriority(IntEnum):
    """The order of plugins: lower numbers first before the request, last after the response."""

    HIGHEST = 0
    HIGH = 25
    NORMAL = 50
    LOW = 75
    LOWEST = 100


class PluginContext:
    """One call, as its plugins see it; all of them get the same object.

    Before the request, `request` may be replaced; in a client it is a `ChatRequest`, a struct to be
    copied with `msgspec.structs.replace`. After the response, `response` may be replaced: that is
    what the caller gets. For each event of a stream, `event` may be replaced, or be set to None to
    leave it out; the collected response does not change. `error`, `attempt` (counted from 1) and
    `delay_seconds` are set when there is an error or a retry. `operation` is `chat` or the name of
    another operation, such as `speech`; that one has no request, but `texts`, which may be replaced
    one for one: those that are sent, then those that came. `metadata` is for the plugins
    themselves.
    """

    def __init__(
        self,
        model: str = "",
        provider: str = "",
        request: object = None,
        *,
        request_id: str = "",
        streamed: bool = False,
        metadata: JsonDict | None = None,
    ) -> None:
        self.model = model
        self.provider = provider
        self.request = request
        self.request_id = request_id
        self.streamed = streamed
        self.metadata: JsonDict = {} if metadata is None else metadata
        self.response: ChatResponse | None = None
        self.event: Event | None = None
        self.error: BaseException | None = None
        self.attempt = 0
        self.delay_seconds = 0.0
        self.operation = "chat"
        self.texts: list[str] = []

    def __repr__(self) -> str:
        return f"PluginContext({self.model!r}, request_id={self.request_id!r})"
