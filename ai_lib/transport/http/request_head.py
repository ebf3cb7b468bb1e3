"""Writes the head of a request; for requests that are alike it is written once."""

import re

from ai_lib._lazy import LazyReader
from ai_lib.errors.exceptions import RequestError
from ai_lib.transport.errors import invalid_request
from ai_lib.transport.http.content_encoding import ACCEPTED
from ai_lib.transport.http.headers import RawFields
from ai_lib.transport.http.url import RequestTarget
from ai_lib.types.upload import Multipart
from ai_lib.types.wire import HttpRequest

# RFC 9110, sections 5.1 and 5.5; RFC 9112, section 3.
_TOKEN = rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
_HEAD = re.compile(
    _TOKEN + rb" [\x21-\x7e]+ HTTP/1\.1\r\n(?:" + _TOKEN + rb": [^\x00\n\v\f\r\x7f]*\r\n)+\r\n"
)
_CLOSES = re.compile(rb"\r\nconnection:[^\r]*\bclose\b")
_WITH_BODY = frozenset({"POST", "PUT", "PATCH"})
_LENGTH_FIELDS = frozenset({"content-length", "transfer-encoding"})
_FORBIDDEN = re.compile("[\r\n\0]")
# The heads of that many requests are kept.
_MAX_HEADS = 64


class RequestHead:
    """Request line and header fields, but for the one field that says how long the body is.

    `target` is where it goes. Raises `RequestError` for what can't be written as HTTP.
    """

    def __init__(self, target: RequestTarget, request: HttpRequest, user_agent: str) -> None:
        self.target = target
        self._method = request.method
        names = {name.lower() for name, _ in request.headers}
        added = [("Host", target.origin.authority)] if "host" not in names else []
        if "accept-encoding" not in names:
            added.append(("Accept-Encoding", ACCEPTED))
        if "user-agent" not in names:
            added.append(("User-Agent", user_agent))
        self._added_fields = _encode_fields(added)
        self._request_fields = _encode_fields(
            [field for field in request.headers if field[0].lower() not in _LENGTH_FIELDS]
        )

    def header_fields(self, body: bytes | Multipart) -> RawFields:
        """Return the fields, with the one that says how long that body is."""
        return RawFields((*self._added_fields, *self._length_fields(body), *self._request_fields))

    def encode(self, body: bytes | Multipart) -> bytes:
        """Return the head of an HTTP/1.1 request with that body. Raises `RequestError`."""
        begin, end = self._parts
        return b"%b%b%b" % (begin, _join_fields(self._length_fields(body)), end)

    @LazyReader
    def closes_connection(self) -> bool:
        """Whether a field asks to close the connection after the response."""
        return _CLOSES.search(b"".join(self._parts).lower()) is not None

    @LazyReader
    def _parts(self) -> tuple[bytes, bytes]:
        try:
            line = f"{self._method} {self.target.path} HTTP/1.1\r\n".encode("ascii")
        except UnicodeEncodeError:
            raise invalid_request() from None
        begin = line + _join_fields(self._added_fields)
        end = _join_fields(self._request_fields) + b"\r\n"
        head = begin + end
        if _HEAD.fullmatch(head) is None or head.lower().count(b"\r\nhost:") != 1:
            raise invalid_request()
        return begin, end

    def _length_fields(self, body: bytes | Multipart) -> RawFields:
        if not body and self._method not in _WITH_BODY:
            return RawFields()
        length = len(body) if isinstance(body, bytes) else body.length
        if length is None:
            return RawFields([(b"Transfer-Encoding", b"chunked")])
        return RawFields([(b"Content-Length", b"%d" % length)])


class RequestHeads:
    """A cache of recent heads; most requests to one model have the same one."""

    def __init__(self, user_agent: str) -> None:
        self._user_agent = user_agent
        self._heads: dict[object, RequestHead] = {}

    def get(self, target: RequestTarget, request: HttpRequest) -> RequestHead:
        """Return the head of a request. Raises `RequestError` when it can't be written."""
        # The key is no local variable: tracebacks may show those, and it holds credentials.
        head = self._heads.get((request.method, target, request.headers))
        if head is None:
            head = RequestHead(target, request, self._user_agent)
            if len(self._heads) >= _MAX_HEADS:
                self._heads.clear()
            self._heads[request.method, target, request.headers] = head
        return head

    def clear(self) -> None:
        """Drop all heads."""
        self._heads.clear()


def _join_fields(fields: RawFields) -> bytes:
    return b"".join([b"%b: %b\r\n" % field for field in fields])


def _encode_fields(fields: list[tuple[str, str]]) -> RawFields:
    return RawFields([_encode_field(name, value) for name, value in fields])


def _encode_field(name: str, value: str) -> tuple[bytes, bytes]:
    value = value.strip(" \t")
    if not _FORBIDDEN.search(value) and not _FORBIDDEN.search(name):
        try:
            return name.encode("ascii"), value.encode("latin-1")
        except UnicodeEncodeError:
            pass
    # The value is not shown: it may be a credential.
    raise RequestError(f"the header {name!r} holds characters that HTTP does not allow")
