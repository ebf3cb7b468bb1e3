"""Every exception the library raises.

    AiLibError
    |-- ProtocolError              a manifest can't be found, read or used
    |   |-- ManifestNotFound       no such provider or model; near matches are listed
    |   |-- ManifestInvalid        a manifest breaks the protocol's rules; every problem is listed
    |   |-- ManifestSyntaxError    an expression or path does not parse; position given
    |   |-- UnsupportedVersion     the manifest's protocol version is not one of ours
    |   `-- HostNotAllowed         a manifest that nobody named sends to a host nobody allowed
    |-- CredentialError            no API key was found; the sources are listed
    |   `-- CredentialTypeError    a source of keys gave something else (also a TypeError)
    |-- RequestError               the request can't be sent as asked (nothing was sent)
    |   |-- CapabilityError        the manifest does not declare what the request needs (E1005)
    |   |-- MediaError             an image, a sound or a document can't be read or does not fit
    |   |-- InvalidArguments       what the caller gave is malformed; it says where (a ValueError)
    |   `-- InvalidInput           one of several inputs can't be sent; its position
    |-- TransportError             bytes could not be exchanged
    |   |-- ConnectError           no connection: DNS, refused, TLS, proxy
    |   |-- ConnectionLost         the connection broke after it stood
    |   |-- TransportTimeout       one of the timeouts ran out (also a TimeoutError)
    |   |   `-- JobTimeout         a job at the provider was not done in time; it goes on
    |   `-- ResponseTooLarge       a response, frame or error body is over its bound
    |-- RemoteError                the provider responded with an error
    |   |-- ContentFiltered        the provider's rules filtered all that was asked for
    |   `-- JobFailed              a job at the provider failed, was cancelled, or expired
    |-- ResponseError              the provider's response can't be used
    |   |-- DecodeError            not what the manifest declares (HTML, bad JSON, bad UTF-8)
    |   |-- StreamTruncated        the stream ended before the response did
    |   |-- EmptyResponse          the response is complete, and nothing is in it
    |   |-- InvalidToolArguments   a tool call's arguments are not a JSON object
    |   |-- AnswerRefused          the model refused, where its answer was needed to go on
    |   |-- AnswerCutShort         a typed answer ended at a limit of tokens before its end
    |   `-- AnswerFailure           the answer ended in a fault, where it was needed to go on
    |-- ResilienceError            our own protection refused the call (nothing was sent)
    |   |-- CircuitOpenError
    |   |-- BackpressureError
    |   |-- RateLimitExceeded
    |   |-- SharedStateError       a limiter or a circuit storage failed before the attempt
    |   |   `-- SharedStateUnavailable  the store of shared state can't be reached
    |   `-- BudgetExceeded         the attempt might cost more than is left, or an unknown amount
    |-- BatchError                 a batch of calls can't go on
    |   |-- ItemTimeout            one item took too long (also a TimeoutError)
    |   |-- ItemOutcomeUnknown     a worker died with one item; it may have been answered
    |   `-- JournalError           a journal can't be written, or belongs to another batch
    |-- ValidationError            a value does not fit its schema
    |   `-- InvalidOutput          the model's response does not fit, after all requests
    |-- UnknownTool                the model called a tool that is not there
    |-- ToolRoundsExceeded         the model still calls tools after the allowed rounds
    |-- CacheError                 a cache could not be read or written
    |-- PicklingError              it belongs to its process: no pickle, no copy (also a TypeError)
    |-- GuardrailError             a guardrail blocked a text
    |-- PluginError                a fatal plugin failed, or a plugin can't be used
    `-- StreamCancelled            a cancel token ended the call

Every one of them pickles, and none of them holds a credential. Those of MCP servers, `McpError` and
its kinds, are in `errors/mcp.py`.
"""

import errno
from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar, Final

from ai_lib.errors import codes
from ai_lib.errors.codes import StandardErrorCode
from ai_lib.errors.printable import to_printable

