"""Parses one response, its head and then its body as it arrives, with httptools."""

import re
from collections.abc import Callable

from httptools import HttpParserError, HttpParserUpgrade, HttpResponseParser

from ai_lib.transport.errors import RemoteProtocolError
from ai_lib.transport.http.headers import Headers, ResponseHead

_BEGINNING = b"HTTP/1."
_FOLD = re.compile(rb"\r?\n[ \t]+")
_LINE_END = re.compile(rb"\r?\n")
_BODILESS = frozenset({204, 304})


class _ParserEvents:
    """Collects what the parser reports. It does not refer to the parser, so there is no cycle.

    A body's pieces go straight into a list: one call in C for each HTTP chunk.
    """

    def __init__(self) -> None:
        self.fields: list[tuple[str, str]] = []
        self.pieces: list[bytes] = []
        self.on_body: Callable[[bytes], None] = self.pieces.append
        self.piece_count: int | None = None
        self.is_spoiled = False

    def on_message_begin(self) -> None:
        if self.piece_count is not None:
            self.is_spoiled = True

    def on_header(self, name: bytes, value: bytes) -> None:
        self.fields.append((name.decode("ascii"), value.decode("latin-1")))

    def on_message_complete(self) -> None:
        if self.piece_count is None:
            self.piece_count = len(self.pieces)


class ResponseParser:
    """Parses the response to one request of that method.

    `head` is set once its bytes are there. `is_complete` is true when the whole response has
    arrived, `keeps_alive` when the connection may serve another call after it. Interim responses
    are skipped, trailing fields ignored. `limit` bounds the bytes of a chunked body that have no
    content.

    Raises:
        RemoteProtocolError: the bytes are no HTTP/1 response.
    """

    def __init__(self, method: str, limit: int) -> None:
        self.head: ResponseHead | None = None
        self.is_complete = False
        self.keeps_alive = False
        self._method = method
        self._limit = limit
        self._partial_head = b""
        self._events = _ParserEvents()
        self._parser: HttpResponseParser | None = _make_parser(self._events)
        self._length: int | None = None
        self._received = 0
        self._empty_bytes = 0
        self._late_error = ""

    def feed(self, data: bytes) -> bytes:
        """Take bytes that arrived and return those of the body, joined."""
        if self.head is None:
            data = self._read_heads(self._partial_head + data if self._partial_head else data)
        if self.is_complete or self.head is None:
            self.keeps_alive = self.keeps_alive and not data
            return b""
        if self._parser is not None:
            return self._read_chunks(self._parser, data)
        if self._length is not None:
            remaining = self._length - self._received
            if len(data) >= remaining:
                self.is_complete = True
                self.keeps_alive = self.keeps_alive and len(data) == remaining
                data = data[:remaining]
        self._received += len(data)
        return data

    def check(self) -> None:
        """Raise for an error behind the bytes that were returned last."""
        if self._late_error:
            raise RemoteProtocolError(self._late_error)

    def finish(self) -> None:
        """Note that the peer closed the connection; raise when the response is incomplete."""
        self.check()
        if self.head is None:
            preposition = "after the beginning of" if self._partial_head else "without"
            raise RemoteProtocolError(f"the peer closed the connection {preposition} a response")
        if self._parser is not None:
            raise RemoteProtocolError(f"{_CUT_SHORT} (incomplete chunked read)")
        if self._length is not None:
            raise RemoteProtocolError(
                f"{_CUT_SHORT} (received {self._received} bytes, expected {self._length})"
            )
        self.is_complete = True

    def _read_heads(self, data: bytes) -> bytes:
        """Read the heads, the interim ones too, and return the bytes behind the last."""
        while True:
            if not data.startswith(_BEGINNING) and not _BEGINNING.startswith(data[:7]):
                raise RemoteProtocolError("what came is no HTTP/1 response")
            size = _measure_head(data)
            if not size:
                self._partial_head = data
                return b""
            head, data = data[:size], data[size:]
            status = self._read_head(head)
            if status >= 200:
                self._partial_head = b""
                fields = Headers(self._events.fields)
                self.head = ResponseHead(status, fields, head[5:8].decode("ascii"))
                self._find_body_end(self.head)
                return data
            self._events.fields.clear()

    def _read_head(self, head: bytes) -> int:
        try:
            return self._parse_head(head)
        except HttpParserError as error:
            # Folded lines, and lines without CR, were allowed once and still occur.
            tidy = _LINE_END.sub(b"\r\n", _FOLD.sub(b" ", head))
            if tidy == head:
                raise RemoteProtocolError(
                    f"the head of the response is malformed ({error})"
                ) from error
        self._events = _ParserEvents()
        self._parser = _make_parser(self._events)
        return self._read_head(tidy)

    def _parse_head(self, head: bytes) -> int:
        assert self._parser is not None
        try:
            self._parser.feed_data(head)
        except HttpParserUpgrade:
            pass  # its status tells
        status = self._parser.get_status_code()
        if status == 101:
            raise RemoteProtocolError("the server switched to a protocol that was not asked for")
        return status

    def _find_body_end(self, head: ResponseHead) -> None:
        """Find where the body will end (RFC 9112, section 6.3)."""
        get = head.headers.get_all
        connection = head.headers.get("connection", "").lower()
        self.keeps_alive = head.http_version == "1.1" and not (
            connection and _has_option(connection, "close")
        )
        codings, length = get("transfer-encoding"), get("content-length")
        if self._method == "HEAD" or head.status in _BODILESS:
            self.is_complete = True
        elif codings:
            if [coding.strip().lower() for coding in codings] != ["chunked"]:
                raise RemoteProtocolError("the response's transfer coding is not known")
            self._events.piece_count = None
            return
        elif length:
            self._length = int(length[0])
            self.is_complete = not self._length
        else:
            self.keeps_alive = False
        self._parser = None

    def _read_chunks(self, parser: HttpResponseParser, data: bytes) -> bytes:
        """Return the content of the chunks."""
        events = self._events
        try:
            parser.feed_data(data)
        except HttpParserError as error:
            events.is_spoiled = True
            # The content before it is returned first.
            self._late_error = "" if events.piece_count is not None else str(error)
        pieces = events.pieces
        if events.piece_count is not None:
            self.is_complete = True
            self._parser = None
            self.keeps_alive = (
                self.keeps_alive and not events.is_spoiled and len(pieces) == events.piece_count
            )
            del pieces[events.piece_count :]
        content = pieces[0] if len(pieces) == 1 else b"".join(pieces)
        pieces.clear()
        self._received += len(content)
        self._empty_bytes = 0 if content else self._empty_bytes + len(data)
        if self._empty_bytes > self._limit:
            raise RemoteProtocolError(
                f"over {self._limit} bytes came between the pieces of the body"
            )
        return content


_CUT_SHORT = "peer closed connection without sending complete message body"


def _make_parser(events: _ParserEvents) -> HttpResponseParser:
    parser = HttpResponseParser(events)
    # Some servers fill up the line of a chunk's size.
    parser.set_dangerous_leniencies(lenient_spaces_after_chunk_size=True)
    return parser


def _measure_head(data: bytes) -> int:
    """Return the size of the head, with the empty line that ends it; 0 when that is missing."""
    end = data.find(b"\n\r\n")
    bare_end = data.find(b"\n\n", 0, end if end >= 0 else len(data))
    if bare_end >= 0:
        return bare_end + 2
    return end + 3 if end >= 0 else 0


def _has_option(connection: str, option: str) -> bool:
    return option in connection and option in [name.strip() for name in connection.split(",")]
