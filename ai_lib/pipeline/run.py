"""Frames alike that follow one another, read at once: one search and one decoding for them all."""

from typing import Final, NamedTuple

import msgspec

_NAME: Final = b"event: "
_DATA: Final = b"data: "
_END: Final = b"\n\n"
_ERROR: Final = b"event: error\n"
_texts_of: Final = msgspec.json.Decoder(list[str]).decode


class Run(NamedTuple):
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


def read_run(data: bytes, before: bytes, after: bytes) -> Run | None:
    """Return the texts of the frames at the beginning of `data`, which differ in these alone.

    `before` and `after` are all that a frame has around its text. None where there is no such
    frame, or where one of them has to be read by itself.
    """
    after += _END
    if not data.startswith(before):
        return None
    pieces = data.split(after + before)
    pieces[0] = pieces[0][len(before) :]
    last, ended, rest = pieces.pop().partition(after)
    if ended:
        pieces.append(last)
    else:
        rest = before + last
    # No text has a line end in it, neither as it came nor in JSON: none can reach over one.
    strings = b'"\n,"'.join(pieces)
    if not pieces or not all(pieces) or strings.count(b"\n") != len(pieces) - 1:
        return None
    try:
        texts = _texts_of(b'["' + strings + b'"]')
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    return Run(texts, rest) if len(texts) == len(pieces) else None
