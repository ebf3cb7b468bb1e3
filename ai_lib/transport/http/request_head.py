"""The head of a request as it is written; for requests that are alike it is written once."""

import re
from functools import cached_property

from ai_lib.errors.exceptions import RequestError
from ai_lib.transport.errors import unwritable
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
_OURS = frozenset({"content-length", "transfer-encoding"})
_FORBIDDEN = re.compile("[\r\n\0]")
# Requests of so many kinds are remembered.
_MOST = 64


class RequestHead:
    """Request line and header fields, but for the one field that says how long the body is.

    `target` is where it goes. Raises `RequestError` for what can't be written as HTTP.
    """

    def __init__(self, target: RequestTarget, request: HttpRequest, user_agent: str) -> None:
        self.target = target
        self._method = request.method
        given = {name.lower() for name, _ in request.headers}
        first = [("Host", target.origin.authority)] if "host" not in given else []
        if "accept-encoding" not in given:
            first.append(("Accept-Encoding", ACCEPTED))
        if "user-agent" not in given:
            first.append(("User-Agent", user_agent))
        self._first = _encoded(first)
        self._last = _encoded([one for one in request.headers if one[0].lower() not in _OURS])

    def fields(self, body: bytes | Multipart) -> RawFields:
        """Return the fields, with that of such a body."""
        return RawFields((*self._first, *self._framing(body), *self._last))

    def written(self, body: bytes | Multipart) -> bytes:
        """Return the head of HTTP/1.1 for such a body. Raises `RequestError`."""
        begun, ended = self._written
        return b"%b%b%b" % (begun, _lines(self._framing(body)), ended)

    @cached_property
    def closes(self) -> bool:
        """Whether it says that the connection is to be closed after the reply."""
        return _CLOSES.search(b"".join(self._written).lower()) is not None

    @cached_property
    def _written(self) -> tuple[bytes, bytes]:
        try:
            line = f"{self._method} {self.target.path} HTTP/1.1\r\n".encode("ascii")
        except UnicodeEncodeError:
            raise unwritable() from None
        begun, ended = line + _lines(self._first), _lines(self._last) + b"\r\n"
        whole = begun + ended
        if _HEAD.fullmatch(whole) is None or whole.lower().count(b"\r\nhost:") != 1:
            raise unwritable()
        return begun, ended

    def _framing(self, body: bytes | Multipart) -> RawFields:
        if not body and self._method not in _WITH_BODY:
            return RawFields()
        length = len(body) if isinstance(body, bytes) else body.length
        if length is None:
            return RawFields([(b"Transfer-Encoding", b"chunked")])
        return RawFields([(b"Content-Length", b"%d" % length)])


class RequestHeads:
    """The heads of the requests made of late; those to one model mostly have the same."""

    def __init__(self, user_agent: str) -> None:
        self._user_agent = user_agent
        self._known: dict[object, RequestHead] = {}

    def of(self, target: RequestTarget, request: HttpRequest) -> RequestHead:
        """Return the head of a request. Raises `RequestError` for one that can't be written."""
        # The key is no local variable: tracebacks may show those, and it holds credentials.
        found = self._known.get((request.method, target, request.headers))
        if found is None:
            found = RequestHead(target, request, self._user_agent)
            if len(self._known) >= _MOST:
                self._known.clear()
            self._known[request.method, target, request.headers] = found
        return found

    def forget(self) -> None:
        """Keep none of them."""
        self._known.clear()


def _lines(fields: RawFields) -> bytes:
    return b"".join([b"%b: %b\r\n" % field for field in fields])


def _encoded(fields: list[tuple[str, str]]) -> RawFields:
    return RawFields([_encode(name, value) for name, value in fields])


def _encode(name: str, value: str) -> tuple[bytes, bytes]:
    value = value.strip(" \t")
    if not _FORBIDDEN.search(value) and not _FORBIDDEN.search(name):
        try:
            return name.encode("ascii"), value.encode("latin-1")
        except UnicodeEncodeError:
            pass
    # The value is not shown: it may be a credential.
    raise RequestError(f"the header {name!r} holds characters that HTTP does not allow")
