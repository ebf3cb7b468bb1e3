"""Takes one reply's bytes apart: its head, then its body as it comes. httptools does the work."""

import re
from collections.abc import Callable

from httptools import HttpParserError, HttpParserUpgrade, HttpResponseParser

from ai_lib.transport.errors import RemoteProtocolError
from ai_lib.transport.http.headers import Headers, ResponseHead

_BEGINNING = b"HTTP/1."
_FOLD = re.compile(rb"\r?\n[ \t]+")
_LINE_END = re.compile(rb"\r?\n")
_BODILESS = frozenset({204, 304})


class _Findings:
    """What the parser finds. It knows nothing of the parser, so nothing goes round in circles.

    A body's pieces go straight into a list: one call in C for each HTTP chunk.
    """

    def __init__(self) -> None:
        self.fields: list[tuple[str, str]] = []
        self.pieces: list[bytes] = []
        self.on_body: Callable[[bytes], None] = self.pieces.append
        self.ended: int | None = None
        self.spoiled = False

    def on_message_begin(self) -> None:
        if self.ended is not None:
            self.spoiled = True

    def on_header(self, name: bytes, value: bytes) -> None:
        self.fields.append((name.decode("ascii"), value.decode("latin-1")))

    def on_message_complete(self) -> None:
        if self.ended is None:
            self.ended = len(self.pieces)


class ResponseParser:
    """The parser of one reply to a request of that method. Raises `RemoteProtocolError` where it
    is none.

    `head` is there once its bytes are, `ended` says whether the reply has come whole, `keeps`
    whether the connection may serve another call after it. Interim replies are passed over,
    trailing fields ignored. `limit` bounds what may come of a chunked body without content.
    """

    def __init__(self, method: str, limit: int) -> None:
        self.head: ResponseHead | None = None
        self.ended = False
        self.keeps = False
        self._method = method
        self._limit = limit
        self._begun = b""
        self._findings = _Findings()
        self._parser: HttpResponseParser | None = _make_parser(self._findings)
        self._length: int | None = None
        self._received = 0
        self._barren = 0
        self._flaw = ""

    def feed(self, data: bytes) -> bytes:
        """Take what arrived and give what is body of it, all in one."""
        if self.head is None:
            data = self._open(self._begun + data if self._begun else data)
        if self.ended or self.head is None:
            self.keeps = self.keeps and not data
            return b""
        if self._parser is not None:
            return self._join(self._parser, data)
        if self._length is not None:
            left = self._length - self._received
            if len(data) >= left:
                self.ended = True
                self.keeps = self.keeps and len(data) == left
                data = data[:left]
        self._received += len(data)
        return data

    def check(self) -> None:
        """Raise for what was wrong behind the body that was given last."""
        if self._flaw:
            raise RemoteProtocolError(self._flaw)

    def finish(self) -> None:
        """Take note that nothing more comes."""
        self.check()
        if self.head is None:
            began = " after the beginning of a reply" if self._begun else " without a reply"
            raise RemoteProtocolError(f"the peer closed the connection{began}")
        if self._parser is not None:
            raise RemoteProtocolError(f"{_CUT} (incomplete chunked read)")
        if self._length is not None:
            raise RemoteProtocolError(
                f"{_CUT} (received {self._received} bytes, expected {self._length})"
            )
        self.ended = True

    def _open(self, data: bytes) -> bytes:
        """Read the heads, the interim ones too, and give what is behind the last."""
        while True:
            if not data.startswith(_BEGINNING) and not _BEGINNING.startswith(data[:7]):
                raise RemoteProtocolError("what came is no HTTP/1 reply")
            size = _measure(data)
            if not size:
                self._begun = data
                return b""
            head, data = data[:size], data[size:]
            status = self._read_head(head)
            if status >= 200:
                self._begun = b""
                fields = Headers(self._findings.fields)
                self.head = ResponseHead(status, fields, head[5:8].decode("ascii"))
                self._frame(self.head)
                return data
            self._findings.fields.clear()

    def _read_head(self, head: bytes) -> int:
        try:
            return self._parse(head)
        except HttpParserError as error:
            # What was once allowed is still seen: folded lines, lines without CR.
            tidy = _LINE_END.sub(b"\r\n", _FOLD.sub(b" ", head))
            if tidy == head:
                raise RemoteProtocolError(
                    f"the head of the reply is malformed ({error})"
                ) from error
        self._findings = _Findings()
        self._parser = _make_parser(self._findings)
        return self._read_head(tidy)

    def _parse(self, head: bytes) -> int:
        assert self._parser is not None
        try:
            self._parser.feed_data(head)
        except HttpParserUpgrade:
            pass  # to be seen by its status
        status = self._parser.get_status_code()
        if status == 101:
            raise RemoteProtocolError("the server switched to a protocol that nobody asked for")
        return status

    def _frame(self, head: ResponseHead) -> None:
        """Find out where the body will end (RFC 9112, section 6.3)."""
        get = head.headers.get_all
        said = head.headers.get("connection", "").lower()
        self.keeps = head.http_version == "1.1" and not (said and _names(said, "close"))
        codings, length = get("transfer-encoding"), get("content-length")
        if self._method == "HEAD" or head.status in _BODILESS:
            self.ended = True
        elif codings:
            if [coding.strip().lower() for coding in codings] != ["chunked"]:
                raise RemoteProtocolError("the reply's transfer coding is not known")
            self._findings.ended = None
            return
        elif length:
            self._length = int(length[0])
            self.ended = not self._length
        else:
            self.keeps = False
        self._parser = None

    def _join(self, parser: HttpResponseParser, data: bytes) -> bytes:
        """Give the content of the chunks."""
        found = self._findings
        try:
            parser.feed_data(data)
        except HttpParserError as error:
            found.spoiled = True
            # What came before is given first.
            self._flaw = "" if found.ended is not None else str(error)
        pieces = found.pieces
        if found.ended is not None:
            self.ended = True
            self._parser = None
            self.keeps = self.keeps and not found.spoiled and len(pieces) == found.ended
            del pieces[found.ended :]
        content = pieces[0] if len(pieces) == 1 else b"".join(pieces)
        pieces.clear()
        self._received += len(content)
        self._barren = 0 if content else self._barren + len(data)
        if self._barren > self._limit:
            raise RemoteProtocolError(
                f"over {self._limit} bytes came between the pieces of the body"
            )
        return content


_CUT = "peer closed connection without sending complete message body"


def _make_parser(findings: _Findings) -> HttpResponseParser:
    parser = HttpResponseParser(findings)
    # Some servers fill up the line of a chunk's size.
    parser.set_dangerous_leniencies(lenient_spaces_after_chunk_size=True)
    return parser


def _measure(data: bytes) -> int:
    """The size of the head, with the empty line that ends it; 0 when that has not come."""
    end = data.find(b"\n\r\n")
    bare = data.find(b"\n\n", 0, end if end >= 0 else len(data))
    if bare >= 0:
        return bare + 2
    return end + 3 if end >= 0 else 0


def _names(said: str, option: str) -> bool:
    return option in said and option in [one.strip() for one in said.split(",")]
