"""The deadlines of one call, made of its timeouts, and the error when one passes."""

import math
from typing import NamedTuple

from ai_lib.errors.exceptions import TransportTimeout
from ai_lib.types.wire import HttpRequest, TimeoutOptions

_ADVICE = {
    "connect": "no connection to {host} within {seconds:g} s; check address, network and proxy,"
    " or raise the connect timeout",
    "pool": "all connections to {host} stayed in use for {seconds:g} s; close the responses that"
    " are no longer read, or raise PoolConfig.max_connections",
    "write": "{host} did not take the request for {seconds:g} s; check the network, or raise the"
    " idle timeout",
    "first_token": "{host} sent no content within {seconds:g} s of the request; raise the"
    " first_token timeout if the model needs longer",
    "idle": "{host} was silent for {seconds:g} s; raise the idle timeout if the model pauses"
    " longer",
    "total": "the call to {host} was not done within {seconds:g} s, the total timeout",
}


class Deadline(NamedTuple):
    """How long a wait may take, and by which timeout.

    `seconds` is what that timeout was set to, `seconds_left` what is left of it; None is no limit.
    """

    name: str
    seconds: float | None
    seconds_left: float | None


class Deadlines:
    """The deadlines of one call, which begins `at` that time. Times are always the caller's.

    `request_sent` is true once some of the request has been written.
    """

    def __init__(self, request: HttpRequest, timeouts: TimeoutOptions, at: float) -> None:
        self.request = request
        self.started_at = at
        self.request_sent = False
        self._timeouts = timeouts
        self._total_ends_at = math.inf if timeouts.total is None else at + timeouts.total
        self._first_token_ends_at: float | None = None
        self._is_reading_error = False

    def mark_sending(self, at: float) -> None:
        """Note that the request is being written from that time on."""
        self.request_sent = True
        if self._timeouts.first_token is not None:
            self._first_token_ends_at = at + self._timeouts.first_token

    def mark_content(self) -> None:
        """Note the first bytes of content: the first_token timeout is met."""
        self._first_token_ends_at = None

    def mark_error(self) -> None:
        """Note that what follows is no content: both first_token and idle timeouts bound it."""
        self._is_reading_error = True

    def check_total(self, at: float) -> None:
        """Raise `TransportTimeout` when the total timeout has run out."""
        if at >= self._total_ends_at:
            raise self.timeout_error(Deadline("total", self._timeouts.total, 0.0))

    def connect_deadline(self, at: float) -> Deadline:
        """Return the deadline for opening a connection."""
        return self._within_total("connect", self._timeouts.connect, self._timeouts.connect, at)

    def pool_deadline(self, seconds: float | None, at: float) -> Deadline:
        """Return the deadline for getting a connection; `seconds` is the pool's own limit."""
        return self._within_total("pool", seconds, seconds, at)

    def write_deadline(self, at: float) -> Deadline:
        """Return the deadline for the peer to take more of the request."""
        return self._within_total("write", self._timeouts.idle, self._timeouts.idle, at)

    def read_deadline(self, at: float) -> Deadline:
        """Return the deadline for the next bytes of the response."""
        if self._first_token_ends_at is not None:
            seconds_left = self._first_token_ends_at - at
            idle = self._timeouts.idle
            if self._is_reading_error and idle is not None and idle < seconds_left:
                return self._within_total("idle", idle, idle, at)
            return self._within_total("first_token", self._timeouts.first_token, seconds_left, at)
        return self._within_total("idle", self._timeouts.idle, self._timeouts.idle, at)

    def _within_total(
        self, name: str, seconds: float | None, seconds_left: float | None, at: float
    ) -> Deadline:
        total_left = self._total_ends_at - at
        if total_left < (math.inf if seconds_left is None else seconds_left):
            return Deadline("total", self._timeouts.total, max(total_left, 0.0))
        return Deadline(name, seconds, None if seconds_left is None else max(seconds_left, 0.0))

    def timeout_error(self, deadline: Deadline) -> TransportTimeout:
        """Return the error for a deadline that passed."""
        url = self.request.safe_url
        host, seconds = url.split("/")[2], deadline.seconds or 0.0
        return TransportTimeout(
            _ADVICE[deadline.name].format(host=host, seconds=seconds),
            timeout_name=deadline.name,
            seconds=deadline.seconds,
            url=url,
            request_sent=self.request_sent,
        )
