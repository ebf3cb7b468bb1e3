"""Blocks of a streamed reply that mean something to their provider only, put together again."""

import msgspec

from ai_lib.types.json import JsonDict, JsonObject


class ProviderBlocks:
    """Collects a block from its start and the pieces of JSON that fill its `input`."""

    def __init__(self) -> None:
        self._open: dict[int, tuple[JsonObject, list[str]]] = {}

    def start(self, index: int, block: JsonObject) -> None:
        """Take a block as it begins."""
        self._open[index] = (block, [])

    def add(self, index: int | None, piece: object) -> bool:
        """Take a piece, if it is one of such a block; return whether it was."""
        if index not in self._open:
            return False
        if isinstance(piece, str):
            self._open[index][1].append(piece)
        return True

    def end(self, index: int | None) -> JsonDict | None:
        """Return the whole block that ended, if it was one of these."""
        if index not in self._open:
            return None
        block, pieces = self._open.pop(index)
        return {**block, **_input("".join(pieces))}

    def rest(self) -> list[JsonDict]:
        """Return those that never ended, at the end of the reply."""
        found = (self.end(index) for index in sorted(self._open))
        return [block for block in found if block is not None]


def _input(text: str) -> JsonDict:
    if not text:
        return {}
    try:
        return {"input": msgspec.json.decode(text)}
    except msgspec.DecodeError:
        return {}  # cut short: the block is shown as it began
