"""Keeps what a provider says and no rule reads, by its path and within bounds."""

import re
from collections.abc import Iterable, Sequence
from typing import Final

from ai_lib.pipeline.decoders.json_text import encode_json_text
from ai_lib.pipeline.rules.unread_members import UnreadMember
from ai_lib.types.json import JsonDict

MOST_PATHS: Final = 128
MOST_BYTES: Final = 64 * 1024


class UnmappedStore:
    """The members of one response that no rule reads: `values` by their paths.

    `pieces` are the paths below which texts and lists come in pieces.
    """

    def __init__(self, pieces: Sequence[str] = ()) -> None:
        self.values: JsonDict = {}
        self._left_out = 0
        self._bytes = 0
        self._pieces = _compile_paths(pieces) if pieces else None

    @property
    def count(self) -> int:
        """The number of paths, and of values that are not kept because there are too many."""
        return len(self.values) + self._left_out

    def has_pieces(self, members: Iterable[UnreadMember]) -> bool:
        """Say whether one of them is a piece, so that every further one counts."""
        return self._pieces is not None and any(self._is_piece(member) for member in members)

    def add(self, members: Iterable[UnreadMember]) -> None:
        """Keep what one frame has: pieces are joined, lists extended, other values replaced."""
        for member in members:
            earlier = self.values.get(member.path)
            if self._is_piece(member) and type(earlier) is type(member.value):
                self.put(member.path, earlier + member.value)  # type: ignore[operator]
            elif isinstance(earlier, list) and isinstance(member.value, list):
                added = [item for item in member.value if item not in earlier]
                self.put(member.path, [*earlier, *added])
            else:
                self.put(member.path, member.value)

    def put(self, path: str, value: object) -> None:
        """Keep a value in place of an earlier one."""
        if path not in self.values and len(self.values) >= MOST_PATHS:
            self._left_out += 1
            return
        more_bytes = len(encode_json_text(value))
        if path in self.values:
            more_bytes -= len(encode_json_text(self.values[path]))
        if self._bytes + more_bytes <= MOST_BYTES:
            self._bytes += more_bytes
            self.values[path] = value
        else:
            self._left_out += 1

    def _is_piece(self, member: UnreadMember) -> bool:
        is_joined = isinstance(member.value, (str, list))
        return is_joined and self._pieces is not None and bool(self._pieces.match(member.path))


def _compile_paths(paths: Sequence[str]) -> re.Pattern[str]:
    """Return the pattern of what is below one of these paths."""
    escaped = (re.escape(path).replace(r"\[\*\]", r"\[\d+\]") for path in paths)
    return re.compile(f"(?:{'|'.join(escaped)})(?:[.\\[]|$)")
