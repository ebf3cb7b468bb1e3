"""Reads consecutive frames alike at once, with one search and one decoding for them all."""

from collections.abc import Callable
from itertools import takewhile
from typing import Final, NamedTuple

import msgspec

_EVENT: Final = b"event: "
_DATA: Final = b"data: "
_FRAME_END: Final = b"\n\n"
_ERROR_EVENT: Final = b"event: error\n"
_decode_texts: Final = msgspec.json.Decoder(list[str]).decode


class FrameRun(NamedTuple):
    """The texts of consecutive frames alike, in order, and the bytes that follow those frames."""

    texts: list[str]
    remainder: bytes


def frame_prefix(data: bytes) -> bytes:
    """Return what precedes the data of the first frame: its event line, if any, and `data: `.

    Empty when the frame begins with another field, and when it is an error.
    """
    if data.startswith(_DATA):
        return _DATA
    if not data.startswith(_EVENT):
        return b""
    event_line = data[: data.find(b"\n") + 1]
    is_usual = data.startswith(_DATA, len(event_line)) and event_line != _ERROR_EVENT
    return event_line + _DATA if is_usual else b""


def read_run(data: bytes, before: bytes, after: bytes) -> FrameRun | None:
    """Return the texts of the frames at the beginning of `data` that differ in these alone.

    `before` and `after` are all that a frame has around its text. None means that there is no
    such frame, or that one of them has to be read by itself.
    """
    frames = data.split(_FRAME_END)
    remainder = frames.pop()
    start, end = len(before), -len(after)
    texts = [frame[start:end] for frame in frames]
    if before + (after + _FRAME_END + before).join(texts) + after + _FRAME_END + remainder != data:
        alike = takewhile(_is_between(before, after), frames)
        texts = [frame[start:end] for frame in alike]
        remainder = _FRAME_END.join([*frames[len(texts) :], remainder])
    decoded = _decode_all(texts) if all(texts) else None
    return FrameRun(decoded, remainder) if decoded else None


def _is_between(before: bytes, after: bytes) -> Callable[[bytes], bool]:
    shortest = len(before) + len(after)
    return lambda frame: (
        len(frame) > shortest and frame.startswith(before) and frame.endswith(after)
    )


def _decode_all(texts: list[bytes]) -> list[str] | None:
    """Decode what stands between quotes; return None when one of the texts is no JSON string."""
    try:
        # No string holds a line end, so that none can reach over the one between two texts.
        decoded = _decode_texts(b'["' + b'"\n,"'.join(texts) + b'"]')
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    return decoded if len(decoded) == len(texts) else None
