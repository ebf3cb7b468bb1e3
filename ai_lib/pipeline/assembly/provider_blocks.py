"""Assembles streamed blocks that mean something to their provider only."""

import msgspec

from ai_lib.types.json import JsonDict, JsonObject


class ProviderBlocks:
    """Collects a block from its start, the pieces of JSON that fill its `input`, and others."""

    def __init__(self) -> None:
        self._open: dict[int, tuple[JsonObject, list[str]]] = {}

    def start(self, index: int, block: JsonObject) -> None:
        """Take a block as it begins."""
        self._open[index] = (block, [])

    def add(self, index: int | None, piece: object) -> bool:
        """Take a piece if it belongs to such a block; return whether it did."""
        if index not in self._open:
            return False
        if isinstance(piece, str):
            self._open[index][1].append(piece)
        return True

    def patch(self, index: int | None, members: JsonObject) -> None:
        """Take pieces of an open block's members: texts are joined, others replaced."""
        if index not in self._open:
            return
        block, pieces = self._open[index]
        patched: JsonDict = dict(block)
        for name, value in members.items():
            earlier = patched.get(name)
            is_joined = isinstance(earlier, str) and isinstance(value, str)
            patched[name] = f"{earlier}{value}" if is_joined else value
        self._open[index] = (patched, pieces)

    def end(self, index: int | None) -> JsonDict | None:
        """Return the complete block when an open one ended, None otherwise."""
        if index not in self._open:
            return None
        block, pieces = self._open.pop(index)
        return {**block, **_input("".join(pieces))}

    def end_all(self) -> list[JsonDict]:
        """Return the blocks that have not ended, at the end of the response."""
        blocks = (self.end(index) for index in sorted(self._open))
        return [block for block in blocks if block is not None]


def _input(text: str) -> JsonDict:
    if not text:
        return {}
    try:
        return {"input": msgspec.json.decode(text)}
    except msgspec.DecodeError:
        return {}  # cut short: the block is kept as it began
