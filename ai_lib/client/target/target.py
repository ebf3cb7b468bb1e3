"""The target of a call: a provider's compiled manifest, a model, a key and an address."""

import os
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, NoReturn

import msgspec

from ai_lib.errors import codes
from ai_lib.errors.exceptions import AiLibError, DecodeError, PicklingError, RequestError
from ai_lib.pipeline.errors import decode_error_body, is_error_body, remote_error
from ai_lib.protocol.compiled import CompiledManifest
from ai_lib.protocol.model import Model
from ai_lib.transport.credentials.lookup import Credential
from ai_lib.transport.http.headers import Headers
from ai_lib.types.request import ChatRequest
from ai_lib.types.wire import HttpRequest, TimeoutOptions

if TYPE_CHECKING:
    from ai_lib.client.target.explain import Explanation

_DEFAULT_SECONDS = 60.0
_SILENCE_SECONDS = 900.0


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """One provider and model with all that a call to it needs.

    `headers` are the caller's, and `home` the origin of the address they were given for.
    `listed` is all that is known of the model. `name` is what it is asked for with, where that is
    not the model. With hot reload `renew` makes the target anew from the manifest in force.
    """

    compiled: CompiledManifest
    listed: Model
    credential: Credential | None
    base_url: str | None = None
    timeout: float | None = None
    own_timeouts: TimeoutOptions | None = None
    fit_media: bool = True
    headers: tuple[tuple[str, str], ...] = ()
    home: str = ""
    renew: "Callable[[], Target] | None" = None
    name: str = ""

    def __reduce__(self) -> NoReturn:
        raise PicklingError(
            "a Target holds a key and a compiled manifest, and can't be pickled or copied: pickle "
            "the client's builder, and build a client in each process"
        )

    def current(self) -> "Target":
        """Return the target as the manifest in force has it; a call keeps it to its end."""
        return self.renew() if self.renew else self

    @property
    def key(self) -> str | None:
        """The key to build requests with; None without one, and where each attempt gets its own."""
        return (self.credential.value or None) if self.credential else None

    @property
    def address(self) -> str:
        """The base address of its requests, as it is set or as the manifest has it."""
        return self.base_url or self.compiled.manifest.base_url

    @property
    def model(self) -> str:
        """The model, by the name that is sent."""
        return self.listed.name

    @property
    def model_id(self) -> str:
        """The model, as `provider/model`."""
        return f"{self.compiled.id}/{self.model}"

    @property
    def label(self) -> str:
        """The name it has among the client's targets."""
        return self.name or self.model_id

    @property
    def idempotency_header(self) -> str | None:
        """The header that makes a repeated request count once, where the manifest names one."""
        block = self.compiled.manifest.raw.get("idempotency") or {}
        header = block.get("header")
        return str(header) if header else None

    @property
    def is_repeatable(self) -> bool:
        """Whether a request may be sent again although the first may have been worked on."""
        block = self.compiled.manifest.raw.get("idempotency") or {}
        return bool(block.get("safe")) or self.idempotency_header is not None

    @property
    def content_silence(self) -> float:
        """The seconds for which a stream may send nothing but keep-alives."""
        declared = self.listed.entry.content_silence
        return declared or self.compiled.manifest.content_silence or _SILENCE_SECONDS

    def timeouts_for(self, stream: bool, timeout: float | None = None) -> TimeoutOptions:
        """Return the timeouts of one call.

        The client's own timeouts, when it has any, are taken as they are unless the call sets a
        timeout. That is, in order, that of the call, of the client, of `AI_HTTP_TIMEOUT_SECS`, of
        the manifest, 60 s. It bounds a plain call as a whole; of a stream it bounds the wait for
        the first token and every silence after it.
        """
        if self.own_timeouts is not None and timeout is None:
            return self.own_timeouts
        seconds = self._seconds(timeout)
        return _make_timeouts(seconds, stream)

    def _seconds(self, timeout: float | None) -> float:
        return (
            timeout or self.timeout or _seconds_from_environment() or self._seconds_from_manifest()
        )

    def explain(self, request: ChatRequest | None = None) -> "Explanation":
        """Return what a call to this target would be."""
        from ai_lib.client.target.explain import explain

        return explain(
            self.compiled,
            self.listed,
            request,
            base_url=self.base_url,
            fit_media=self.fit_media,
            timeout_seconds=self._seconds(None),
            credential=self.credential,
            finish=self.add_headers if self.headers else None,
        )

    def add_headers(
        self,
        wire: HttpRequest,
        fields: Sequence[tuple[str, str]] = (),
        home: "Target | None" = None,
    ) -> tuple[HttpRequest, tuple[str, ...]]:
        """Return a request with the client's headers and a call's own, as `headers.add_headers`."""
        if not self.headers and not fields:
            return wire, ()
        from ai_lib.client.target.headers import add_headers

        return add_headers(wire, self, tuple(fields), home)

    def _seconds_from_manifest(self) -> float:
        milliseconds = self.compiled.manifest.timeout_ms
        return milliseconds / 1000 if milliseconds else _DEFAULT_SECONDS