if TYPE_CHECKING:
    # What an error carries is made above this room, and is known here to type checkers alone.
    from ai_lib.guardrails.guardrail import GuardrailViolation
    from ai_lib.types.attempt import Attempt
    from ai_lib.types.message import Message
    from ai_lib.types.response import ChatResponse


def _rebuild(
    kind: type["AiLibError"], args: tuple[object, ...], facts: dict[str, object]
) -> "AiLibError":
    error = kind.__new__(kind, *args)
    error.args = args
    error.__dict__.update(facts)
    return error


class AiLibError(Exception):
    """The root of everything the library raises on purpose.

    `provider`, `model` and `request_id` are set when known; `attempts` lists the attempts;
    `partial` is the response as far as it was received; `messages` is, in a tool loop, the
    conversation so far, to continue from. Of a call, `key_source` says where the key came from,
    such as the name of a variable, and `page` is an address of the provider's documentation.
    """

    default_code: ClassVar[StandardErrorCode] = codes.UNKNOWN

    def __init__(
        self,
        message: str,
        *,
        provider: str | None = None,
        model: str | None = None,
        request_id: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.provider = provider
        self.model = model
        self.request_id = request_id
        self.standard_code = self.default_code
        self.key_source: str | None = None
        self.page: str | None = None
        self.attempts: Sequence[Attempt] = ()
        self.partial: ChatResponse | None = None
        self.messages: Sequence[Message] = ()

    def __str__(self) -> str:
        # A message may quote what a provider or a model said: that must not act on a terminal.
        return to_printable(self.message)

    @property
    def remedy(self) -> str:
        """What helps, in one line: where the key came from, how long to wait, which setting."""
        from ai_lib.errors.remedy import make_remedy

        return make_remedy(self)

    def _render_traceback_(self, *_: object) -> list[str]:
        from ai_lib.errors.notebook import render_traceback

        return render_traceback(self)

    def __reduce__(self) -> tuple[object, ...]:
        return _rebuild, (type(self), self.args, self.__dict__)

    @property
    def error_type(self) -> str:
        """The standard class name, such as `rate_limited`."""
        return self.standard_code.name

    @property
    def error_class(self) -> str:
        """The same as `error_type`."""
        return self.standard_code.name

    @property
    def retryable(self) -> bool:
        """Whether the same request may be sent again to the same target."""
        return self.standard_code.retryable

    @property
    def fallbackable(self) -> bool:
        """Whether the same request may go to another target."""
        return self.standard_code.fallbackable


class ProtocolError(AiLibError):
    """A manifest can't be found, read or used. `source` names the file or address."""

    default_code = codes.INVALID_REQUEST

    def __init__(self, message: str, *, source: str | None = None, **facts: str | None) -> None:
        super().__init__(message, **facts)
        self.source = source


class ManifestNotFound(ProtocolError):
    """No manifest or model of that name. `near` lists names that resemble it."""

    default_code = codes.NOT_FOUND

    def __init__(self, message: str, *, near: Sequence[str] = (), **facts: str | None) -> None:
        super().__init__(message, **facts)
        self.near = tuple(near)


class HostNotAllowed(ProtocolError):
    """A manifest that was found or fetched would send to `host`, which nobody allowed."""

    def __init__(self, message: str, *, host: str, **facts: str | None) -> None:
        super().__init__(message, **facts)
        self.host = host


class ManifestInvalid(ProtocolError):
    """A manifest breaks the protocol's rules. `problems` lists each with its position."""

    def __init__(self, message: str, *, problems: Sequence[str] = (), **facts: str | None) -> None:
        super().__init__(message, **facts)
        self.problems = tuple(problems)


class ManifestSyntaxError(ProtocolError):
    """An expression or a path of a manifest does not parse.

    `position` is the offset of the offending character in `text`, counted from 0.
    """

    def __init__(self, text: str, position: int, reason: str) -> None:
        excerpt = text if len(text) <= 120 else text[:117] + "..."
        super().__init__(f"{reason}, at character {position} of {excerpt!r}")
        self.text = text
        self.position = position
        self.reason = reason


class UnsupportedVersion(ProtocolError):
    """This runtime does not support the manifest's protocol version."""


class CredentialError(AiLibError):
    """No API key was found. `looked_in` names the sources, in order."""

    default_code = codes.AUTHENTICATION

    def __init__(self, message: str, *, looked_in: Sequence[str] = (), **facts: str | None) -> None:
        super().__init__(message, **facts)
        self.looked_in = tuple(looked_in)


class CredentialTypeError(CredentialError, TypeError):
    """A source of keys, such as the function given as `api_key`, gave something that is no key."""


class RequestError(AiLibError):
    """The request can't be expressed for this target; nothing was sent."""

    default_code = codes.INVALID_REQUEST


class CapabilityError(RequestError):
    """The request needs `capability`, which the manifest does not declare; nothing was sent."""

    default_code = codes.REQUEST_TOO_LARGE

    def __init__(self, message: str, *, capability: str, **facts: str | None) -> None:
        super().__init__(message, **facts)
        self.capability = capability


class MediaError(RequestError):
    """An image, audio or a document can't be read, or is not what the target takes.

    `path` is the file it came from. `media_type`, `size` in bytes and `pixels` (width, height) are
    what was found, `allowed` the media types the target takes; what is not known is None or empty.
    `extra` names the extra of this library that would convert it.
    """

    def __init__(
        self,
        message: str,
        *,
        path: str | None = None,
        media_type: str | None = None,
        size: int | None = None,
        pixels: tuple[int, int] | None = None,
        allowed: Sequence[str] = (),
        extra: str | None = None,
        **facts: str | None,
    ) -> None:
        super().__init__(message, **facts)
        self.path = path
        self.media_type = media_type
        self.size = size
        self.pixels = pixels
        self.allowed = tuple(allowed)
        self.extra = extra


class InvalidInput(RequestError):
    """Input number `index`, counted from 0, can't be sent; nothing was sent of any."""

    def __init__(self, message: str, *, index: int, **facts: str | None) -> None:
        super().__init__(message, **facts)
        self.index = index


class InvalidArguments(RequestError, ValueError):
    """What the caller gave is malformed: a message or tool as a dict, a parameter, a saved dict.

    `path` says where, such as `messages[3].content[1].image_url`.
    """

    def __init__(self, message: str, *, path: str = "", **facts: str | None) -> None:
        super().__init__(message, **facts)
        self.path = path


class TransportError(AiLibError):
    """Bytes could not be exchanged with the provider.

    `request_sent` is true when the request may have reached it, so that sending it again may do
    the work twice. `url` never holds a credential.
    """

    default_code = codes.SERVER_ERROR

    def __init__(
        self,
        message: str,
        *,
        url: str | None = None,
        request_sent: bool = False,
        **facts: str | None,
    ) -> None:
        super().__init__(message, **facts)
        self.url = url
        self.request_sent = request_sent


class ConnectError(TransportError):
    """No connection could be opened: name lookup, refusal, TLS or proxy.

    `is_lasting` is true where another attempt would end in the same way, as with a certificate
    that is not trusted.
    """

    is_lasting = False

    @property
    def retryable(self) -> bool:
        """Whether the same request may be sent again to the same target."""
        return self.standard_code.retryable and not self.is_lasting


class ConnectionLost(TransportError):
    """The connection broke, or the peer broke HTTP, after it was opened.

    `may_resend` is true when the connection was kept from an earlier call and died before a byte
    of the response came: the call then sends the request once more, on a new one.
    """

    may_resend = False


class TransportTimeout(TransportError, TimeoutError):
    """A timeout ran out. `timeout_name` is `connect`, `write`, `pool`, `credential` (a source of
    keys gave none in time), `first_token`, `idle`, `delta_idle`, `content_silence` (only
    keep-alives came), `attempt` (of a circuit breaker) or `total`; `seconds` is what it was set
    to."""

    default_code = codes.TIMEOUT

    def __init__(
        self,
        message: str,
        *,
        timeout_name: str,
        seconds: float | None,
        request_sent: bool = False,
        **facts: str | None,
    ) -> None:
        super().__init__(message, request_sent=request_sent, **facts)
        self.timeout_name = timeout_name
        self.seconds = seconds


class JobTimeout(TransportTimeout):
    """A job at the provider was not done in time; it goes on there. `job_id` is its id."""

    def __init__(
        self, message: str, *, seconds: float | None, job_id: str = "", **facts: str | None
    ) -> None:
        super().__init__(message, timeout_name="total", seconds=seconds, **facts)  # type: ignore[arg-type]
        self.job_id = job_id

    @property
    def retryable(self) -> bool:
        """False: the job goes on, and another one would be paid as well."""
        return False

    @property
    def fallbackable(self) -> bool:
        """False: the job goes on, and another one would be paid as well."""
        return False


class ResponseTooLarge(TransportError):
    """A response, frame, error body or tool argument is over its bound of `limit` bytes."""

    default_code = codes.UNKNOWN

    def __init__(
        self, message: str, *, limit: int, request_sent: bool = False, **facts: str | None
    ) -> None:
        super().__init__(message, request_sent=request_sent, **facts)
        self.limit = limit


class RemoteError(AiLibError):
    """The provider responded with an error, by HTTP status or inside a stream.

    `status_code` is the HTTP status (200 for an error inside a stream), `code` and `type` are the
    provider's own words, `retry_after` is seconds, `body` is what came (bounded). `should_retry`
    is what an `x-should-retry` header said, None without one.
    """

    def __init__(
        self,
        message: str,
        *,
        status_code: int,
        code: str | None = None,
        type: str | None = None,
        param: str | None = None,
        retry_after: float | None = None,
        should_retry: bool | None = None,
        body: object = None,
        standard_code: StandardErrorCode = codes.UNKNOWN,
        **facts: str | None,
    ) -> None:
        super().__init__(message, **facts)
        self.standard_code = standard_code
        self.status_code = status_code
        self.code = code
        self.type = type
        self.param = param
        self.retry_after = retry_after
        self.should_retry = should_retry
        self.body = body

    def __str__(self) -> str:
        if self.page is None and self.key_source is None:
            return super().__str__()
        return to_printable(f"{self.message} [{self.remedy}]")

    @property
    def status(self) -> int:
        """The same as `status_code`."""
        return self.status_code


class ContentFiltered(RemoteError):
    """The provider's rules for content filtered all that was asked for."""

    default_code = codes.INVALID_REQUEST


class JobFailed(RemoteError):
    """A job at the provider failed, was cancelled, or expired.

    `job_id` is its id and `state` how it ended: `failed`, `cancelled` or `expired`.
    """

    def __init__(
        self,
        message: str,
        *,
        status_code: int = 200,
        code: str | None = None,
        body: object = None,
        standard_code: StandardErrorCode = codes.UNKNOWN,
        job_id: str = "",
        state: str = "failed",
        **facts: str | None,
    ) -> None:
        super().__init__(
            message,
            status_code=status_code,
            code=code,
            body=body,
            standard_code=standard_code,
            **facts,  # type: ignore[arg-type]
        )
        self.job_id = job_id
        self.state = state


class ResponseError(AiLibError):
    """The provider's response can't be used."""

    default_code = codes.SERVER_ERROR


class DecodeError(ResponseError):
    """The response is not what the manifest declares. `excerpt` is its beginning."""

    def __init__(self, message: str, *, excerpt: str = "", **facts: str | None) -> None:
        super().__init__(message, **facts)
        self.excerpt = excerpt


class StreamTruncated(ResponseError):
    """The stream ended before the response was complete."""


class EmptyResponse(ResponseError):
    """The answer is complete and says nothing: no content, no call, no reason for its end.

    `excerpt` is how it begins, at most 200 characters.
    """

    def __init__(self, message: str, *, excerpt: str = "", **facts: str | None) -> None:
        super().__init__(message, **facts)
        self.excerpt = excerpt


class InvalidToolArguments(ResponseError):
    """A tool call's arguments are not a JSON object.

    `tool_call_id` and `tool_name` name the call, `raw` is the text as received.
    """

    default_code = codes.UNKNOWN

    def __init__(
        self, message: str, *, tool_call_id: str, tool_name: str, raw: str, **facts: str | None
    ) -> None:
        super().__init__(message, **facts)
        self.tool_call_id = tool_call_id
        self.tool_name = tool_name
        self.raw = raw


class AnswerRefused(ResponseError):
    """The model refused to answer, where its answer was needed. `raw` is the response.

    A typed answer is needed, and so is an answer in a conversation with tools.
    """

    default_code = codes.UNKNOWN

    def __init__(self, message: str, *, raw: str = "", **facts: str | None) -> None:
        super().__init__(message, **facts)
        self.raw = raw


class AnswerCutShort(ResponseError):
    """A typed answer was cut short by the token limit. `raw` is the part that arrived.

    The limit is that of the request, or what the model's context window had left.
    """

    default_code = codes.UNKNOWN

    def __init__(self, message: str, *, raw: str = "", **facts: str | None) -> None:
        super().__init__(message, **facts)
        self.raw = raw


class AnswerFailure(ResponseError):
    """The answer ended in a fault of the model or the provider, where it was needed to go on.

    `finish_reason` is the provider's word for the fault, such as a malformed tool call; `raw` is
    what came before it. `partial` is the response.
    """

    def __init__(
        self,
        message: str,
        *,
        finish_reason: str | None = None,
        raw: str = "",
        **facts: str | None,
    ) -> None:
        super().__init__(message, **facts)
        self.finish_reason = finish_reason
        self.raw = raw


class ResilienceError(AiLibError):
    """Our own protection refused the call; nothing was sent."""

    default_code = codes.OVERLOADED

    def __init__(
        self, message: str, *, retry_after: float | None = None, **facts: str | None
    ) -> None:
        super().__init__(message, **facts)
        self.retry_after = retry_after


class CircuitOpenError(ResilienceError):
    """The target's circuit breaker is open; `retry_after` is seconds until a trial call."""


class BackpressureError(ResilienceError):
    """Too many calls are in flight and the queue time ran out."""


class RateLimitExceeded(ResilienceError):
    """The wait for the rate limit would exceed what the call allows."""

    default_code = codes.RATE_LIMITED


class SharedStateError(ResilienceError):
    """A limiter or a circuit storage of the caller's own failed; nothing was sent."""


class SharedStateUnavailable(SharedStateError):
    """The store that several processes share can't be reached; nothing was sent."""


class BudgetExceeded(ResilienceError):
    """The attempt might cost more than the budget has left; nothing was sent.

    `limit`, `spent` and `reserved` are the budget's, `needed` is what the attempt might have cost,
    all in `currency`; `needed` is None where the price is unknown. `tag` is whose account it was.
    """

    default_code = codes.QUOTA_EXHAUSTED

    def __init__(
        self,
        message: str,
        *,
        limit: float,
        spent: float,
        reserved: float,
        needed: float | None,
        currency: str,
        tag: str | None = None,
        provider: str | None = None,
        model: str | None = None,
    ) -> None:
        super().__init__(message, provider=provider, model=model)
        self.limit = limit
        self.spent = spent
        self.reserved = reserved
        self.needed = needed
        self.currency = currency
        self.tag = tag


class BatchError(AiLibError):
    """A batch of calls can't go on."""


class ItemTimeout(BatchError, TimeoutError):
    """Item number `index` of a batch took longer than `seconds`, and was ended."""

    default_code = codes.TIMEOUT

    def __init__(self, message: str, *, index: int, seconds: float, **facts: str | None) -> None:
        super().__init__(message, **facts)
        self.index = index
        self.seconds = seconds


class ItemOutcomeUnknown(BatchError):
    """Item number `index` was under way when its worker was lost; it may have been paid for."""

    def __init__(self, message: str, *, index: int, **facts: str | None) -> None:
        super().__init__(message, **facts)
        self.index = index


class JournalError(BatchError):
    """The journal at `path` can't be written or read, or belongs to another batch."""

    def __init__(self, message: str, *, path: str, **facts: str | None) -> None:
        super().__init__(message, **facts)
        self.path = path


class ValidationError(AiLibError):
    """A value does not fit its schema. `problems` lists each with its position."""

    default_code = codes.INVALID_REQUEST

    def __init__(self, message: str, *, problems: Sequence[str] = (), **facts: str | None) -> None:
        super().__init__(message, **facts)
        self.problems = tuple(problems)


class InvalidOutput(ValidationError):
    """The model's response does not fit the schema.

    `raw` is the answer's text, `pointer` the JSON pointer (RFC 6901) of the first problem and
    `allowed` what would be valid there; `problems` has them all. `partial` is the response.
    """

    default_code = codes.UNKNOWN

    def __init__(
        self,
        message: str,
        *,
        raw: str = "",
        pointer: str = "",
        allowed: str = "",
        problems: Sequence[str] = (),
        **facts: str | None,
    ) -> None:
        super().__init__(message, problems=problems, **facts)
        self.raw = raw
        self.pointer = pointer
        self.allowed = allowed


class UnknownTool(AiLibError):
    """The model called an unknown tool. `run_tools` reports it to the model and goes on."""


class ToolRoundsExceeded(AiLibError):
    """The model called tools in each of the allowed `rounds`.

    `messages` is the conversation up to and with the last answer, whose calls were not made any
    more; `partial` is that answer.
    """

    def __init__(
        self, message: str, *, rounds: int, messages: "Sequence[Message]" = (), **facts: str | None
    ) -> None:
        super().__init__(message, **facts)
        self.rounds = rounds
        self.messages = messages


class PicklingError(AiLibError, TypeError):
    """What holds connections, locks or counts of one process can't be pickled or copied."""

    default_code = codes.INVALID_REQUEST


class CacheError(AiLibError):
    """A cache could not be read or written. A call does not fail by it: it counts as a miss."""


class GuardrailError(AiLibError):
    """A text breaks a rule and is blocked.

    `rule_id` names the rule, `stage` says which way the text went (`input` or `output`), and
    `violations` lists what was found; none of them holds the text itself.
    """

    default_code = codes.INVALID_REQUEST

    def __init__(
        self,
        message: str,
        *,
        rule_id: str,
        stage: str,
        violations: "Sequence[GuardrailViolation]" = (),
        **facts: str | None,
    ) -> None:
        super().__init__(message, **facts)
        self.rule_id = rule_id
        self.stage = stage
        self.violations = tuple(violations)


class PluginError(AiLibError):
    """A plugin that is declared fatal failed, or one can't be used. `plugin` names it."""

    def __init__(self, message: str, *, plugin: str, **facts: str | None) -> None:
        super().__init__(message, **facts)
        self.plugin = plugin


class StreamCancelled(AiLibError):
    """A cancel token ended the call. `reason` is what the canceller gave."""

    default_code = codes.CANCELLED

    def __init__(self, message: str, *, reason: str, **facts: str | None) -> None:
        super().__init__(message, **facts)
        self.reason = reason


_USED_UP: Final = {
    errno.EMFILE: "raise the process's limit of open files (ulimit -n), or keep fewer connections",
    errno.ENFILE: "this machine has too many open files",
    errno.ENOMEM: "this machine has no memory left",
    errno.ENOSPC: "free space on the disk",
}


def explain_exhaustion(error: OSError) -> TransportError | None:
    """Return the error for a machine that ran out of something; None for any other error."""
    advice = _USED_UP.get(error.errno or 0)
    if advice is None or isinstance(error, AiLibError):
        return None
    return TransportError(f"this machine has run out: {error}; {advice}", request_sent=True)
