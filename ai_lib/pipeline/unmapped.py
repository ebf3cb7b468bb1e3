"""Keeps what a provider says and no rule reads, by its path and within bounds."""

from typing import Final

from ai_lib.pipeline.decoders.json_text import encode_json
from ai_lib.types.json import JsonDict, JsonValue

MOST_PATHS: Final = 128
MOST_BYTES: Final = 64 * 1024


class UnmappedStore:
    """The members of one response that no rule reads: `values` by their paths.

    `count` counts all that came, also those that are not kept because there are too many of them.
    """

    def __init__(self) -> None:
        self.values: JsonDict = {}
        self.count = 0
        self._bytes = 0

    def put(self, path: str, value: JsonValue) -> None:
        """Keep a value in place of an earlier one."""
        self.count += 1
        self._keep(path, value, _size_of(value) - _size_of(self.values.get(path)))

    def extend(self, path: str, value: JsonValue) -> None:
        """Keep a piece: texts are appended, lists extended, other values replaced."""
        earlier = self.values.get(path)
        if isinstance(earlier, str) and isinstance(value, str):
            self.count += 1
            self._keep(path, earlier + value, len(value))
        elif isinstance(earlier, list) and isinstance(value, list):
            self.count += 1
            self._keep(path, [*earlier, *value], _size_of(value))
        else:
            self.put(path, value)

    def _keep(self, path: str, value: JsonValue, more_bytes: int) -> None:
        has_room = path in self.values or len(self.values) < MOST_PATHS
        if has_room and self._bytes + more_bytes <= MOST_BYTES:
            self._bytes += more_bytes
            self.values[path] = value


def _size_of(value: JsonValue) -> int:
    return 0 if value is None else len(encode_json(value))
