"""One HTTP/1.1 connection's state, without input or output; h11 does the work."""

from collections.abc import Sequence
from typing import NamedTuple

import h11

from ai_lib.errors.tree import RequestError
from ai_lib.transport.failures import Violation
from ai_lib.transport.headers import Headers

RawHeaders = Sequence[tuple[bytes, bytes]]


class Head(NamedTuple):
    """How a reply begins."""

    status: int
    headers: Headers
    http_version: str


class Http1:
    """Requests to bytes, bytes to replies, one exchange after the other.

    `heard` says whether anything of the current reply has arrived.
    """

    def __init__(self, max_head_bytes: int) -> None:
        self._state = h11.Connection(h11.CLIENT, max_incomplete_event_size=max_head_bytes)
        self.heard = False
        self._ended = False
        self._violation: Violation | None = None

    def request(self, method: str, target: str, headers: RawHeaders, body: bytes) -> bytes:
        """Give the bytes of a request whose headers state its length."""
        self.heard = False
        try:
            head = h11.Request(method=method, target=target, headers=list(headers))
            events = [head, h11.Data(data=body), h11.EndOfMessage()]
            return b"".join(self._state.send(event) or b"" for event in events)
        except h11.LocalProtocolError:
            pass  # The error names the value, which may be a credential.
        raise RequestError("the request's method, path or a header is not what HTTP allows")

    def feed(self, data: bytes) -> None:
        """Take received bytes; none at all means that the peer closed."""
        if data:
            self.heard = True
        try:
            self._state.receive_data(data)
        except h11.RemoteProtocolError as error:
            raise Violation(str(error)) from error

    def head(self) -> Head | None:
        """Give the reply's head, None while it is incomplete."""
        while True:
            event = self._next()
            if isinstance(event, h11.Response):
                fields = [(n.decode("ascii"), v.decode("latin-1")) for n, v in event.headers]
                return Head(event.status_code, Headers(fields), event.http_version.decode("ascii"))
            if event is h11.NEED_DATA:
                return None
            if not isinstance(event, h11.InformationalResponse):
                raise Violation("it closed the connection without an answer")

    def body(self) -> bytes | None:
        """Give all that has come of the body since: None while nothing has, empty at its end."""
        pieces: list[bytes] = []
        while not self._ended and self._violation is None:
            try:
                event = self._next()
            except Violation as error:
                self._violation = error
            else:
                if event is h11.NEED_DATA:
                    break
                if isinstance(event, h11.Data):
                    pieces.append(bytes(event.data))
                else:
                    self._ended = True
        if pieces:
            return pieces[0] if len(pieces) == 1 else b"".join(pieces)
        if self._violation is not None:
            raise self._violation
        return b"" if self._ended else None

    def _next(self) -> object:
        try:
            return self._state.next_event()
        except h11.RemoteProtocolError as error:
            raise Violation(str(error)) from error

    @property
    def reusable(self) -> bool:
        """Whether another exchange may follow: both sides are done, nothing is left over."""
        state = self._state
        done = state.our_state is h11.DONE and state.their_state is h11.DONE
        return done and not state.trailing_data[0]

    def next_exchange(self) -> None:
        """Be ready for another request."""
        self._ended = False
        self._state.start_next_cycle()
