"""Recorded exchanges in a file: what was sent, and the bytes of the answer as they came.

A cassette is JSON lines, one exchange a line, written when the exchange is over. Credentials are
not in it: the headers that carried them, cookies, and the query of the address are left out.
"""

import base64
import threading
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import msgspec

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

_HIDDEN: Final = frozenset(
    {"authorization", "proxy-authorization", "cookie", "set-cookie", "www-authenticate"}
)
# Words in the name of a header whose value says who the caller is.
_PERSONAL: Final = ("key", "token", "secret", "organization", "project", "account", "user-id")
# What speaks of counts, not of who the caller is.
_COUNTS: Final = ("ratelimit", "rate-limit")


class Piece(msgspec.Struct, frozen=True, array_like=True):
    """Bytes that arrived together, in base64, so many seconds after the reply's head."""

    after: float
    data: str

    @property
    def content(self) -> bytes:
        """The bytes."""
        return base64.b64decode(self.data, validate=True)


class Failure(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The transport's error that ended an exchange; `clock` is the one that ran out, if any."""

    message: str
    connected: bool = True
    request_sent: bool = True
    clock: str = ""


class Exchange(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One exchange. `body` is the request's, decoded where it is JSON, else its base64.

    `status` is 0 when no head came; `head_after` is the seconds until it did.
    """

    method: str
    host: str
    path: str
    headers: Sequence[tuple[str, str]] = ()
    body: JsonValue = None
    encoded: bool = False
    status: int = 0
    reply_headers: Sequence[tuple[str, str]] = ()
    head_after: float = 0.0
    pieces: Sequence[Piece] = ()
    failure: Failure | None = None


def begun(request: HttpRequest) -> Exchange:
    """Return the exchange that this request begins, without its credentials."""
    parts = urlsplit(request.url)
    secrets = request.secrets | _HIDDEN
    body, encoded = _readable(request.body)
    return Exchange(
        method=request.method,
        host=parts.netloc.rpartition("@")[2],
        path=parts.path,
        headers=tuple(_public(request.headers, secrets)),
        body=body,
        encoded=encoded,
    )


def piece(after: float, data: bytes) -> Piece:
    """Return bytes that came so many seconds after the head."""
    return Piece(round(after, 6), base64.b64encode(data).decode("ascii"))


def failure_of(error: TransportError) -> Failure:
    """Return what is recorded of an error."""
    return Failure(
        message=error.message,
        connected=not isinstance(error, ConnectError),
        request_sent=error.request_sent,
        clock=error.clock if isinstance(error, TransportTimeout) else "",
    )


def error_of(failure: Failure, request: HttpRequest) -> TransportError:
    """Return the error that was recorded."""
    sent, url = failure.request_sent, request.safe_url
    if failure.clock:
        return TransportTimeout(
            failure.message, clock=failure.clock, seconds=None, request_sent=sent, url=url
        )
    kind = ConnectionLost if failure.connected else ConnectError
    return kind(failure.message, request_sent=sent, url=url)


def public_headers(headers: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """Give the headers of a reply that don't say whose it is."""
    return _public(headers, _HIDDEN)


class CassetteFile:
    """Appends exchanges to a file, from any thread."""

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self._lock = threading.Lock()
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.write_bytes(b"")

    def append(self, exchange: Exchange) -> None:
        """Write one exchange."""
        line = msgspec.json.encode(exchange) + b"\n"
        with self._lock, self.path.open("ab") as file:
            file.write(line)


def read_cassette(path: str | Path) -> list[Exchange]:
    """Return the exchanges of a file.

    Raises:
        RequestError: it can't be read, or a line of it is no exchange.
    """
    try:
        lines = Path(path).read_bytes().split(b"\n")
    except OSError as error:
        raise RequestError(f"the cassette {path} can't be read: {error.strerror}") from error
    found = []
    for number, line in enumerate(lines, 1):
        if line:
            found.append(_exchange(line, path, number))
    return found


def _exchange(line: bytes, path: str | Path, number: int) -> Exchange:
    try:
        exchange = msgspec.json.decode(line, type=Exchange)
        for one in exchange.pieces:
            base64.b64decode(one.data, validate=True)
        return exchange
    except (ValueError, RecursionError) as error:  # all that decoding raises, of both kinds
        raise RequestError(
            f"{path}:{number} is no recorded exchange: {error}; record it again"
        ) from error


def _readable(body: bytes | Multipart) -> tuple[JsonValue, bool]:
    """Return a body as JSON or base64; of a form with files, which is read once, nothing."""
    if not body or isinstance(body, Multipart):
        return None, False
    try:
        return msgspec.json.decode(body), False
    except (msgspec.DecodeError, UnicodeDecodeError):
        return base64.b64encode(body).decode("ascii"), True


def _public(
    headers: Iterable[tuple[str, str]], secrets: frozenset[str]
) -> Iterator[tuple[str, str]]:
    for name, value in headers:
        low = name.lower()
        personal = any(word in low for word in _PERSONAL)
        counts = any(word in low for word in _COUNTS)
        yield name, "***" if low in secrets or (personal and not counts) else value
