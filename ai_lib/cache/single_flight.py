"""Single flight: of equal calls at the same time one is sent, and the others wait for it."""

from __future__ import annotations

from ai_lib._runtime.forks import ForkedState, renew_after_fork
from ai_lib.types.response import ChatResponse

from .._runtime.backend import Lock, fail_after


class InFlight:
    """A request in flight. The call that holds the lock leads: it sends the request for all."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.response: ChatResponse | None = None
        self.has_ended = False


class SingleFlight(ForkedState):
    """The requests in flight, by key. Any task or thread may use it.

    When the leader is cancelled or fails, the first call that waits leads in its place. So a call
    raises only errors of its own request. When the response is not to be shared, all waiting calls
    send their request at once. `complete` and `release` never block and are safe in a finalizer.
    """

    is_shared = False

    def __init__(self) -> None:
        self._in_flight: dict[str, InFlight] = {}
        self.completed_count = 0
        renew_after_fork(self)

    def renew_in_child(self) -> None:
        """Forget the requests in flight: they are the parent's."""
        self._in_flight = {}

    async def join(self, key: str, seconds: float | None) -> InFlight | ChatResponse | None:
        """Return the response of another call, or the flight to lead, or None.

        None means that the call sends its own request. It is also returned after `seconds`.
        """
        flight = self._in_flight.setdefault(key, InFlight())
        if not flight.lock.try_acquire():
            try:
                with fail_after(seconds):
                    await flight.lock.acquire()
            except TimeoutError:
                return None
        if flight.response is None and not flight.has_ended:
            return flight
        flight.lock.release()
        return flight.response

    def complete(self, key: str, flight: InFlight, response: ChatResponse | None) -> None:
        """End the flight with the response for all waiting calls; after None, each is sent."""
        flight.response = response
        flight.has_ended = response is None
        self.completed_count += 1
        self._forget(key, flight)
        flight.lock.release()

    def release(self, key: str, flight: InFlight) -> None:
        """Let the first waiting call lead."""
        if not flight.lock.waiter_count:
            self._forget(key, flight)
        flight.lock.release()

    async def flush(self) -> None:
        """Do nothing: all that wait are in this process."""

    def _forget(self, key: str, flight: InFlight) -> None:
        if self._in_flight.get(key) is flight:
            self._in_flight.pop(key, None)
