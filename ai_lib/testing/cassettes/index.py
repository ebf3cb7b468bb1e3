"""Finds the recorded exchange that a request asks for."""

from collections.abc import Iterable
from threading import Lock

from ai_lib.errors.exceptions import RequestError
from ai_lib.testing.cassettes.cassette import Exchange, begun
from ai_lib.types.json import JsonValue
from ai_lib.types.wire import HttpRequest


class RecordingNotFound(RequestError):
    """No recorded exchange is left that begins with this request; nothing was sent."""


class RecordingIndex:
    """Recorded exchanges, each handed out once, in order, or again and again where `repeat`."""

    def __init__(self, exchanges: Iterable[Exchange], *, repeat: bool = False) -> None:
        self._all = tuple(exchanges)
        self._left = list(self._all)
        self._repeat = repeat
        self._lock = Lock()

    @property
    def left(self) -> int:
        """How many exchanges were not asked for."""
        return len(self._left)

    def take(self, request: HttpRequest) -> Exchange:
        """Return the next exchange that began with the same method, path and body.

        Raises:
            RecordingNotFound: there is none; it says how the nearest one differs.
        """
        asked = begun(request)
        with self._lock:
            for exchange in self._left:
                if _same(exchange, asked):
                    self._left.remove(exchange)
                    return exchange
        if self._repeat:
            for exchange in reversed(self._all):
                if _same(exchange, asked):
                    return exchange
        raise RecordingNotFound(self._why_not(asked))

    def _why_not(self, asked: Exchange) -> str:
        what = f"{asked.method} {asked.path} is not on the cassette"
        if any(_same(exchange, asked) for exchange in self._all):
            return f"{what} once more: every recording of it was used; record more, or repeat=True"
        near = [e for e in self._all if (e.method, e.path) == (asked.method, asked.path)]
        if not near:
            paths = sorted({f"{e.method} {e.path}" for e in self._all})
            return f"{what}; it holds {', '.join(paths) or 'nothing'}"
        differences = min((_differences(e.body, asked.body) for e in near), key=len)
        shown = "; ".join(differences[:3])
        return f"{what} with this body; the nearest recorded one differs: {shown}"


def _same(one: Exchange, other: Exchange) -> bool:
    return (one.method, one.path, one.body) == (other.method, other.path, other.body)


def _differences(recorded: JsonValue, asked: JsonValue, at: str = "$") -> list[str]:
    if isinstance(recorded, dict) and isinstance(asked, dict):
        found: list[str] = []
        for name in dict.fromkeys([*recorded, *asked]):
            found += _differences(recorded.get(name), asked.get(name), f"{at}.{name}")
        return found
    if isinstance(recorded, list) and isinstance(asked, list) and len(recorded) == len(asked):
        found = []
        for index, (one, other) in enumerate(zip(recorded, asked, strict=True)):
            found += _differences(one, other, f"{at}[{index}]")
        return found
    return [] if recorded == asked else [f"{at} was {_short(recorded)}, is {_short(asked)}"]


def _short(value: JsonValue) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
