"""Assembles streamed blocks that mean something to their provider only."""

from collections.abc import Mapping

import msgspec

from ai_lib.types.json import JsonDict, JsonObject


class ProviderBlocks:
    """Collects a block from its start, the pieces of JSON that fill its `input`, and others.

    What fills a block goes into it, or into the one member of it that it was said to be `inside`.
    """

    def __init__(self) -> None:
        self._open: dict[int, tuple[JsonObject, list[str]]] = {}
        self._inside: dict[int, str] = {}

    def start(self, index: int, block: JsonObject, inside: object = None) -> None:
        """Take a block as it begins."""
        inner = block.get(inside) if isinstance(inside, str) else None
        if isinstance(inside, str) and isinstance(inner, dict):
            self._inside[index], block = inside, inner
        self._open[index] = (block, [])

    def add(self, index: int | None, piece: object) -> bool:
        """Take a piece if it belongs to such a block; return whether it did."""
        if index not in self._open:
            return False
        if isinstance(piece, str):
            self._open[index][1].append(piece)
        return True

    def patch(self, index: int | None, members: JsonObject) -> None:
        """Take pieces of an open block's members: texts and lists are joined, others replaced."""
        if index not in self._open:
            return
        block, pieces = self._open[index]
        patched: JsonDict = dict(block)
        for name, value in members.items():
            earlier = patched.get(name)
            if isinstance(earlier, str) and isinstance(value, str):
                value = f"{earlier}{value}"
            elif isinstance(earlier, list) and isinstance(value, list):
                value = [*earlier, *value]
            patched[name] = value
        self._open[index] = (patched, pieces)

    def end(self, index: int | None) -> JsonDict | None:
        """Return the complete block when an open one ended, None otherwise."""
        if index not in self._open:
            return None
        block, pieces = self._open.pop(index)
        complete = {**block, **_input("".join(pieces))}
        inside = self._inside.pop(index, None)
        return complete if inside is None else {inside: complete}

    def end_all(self) -> list[JsonDict]:
        """Return the blocks that have not ended, at the end of the response."""
        blocks = (self.end(index) for index in sorted(self._open))
        return [block for block in blocks if block is not None]


def read_patch(fields: Mapping[str, object]) -> JsonObject:
    """Return the pieces of members that a finding has: a `patch`, or the `value` of a `member`."""
    patch, value = fields.get("patch"), fields.get("value")
    if isinstance(patch, Mapping):
        return patch
    return {str(fields["member"]): value} if "member" in fields and value is not None else {}


def _input(text: str) -> JsonDict:
    if not text:
        return {}
    try:
        return {"input": msgspec.json.decode(text)}
    except msgspec.DecodeError:
        return {}  # cut short: the block is kept as it began
