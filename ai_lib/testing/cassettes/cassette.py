"""Reads and writes cassettes: recorded requests, and the bytes of their responses.

A cassette is JSON lines. Each line is one exchange, written when the exchange is over. It has no
credentials: the values of headers with credentials or cookies are masked, and the query of the
URL is left out.
"""

import base64
import errno
import os
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from io import SEEK_END, FileIO
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import msgspec

from ai_lib._log import LOG
from ai_lib._runtime.forks import ForkedState, renew_after_fork
from ai_lib._runtime.private_files import open_private
from ai_lib.errors.exceptions import (
    ConnectError,
    ConnectionLost,
    RequestError,
    TransportError,
    TransportTimeout,
)
from ai_lib.types.json import JsonValue
from ai_lib.types.upload import Multipart
from ai_lib.types.wire import HttpRequest

_SECRET_HEADERS: Final = frozenset(
    {"authorization", "proxy-authorization", "cookie", "set-cookie", "www-authenticate"}
)
# Words in the name of a header whose value identifies the caller.
_SECRET_WORDS: Final = ("key", "token", "secret", "organization", "project", "account", "user-id")
# Words of headers that carry counts, which do not identify the caller.
_RATE_LIMIT_WORDS: Final = ("ratelimit", "rate-limit")


class RecordedChunk(msgspec.Struct, frozen=True, array_like=True):
    """Bytes that arrived together, in base64, `after` seconds after the response's head."""

    after: float
    data: str

    @property
    def content(self) -> bytes:
        """The decoded bytes."""
        return base64.b64decode(self.data, validate=True)


class Failure(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The transport error that ended an exchange; `clock` names the timeout that ran out."""

    message: str
    connected: bool = True
    request_sent: bool = True
    clock: str = ""


class Exchange(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One request and its response.

    `body` is the request's body: the decoded JSON, or base64 text when `is_base64`. `status` is 0
    when no response head arrived. `head_after` is the seconds until the head arrived.
    """

    method: str
    host: str
    path: str
    headers: Sequence[tuple[str, str]] = ()
    body: JsonValue = None
    is_base64: bool = False
    status: int = 0
    response_headers: Sequence[tuple[str, str]] = ()
    head_after: float = 0.0
    chunks: Sequence[RecordedChunk] = ()
    failure: Failure | None = None


def begin_exchange(request: HttpRequest) -> Exchange:
    """Return an exchange with the request's fields, without its credentials."""
    parts = urlsplit(request.url)
    secrets = request.secrets | _SECRET_HEADERS
    body, is_base64 = _encode_body(request.body)
    return Exchange(
        method=request.method,
        host=parts.netloc.rpartition("@")[2],
        path=parts.path,
        headers=tuple(_mask_headers(request.headers, secrets)),
        body=body,
        is_base64=is_base64,
    )


def encode_chunk(after: float, data: bytes) -> RecordedChunk:
    """Return the chunk of bytes that arrived `after` seconds after the head."""
    return RecordedChunk(round(after, 6), base64.b64encode(data).decode("ascii"))


def describe_failure(error: TransportError) -> Failure:
    """Return the recorded form of an error."""
    return Failure(
        message=error.message,
        connected=not isinstance(error, ConnectError),
        request_sent=error.request_sent,
        clock=error.timeout_name if isinstance(error, TransportTimeout) else "",
    )


def restore_error(failure: Failure, request: HttpRequest) -> TransportError:
    """Return the error of a recorded failure, raised for `request`."""
    sent, url = failure.request_sent, request.safe_url
    if failure.clock:
        return TransportTimeout(
            failure.message, timeout_name=failure.clock, seconds=None, request_sent=sent, url=url
        )
    error_type = ConnectionLost if failure.connected else ConnectError
    return error_type(failure.message, request_sent=sent, url=url)


def mask_response_headers(headers: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """Yield the headers of a response, with values that identify the caller masked."""
    return _mask_headers(headers, _SECRET_HEADERS)


class CassetteFile(ForkedState):
    """Appends exchanges to a file, from any thread."""

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self._lock = threading.Lock()
        renew_after_fork(self)
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with open(self.path, "wb", opener=open_private):
                pass
        except OSError as error:
            raise RequestError(f"the cassette {path} can't be written: {error}") from error

    def append(self, exchange: Exchange) -> None:
        """Append one exchange. One that can't be written is logged: no caller's response fails."""
        line = msgspec.json.encode(exchange) + b"\n"
        try:
            with self._lock, self.path.open("ab", buffering=0) as file:
                _write_whole(file, line)
        except OSError as error:
            LOG.warning("an exchange is not on the cassette %s: %s", self.path, error)


def _write_whole(file: FileIO, line: bytes) -> None:
    """Write a line, or nothing of it."""
    start = file.seek(0, SEEK_END)
    try:
        if file.write(line) != len(line):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    except OSError:
        with suppress(OSError):
            file.truncate(start)
        raise


def read_cassette(path: str | Path) -> list[Exchange]:
    """Return the exchanges of a file.

    Raises:
        RequestError: the file can't be read, or one of its lines is no exchange.
    """
    try:
        lines = Path(path).read_bytes().split(b"\n")
    except OSError as error:
        raise RequestError(f"the cassette {path} can't be read: {error.strerror}") from error
    exchanges = []
    for number, line in enumerate(lines, 1):
        if line:
            exchanges.append(_decode_exchange(line, path, number))
    return exchanges


def _decode_exchange(line: bytes, path: str | Path, number: int) -> Exchange:
    try:
        exchange = msgspec.json.decode(line, type=Exchange)
        for chunk in exchange.chunks:
            base64.b64decode(chunk.data, validate=True)
        return exchange
    except (ValueError, RecursionError) as error:  # everything that JSON and base64 decoding raise
        raise RequestError(
            f"{path}:{number} is no recorded exchange: {error}; record it again"
        ) from error


def _encode_body(body: bytes | Multipart) -> tuple[JsonValue, bool]:
    """Return a body as JSON or base64, and whether it is base64.

    A multipart form gives None, because its files can be read only once.
    """
    if not body or isinstance(body, Multipart):
        return None, False
    try:
        return msgspec.json.decode(body), False
    except (msgspec.DecodeError, UnicodeDecodeError):
        return base64.b64encode(body).decode("ascii"), True


def _mask_headers(
    headers: Iterable[tuple[str, str]], secrets: frozenset[str]
) -> Iterator[tuple[str, str]]:
    for name, value in headers:
        lower_name = name.lower()
        is_secret = any(word in lower_name for word in _SECRET_WORDS)
        is_rate_limit = any(word in lower_name for word in _RATE_LIMIT_WORDS)
        yield name, "***" if lower_name in secrets or (is_secret and not is_rate_limit) else value
