"""A fuzzer of what reading costs: eight times as much takes about eight times as long."""

import time
from collections.abc import Callable
from random import Random
from typing import Any

from ai_lib.errors.exceptions import AiLibError
from ai_lib.pipeline.assembly.tool_calls import ToolCallAccumulator
from ai_lib.pipeline.decoders.json import JsonArrayDecoder, JsonLinesDecoder
from ai_lib.pipeline.decoders.sse import SseDecoder
from ai_lib.resilience.rate_limit.headers import parse_reset
from ai_lib.structured.partial_json import PartialJson
from tests.fuzz.mutation import TOKENS

SHORT = [token for token in TOKENS if len(token) < 40] + [b" ", b"\t", b"a", b"0", b"m0s", b"{ "]
TIMES, FACTOR = 400, 8
# Twice what would be linear, and more: a busy machine is no finding. Quadratic would be FACTOR**2.
MOST, TOO_LITTLE = FACTOR * 4, 0.1  # seconds that are not worth comparing


def _decoder(make: Callable[[], Any], data: bytes) -> None:
    decoder = make()
    for at in range(0, len(data), 3):
        decoder.feed(data[at : at + 3])
    decoder.close()


def _partial(data: bytes) -> None:
    reader = PartialJson()
    text = data.decode("latin-1")
    for at in range(0, len(text), 3):
        reader.feed(text[at : at + 3])


def _calls(data: bytes) -> None:
    tools, text = ToolCallAccumulator(), data.decode("latin-1")
    for at in range(0, len(text), 3):
        tools.add([], arguments=text[at : at + 3], name="go" if at == 0 else None)
    tools.end([])


READERS: tuple[Callable[[bytes], object], ...] = (
    lambda data: _decoder(SseDecoder, data),
    lambda data: _decoder(JsonLinesDecoder, data),
    lambda data: _decoder(JsonArrayDecoder, data),
    _partial,
    _calls,
    lambda data: parse_reset(data.decode("latin-1")),
)


def costs(chance: Random) -> None:
    """Reading eight times as much of the same does not take many more times as long."""
    reader = chance.choice(READERS)
    first = b"".join(chance.choice(SHORT) for _ in range(chance.randrange(3)))
    unit = b"".join(chance.choice(SHORT) for _ in range(chance.randrange(1, 4)))
    much = _seconds(reader, first + unit * TIMES * FACTOR)
    if much < TOO_LITTLE:
        return
    little = min(_seconds(reader, first + unit * TIMES) for _ in range(3))
    much = min(much, _seconds(reader, first + unit * TIMES * FACTOR))
    assert much < max(little * MOST, TOO_LITTLE), (reader, first, unit, little, much)


def _seconds(reader: Callable[[bytes], object], data: bytes) -> float:
    began = time.process_time()
    try:
        reader(data)
    except AiLibError:
        pass
    return time.process_time() - began
