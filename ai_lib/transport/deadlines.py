"""The clocks of one call: what is left of them, and the error when one runs out."""

import math
from typing import NamedTuple

from ai_lib.errors.exceptions import TransportTimeout
from ai_lib.types.wire import HttpRequest, TimeoutOptions

_ADVICE = {
    "connect": "no connection to {host} within {seconds:g} s; check address, network and proxy,"
    " or raise the connect clock",
    "pool": "all connections to {host} stayed in use for {seconds:g} s; close the replies that are"
    " no longer read, or raise PoolConfig.max_connections",
    "write": "{host} did not take the request for {seconds:g} s; check the network, or raise the"
    " idle clock",
    "first_token": "{host} sent no content within {seconds:g} s of the request; raise the"
    " first_token clock if the model needs longer",
    "idle": "{host} was silent for {seconds:g} s; raise the idle clock if the model pauses longer",
    "total": "the call to {host} was not done within {seconds:g} s, the total clock",
}


class Deadline(NamedTuple):
    """How long a wait may take, and which clock says so; `setting` is what it was set to."""

    clock: str
    setting: float | None
    left: float | None


class Deadlines:
    """The clocks of one call, started when it begins. The time is always given by the caller.

    `sent` is true once some of the request has been written.
    """

    def __init__(self, request: HttpRequest, clocks: TimeoutOptions, at: float) -> None:
        self.request = request
        self.began = at
        self.sent = False
        self._clocks = clocks
        self._ends = math.inf if clocks.total is None else at + clocks.total
        self._first_ends: float | None = None

    def sending(self, at: float) -> None:
        """Note that the request is being written from now on."""
        self.sent = True
        if self._clocks.first_token is not None:
            self._first_ends = at + self._clocks.first_token

    def content_came(self) -> None:
        """Note the first bytes of content: from now on only silence counts."""
        self._first_ends = None

    def check_total(self, at: float) -> None:
        """Raise `TransportTimeout` when the total clock has run out."""
        if at >= self._ends:
            raise self.ran_out(Deadline("total", self._clocks.total, 0.0))

    def connecting(self, at: float) -> Deadline:
        """The limit for opening a connection."""
        return self._within_total("connect", self._clocks.connect, self._clocks.connect, at)

    def queueing(self, seconds: float | None, at: float) -> Deadline:
        """The limit for standing in line, where the pool sets one."""
        return self._within_total("pool", seconds, seconds, at)

    def writing(self, at: float) -> Deadline:
        """The limit for the peer to take more of the request."""
        return self._within_total("write", self._clocks.idle, self._clocks.idle, at)

    def reading(self, at: float) -> Deadline:
        """The limit for the next bytes of the reply."""
        if self._first_ends is not None:
            setting = self._clocks.first_token
            return self._within_total("first_token", setting, self._first_ends - at, at)
        return self._within_total("idle", self._clocks.idle, self._clocks.idle, at)

    def _within_total(
        self, clock: str, setting: float | None, left: float | None, at: float
    ) -> Deadline:
        total_left = self._ends - at
        if total_left < (math.inf if left is None else left):
            return Deadline("total", self._clocks.total, max(total_left, 0.0))
        return Deadline(clock, setting, None if left is None else max(left, 0.0))

    def ran_out(self, limit: Deadline) -> TransportTimeout:
        """The error for a clock that ran out."""
        url = self.request.safe_url
        message = _ADVICE[limit.clock].format(host=url.split("/")[2], seconds=limit.setting or 0.0)
        return TransportTimeout(
            message,
            clock=limit.clock,
            seconds=limit.setting,
            url=url,
            request_sent=self.sent,
        )
