"""Frames alike that follow one another, read at once: one search and one decoding for them all."""

from collections.abc import Callable
from itertools import takewhile
from typing import Final, NamedTuple

import msgspec

_NAME: Final = b"event: "
_DATA: Final = b"data: "
_END: Final = b"\n\n"
_ERROR: Final = b"event: error\n"
_texts_of: Final = msgspec.json.Decoder(list[str]).decode


class FrameRun(NamedTuple):
    """The texts of frames alike, in order, and the bytes that follow those frames."""

    texts: list[str]
    rest: bytes


def opening_of(data: bytes) -> bytes:
    """Return what the first frame has before its data, empty unless that is one `data: ` line."""
    if data.startswith(_DATA):
        return _DATA
    if not data.startswith(_NAME):
        return b""
    name = data[: data.find(b"\n") + 1]
    usual = data.startswith(_DATA, len(name)) and name != _ERROR
    return name + _DATA if usual else b""


def read_run(data: bytes, before: bytes, after: bytes) -> FrameRun | None:
    """Return the texts of the frames at the beginning of `data`, which differ in these alone.

    `before` and `after` are all that a frame has around its text. None where there is no such
    frame, or where one of them has to be read by itself.
    """
    frames = data.split(_END)
    rest = frames.pop()
    start, end = len(before), -len(after)
    pieces = [frame[start:end] for frame in frames]
    if before + (after + _END + before).join(pieces) + after + _END + rest != data:
        pieces = [frame[start:end] for frame in takewhile(_between(before, after), frames)]
        rest = _END.join([*frames[len(pieces) :], rest])
    texts = _decoded(pieces) if all(pieces) else None
    return FrameRun(texts, rest) if texts else None


def _between(before: bytes, after: bytes) -> Callable[[bytes], bool]:
    least = len(before) + len(after)
    return lambda frame: len(frame) > least and frame.startswith(before) and frame.endswith(after)


def _decoded(pieces: list[bytes]) -> list[str] | None:
    """Return what stands between quotes, None when one of the pieces is no JSON string."""
    try:
        # No string holds a line end, so that none can reach over the one between two pieces.
        texts = _texts_of(b'["' + b'"\n,"'.join(pieces) + b'"]')
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    return texts if len(texts) == len(pieces) else None