@lru_cache(maxsize=64)
def _make_timeouts(seconds: float, stream: bool) -> TimeoutOptions:
    return TimeoutOptions(first_token=seconds, idle=seconds, total=None if stream else seconds)


def _seconds_from_environment() -> float | None:
    text = os.environ.get("AI_HTTP_TIMEOUT_SECS", "").strip()
    if not text:
        return None
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not seconds > 0:
        raise RequestError(f"AI_HTTP_TIMEOUT_SECS must be a number of seconds, not {text!r}")
    return seconds


def error_from_response(target: Target, status: int, headers: Headers, body: bytes) -> AiLibError:
    """Return the error that a response with a status other than 2xx stands for."""
    error = remote_error(target.compiled, status, decode_error_body(body), headers)
    if 300 <= status <= 399:
        # Another attempt, or another target, would not help: the address is wrong.
        error.standard_code = codes.UNKNOWN
        location = headers.get("location") or "elsewhere"
        error.message = (
            f"{target.compiled.id} answered {status}, a redirect to {location!r}; it is not "
            "followed, as that would send the API key there: set base_url instead"
        )
    from ai_lib.client.target.retirement import add_successor

    return attribute_error(add_successor(error, target.listed), target)


def error_not_a_stream(target: Target, content_type: str, body: bytes) -> AiLibError:
    """Return the error for a plain body that answered a stream request."""
    decoded = decode_error_body(body)
    if is_error_body(target.compiled, decoded):
        return attribute_error(remote_error(target.compiled, 200, decoded), target)
    excerpt = body[:200].decode("utf-8", "replace")
    return attribute_error(
        DecodeError(
            f"{target.compiled.id} answered a stream request with {content_type!r}, not with a "
            f"stream; it begins {excerpt!r}",
            excerpt=excerpt,
        ),
        target,
    )


def attribute_error(error: AiLibError, target: Target) -> AiLibError:
    """Return the error with its provider and model set, and without the target's key in it."""
    error.provider = error.provider or target.compiled.id
    error.model = error.model or target.model
    if error.page is None:
        page = target.compiled.manifest.raw.get("official_url")
        error.page = page if isinstance(page, str) else None
        error.key_source = target.credential.source if target.credential else None
    if target.credential is not None:
        from ai_lib.client.target.redaction import redact

        for secret in target.credential.secrets:
            redact(error, secret)
    return error


def raise_attributed(error: AiLibError, target: Target) -> NoReturn:
    """Raise the error with its provider and model set, and without the target's key in it.

    It is for `except` blocks: before Python 3.11 a bare `raise` there would bring the traceback
    back that was dropped because it may hold the key.
    """
    raise attribute_error(error, target)


def request_id_of(headers: Headers, compiled: CompiledManifest) -> str:
    """Return the provider's id for the request, or one made here."""
    for name in compiled.errors.headers.get("request_id", ()):
        if request_id := headers.get(name):
            return request_id
    return headers.get("x-request-id") or headers.get("request-id") or new_id()


def new_id() -> str:
    """Return a random UUID, version 4 (RFC 9562), as text; `uuid` makes the same at more cost."""
    octets = bytearray(os.urandom(16))
    octets[6] = octets[6] & 0x0F | 0x40
    octets[8] = octets[8] & 0x3F | 0x80
    text = octets.hex()
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
