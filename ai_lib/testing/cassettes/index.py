"""Finds the recorded exchange that matches a request."""

from collections.abc import Iterable
from threading import Lock

from ai_lib._runtime.forks import ForkedState, renew_after_fork
from ai_lib.errors.exceptions import RequestError
from ai_lib.testing.cassettes.cassette import Exchange, begin_exchange
from ai_lib.testing.cassettes.scrubbing import scrub_request
from ai_lib.types.json import JsonValue
from ai_lib.types.wire import HttpRequest


class RecordingNotFound(RequestError):
    """No unused recorded exchange matches this request; nothing was sent."""


class RecordingIndex(ForkedState):
    """Recorded exchanges. Each is handed out once, in order; with `repeat`, used ones again.

    With `in_order` any request gets the next one.
    """

    def __init__(
        self, exchanges: Iterable[Exchange], *, repeat: bool = False, in_order: bool = False
    ) -> None:
        self._all = tuple(exchanges)
        self._unused = list(self._all)
        self._repeat = repeat
        self._in_order = in_order
        self._lock = Lock()
        renew_after_fork(self)

    @property
    def unused_count(self) -> int:
        """The number of exchanges that were not handed out yet."""
        return len(self._unused)

    def take(self, request: HttpRequest) -> Exchange:
        """Return the next exchange with the request's method, path and body.

        Raises:
            RecordingNotFound: there is none; the message says how the nearest one differs.
        """
        wanted_exchange = scrub_request(begin_exchange(request), request)
        with self._lock:
            for exchange in self._unused:
                if self._in_order or _is_same_request(exchange, wanted_exchange):
                    self._unused.remove(exchange)
                    return exchange
        if self._repeat:
            for exchange in reversed(self._all):
                if self._in_order or _is_same_request(exchange, wanted_exchange):
                    return exchange
        raise RecordingNotFound(self._describe_mismatch(wanted_exchange))

    def _describe_mismatch(self, requested: Exchange) -> str:
        start = f"{requested.method} {requested.path} is not on the cassette"
        if any(_is_same_request(exchange, requested) for exchange in self._all):
            return f"{start} once more: every recording of it was used; record more, or repeat=True"
        candidates = [
            exchange
            for exchange in self._all
            if (exchange.method, exchange.path) == (requested.method, requested.path)
        ]
        if not candidates:
            paths = sorted({f"{exchange.method} {exchange.path}" for exchange in self._all})
            return f"{start}; it holds {', '.join(paths) or 'nothing'}"
        differences = min(
            (_list_differences(exchange.body, requested.body) for exchange in candidates), key=len
        )
        summary = "; ".join(differences[:3])
        return f"{start} with this body; the nearest recorded one differs: {summary}"


def _is_same_request(recorded: Exchange, requested: Exchange) -> bool:
    return (recorded.method, recorded.path, recorded.body) == (
        requested.method,
        requested.path,
        requested.body,
    )


def _list_differences(recorded: JsonValue, requested: JsonValue, path: str = "$") -> list[str]:
    if isinstance(recorded, dict) and isinstance(requested, dict):
        differences: list[str] = []
        for name in dict.fromkeys([*recorded, *requested]):
            differences += _list_differences(
                recorded.get(name), requested.get(name), f"{path}.{name}"
            )
        return differences
    if (
        isinstance(recorded, list)
        and isinstance(requested, list)
        and len(recorded) == len(requested)
    ):
        differences = []
        for index, (recorded_item, requested_item) in enumerate(
            zip(recorded, requested, strict=True)
        ):
            differences += _list_differences(recorded_item, requested_item, f"{path}[{index}]")
        return differences
    return (
        []
        if recorded == requested
        else [f"{path} was {_shorten(recorded)}, is {_shorten(requested)}"]
    )


def _shorten(value: JsonValue) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
