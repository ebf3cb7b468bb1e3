# Generated from ai_lib/cache/single_flight.py by codegen; do not edit.
"""Single flight: of the calls that ask the same at the same time, one asks, the others wait."""

from __future__ import annotations

from ai_lib.types.response import ChatResponse

from .._runtime.backend import Lock, deadline


class InFlight:
    """A question on its way. Who holds the lock leads: asks for all who wait for it."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.answer: ChatResponse | None = None
        self.is_open = False


class SingleFlight:
    """The questions on their way, by key; used from any task or thread.

    When who leads is cancelled or fails, the first of those who wait leads in its place, so that
    each who gets an error has asked for itself. When the answer is not one to share, all who wait
    ask at once. Ending a flight never blocks and is safe in a finalizer.
    """

    def __init__(self) -> None:
        self._flights: dict[str, InFlight] = {}
        self.landed = 0

    def join(self, key: str, seconds: float | None) -> InFlight | ChatResponse | None:
        """Return the answer of another call; or the flight to lead; or None, to ask by oneself.

        It waits at most so many seconds, then it is None.
        """
        flight = self._flights.setdefault(key, InFlight())
        if not flight.lock.try_acquire():
            try:
                with deadline(seconds):
                    flight.lock.acquire()
            except TimeoutError:
                return None
        if flight.answer is None and not flight.is_open:
            return flight
        flight.lock.release()
        return flight.answer

    def land(self, key: str, flight: InFlight, answer: ChatResponse | None) -> None:
        """End the flight with the answer for all who wait; with None, each has to ask itself."""
        flight.answer = answer
        flight.is_open = answer is None
        self.landed += 1
        self._forget(key, flight)
        flight.lock.release()

    def hand_over(self, key: str, flight: InFlight) -> None:
        """Let the first who waits lead."""
        if not flight.lock.waiting:
            self._forget(key, flight)
        flight.lock.release()

    def _forget(self, key: str, flight: InFlight) -> None:
        if self._flights.get(key) is flight:
            self._flights.pop(key, None)
