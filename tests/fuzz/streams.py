"""Fuzzers of the way from bytes to events: the decoders, and whole pipelines of each dialect."""

import re
import sys
from collections.abc import Callable, Iterable
from random import Random
from typing import Any

import msgspec

from ai_lib.cache.serialization import pack, unpack
from ai_lib.errors.exceptions import AiLibError, CacheError, ResponseTooLarge
from ai_lib.pipeline.decoders.frame import Frame
from ai_lib.pipeline.decoders.json import JsonArrayDecoder, JsonLinesDecoder
from ai_lib.pipeline.decoders.sse import SseDecoder
from ai_lib.pipeline.pipeline import Pipeline
from ai_lib.pipeline.plain_response import read_response
from tests.fuzz.mutation import TOKENS, bent, pieces
from tests.fuzz.spoken import DIALECTS, REPLIES, manifest, said

# An id that the library made, where the wire gave none: another one each time.
_MADE = re.compile(r"call_[0-9a-f]{16}")


def _bodies(streamed: bool) -> list[tuple[str, bytes]]:
    names = [name for name in REPLIES if streamed or name not in ("late error", "cut")]
    return [(one, said(one, name, streamed)) for one in DIALECTS for name in names]


def decoders(chance: Random) -> None:
    """Any cut gives the same frames and the same verdict; what is kept is bounded."""
    kind: Callable[[int], Any] = chance.choice((SseDecoder, JsonLinesDecoder, JsonArrayDecoder))
    bodies = [body for _, body in _bodies(True)]
    data = bent(_framed(chance, chance.choice(bodies)), chance, bodies)
    limit = chance.choice((16, 100, 1 << 20))
    whole = _frames(kind(limit), [data])
    cut = _frames(kind(limit), pieces(data, chance))
    assert cut == whole, (kind, limit, data[:300])


def _framed(chance: Random, body: bytes) -> bytes:
    if chance.random() < 0.4:
        return body
    values = [chance.choice((b'{"a": [1, "]"]}', *TOKENS)) for _ in range(chance.randrange(6))]
    joins = (b",", b" , ", b"\n", b"\n\n", b"\ndata: ", b"\r\n\r\ndata:", b"]")
    start = chance.choice((b"", b"[", b"\xef\xbb\xbf", b"\xef\xbb\xbf[", b"  [", b"data:"))
    return start + chance.choice(joins).join(values) + chance.choice((b"", b"]", b"\n\n"))


def _frames(decoder: Any, chunks: Iterable[bytes]) -> tuple[list[Frame], str]:
    frames: list[Frame] = []
    try:
        for chunk in chunks:
            frames += decoder.feed(chunk)
        frames += decoder.close()
    except ResponseTooLarge:
        return frames, "too large"
    return frames, "whole"


def dialects(chance: Random) -> None:
    """A bent stream gives the same events however it is cut, and ends well or typed."""
    bodies = _bodies(True)
    dialect, body = chance.choice(bodies)
    data = bent(body, chance, [other for _, other in bodies])
    whole = _read(dialect, [data])
    assert _read(dialect, pieces(data, chance)) == whole, data[:400]


def _read(dialect: str, chunks: Iterable[bytes]) -> tuple[list[str], str]:
    pipeline = Pipeline(manifest(dialect))
    events = [event for chunk in chunks for event in pipeline.feed(chunk)]
    events += pipeline.close()
    assert pipeline.feed(b"data: {}\n\n") == pipeline.close() == []
    ends = [number for number, event in enumerate(events) if event.is_stream_end]
    failure = pipeline.failure
    assert ends == ([] if failure is not None else [len(events) - 1])
    if failure is not None:
        assert isinstance(failure, AiLibError)
        _shown(failure)
    response = pipeline.response()
    _usable(response)
    _shown(response)
    texts = [event.as_content_delta for event in events if event.is_content_delta]
    if any(not text.candidate for text in texts):
        assert response.content == "".join(text.text for text in texts if not text.candidate)
    shown = [_MADE.sub("call_", repr(event)) for event in events]
    return shown, _MADE.sub("call_", f"{type(failure).__name__} {failure}")


def _usable(response: Any) -> None:
    """Whether a reply can be shown, kept and said again, whatever was in it."""
    response.content.encode("utf-8")
    repr(response)
    response.to_message()
    try:
        packed = pack(response)
    except CacheError:
        return
    unpack(packed)


def _shown(value: object) -> None:
    str(value).encode("utf-8", "backslashreplace")
    repr(value)


def plain(chance: Random) -> None:
    """A bent plain reply is read or ends in a typed error."""
    bodies = _bodies(False)
    dialect, body = chance.choice(bodies)
    data = bent(body, chance, [other for _, other in bodies])
    try:
        response = read_response(manifest(dialect), data)
    except AiLibError as error:
        _shown(error)
        return
    _usable(response)
    counts = [value for value in msgspec.structs.astuple(response.usage) if type(value) is int]
    assert all(0 <= value <= sys.maxsize for value in counts), counts
