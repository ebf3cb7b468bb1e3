"""Bounds the cost of an operation beside chat before it is sent, unit by unit."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Final

from ai_lib.client.call.tokens import make_counter
from ai_lib.client.target.target import Target
from ai_lib.protocol.dialect.operations import OperationShape, find_limits
from ai_lib.protocol.manifest.prices import Prices
from ai_lib.request.operations.media import MediaFile
from ai_lib.request.operations.request import OperationRequest
from ai_lib.request.operations.texts import collect_texts
from ai_lib.tokens.unit_cost import find_unit_price
from ai_lib.types.cost import CostBounds
from ai_lib.types.json import JsonValue

_MILLION: Final = 1_000_000
# The fewest bytes that a second of speech takes in any usual format: 6 kbit/s.
_LEAST_BYTES_A_SECOND: Final = 750
_WAV_HEAD: Final = 44


def limit_operation_cost(
    target: Target,
    shape: OperationShape,
    request: OperationRequest,
    values: Mapping[str, JsonValue],
) -> CostBounds:
    """Return what an operation costs at least and at most; a bound is None where it is unknown."""
    prices = target.listed.prices
    upper, reason = 0.0, ""
    is_priced = False
    for unit in shape.usage:
        price = find_unit_price(prices, unit)
        if price is None:
            continue
        is_priced = True
        count = _limit_unit(unit, shape, request, values, find_limits(shape, target.model))
        if count is None:
            reason = reason or f"nothing bounds the {unit} of this {request.name}"
        else:
            upper += count * price
    input_tokens: int | None = 0
    if prices.input is not None or prices.output is not None:
        is_priced = True
        input_tokens, output_tokens = _limit_tokens(target, shape, request, values)
        upper += (input_tokens or 0) * _find_input_price(prices) / _MILLION
        if prices.output and "completion_tokens" in shape.usage:
            if output_tokens is None:
                reason = reason or f"nothing bounds what {target.model} answers"
            else:
                upper += output_tokens * prices.output / _MILLION
        if prices.input and "prompt_tokens" in shape.usage and input_tokens is None:
            reason = reason or "how many tokens a sound has is unknown"
    if prices.request:
        is_priced, upper = True, upper + prices.request
    if not is_priced:
        reason = f"the price of {target.model_id} is unknown"
    return CostBounds(
        model=target.model_id,
        currency=prices.currency,
        lower=0.0,
        upper=None if reason else upper,
        input_tokens=input_tokens or 0,
        max_input_tokens=input_tokens or 0,
        max_output_tokens=None,
        reason=reason,
    )


def _limit_unit(
    unit: str,
    shape: OperationShape,
    request: OperationRequest,
    values: Mapping[str, JsonValue],
    limits: Mapping[str, float],
) -> float | None:
    """Return the most of a unit that an operation may use, None where nothing bounds it."""
    paths = shape.usage[unit]
    for path in paths:
        kind, _, name = path.partition(":")
        if kind == "length":
            return float(sum(map(len, collect_texts(values.get(name)))))
        if kind == "value" and isinstance(values.get(name), int | float):
            return float(values[name])
    elements = _count_elements(shape, request, values)
    if unit in shape.at_most:
        return math.ceil(elements * shape.at_most[unit])
    if unit == "seconds":
        seconds = values.get("seconds")
        if isinstance(seconds, int | float):
            return float(seconds)
        return _limit_seconds([file for files in request.files.values() for file in files])
    if unit == "pages":
        pages = values.get("pages")
        return float(len(pages)) if isinstance(pages, list | tuple) else limits.get("pages")
    if "count" in paths or unit == "images":
        return float(elements)
    return None


def _count_elements(
    shape: OperationShape, request: OperationRequest, values: Mapping[str, JsonValue]
) -> int:
    """Return how many elements are sent, or asked for."""
    count = values.get("count")
    if isinstance(count, int):
        return count
    pages = values.get("pages")
    if isinstance(pages, list | tuple):
        return len(pages)
    for texts in request.texts.values():
        if isinstance(texts, list | tuple):
            size = shape.element_characters
            return sum(1 if size is None else max(1, -(-len(str(text)) // size)) for text in texts)
    return 1


def _limit_tokens(
    target: Target,
    shape: OperationShape,
    request: OperationRequest,
    values: Mapping[str, JsonValue],
) -> tuple[int | None, int | None]:
    """Return the most tokens that are sent and that come back, each None where it is unknown.

    Texts beside a list of texts are counted once for each element, as a query is with every
    document.
    """
    counter = make_counter(target)
    single = [text for text in request.texts.values() if isinstance(text, str)]
    lists = [texts for texts in request.texts.values() if not isinstance(texts, str)]
    repeats = max([1, *(len(texts) for texts in lists)])
    tokens = sum(counter.count_at_most(text) for text in single) * repeats
    tokens += sum(counter.count_at_most(text) for text in collect_texts(lists))
    sounds = request.files.get("audio", ())
    images = sum(len(files) for files in request.files.values()) - len(sounds)
    tokens += int(images * shape.at_most.get("file_tokens", 0))
    seconds = _limit_seconds(sounds)
    tokens_a_second = shape.at_most.get("sound_tokens")
    if sounds and (seconds is None or tokens_a_second is None):
        return None, _limit_output(target, shape, request, values)
    sound_tokens = math.ceil((seconds or 0.0) * (tokens_a_second or 0.0))
    return tokens + sound_tokens, _limit_output(target, shape, request, values)


def _limit_output(
    target: Target,
    shape: OperationShape,
    request: OperationRequest,
    values: Mapping[str, JsonValue],
) -> int | None:
    """Return the most tokens that come back: by the operation, else by the model."""
    tokens_an_element = shape.at_most.get("completion_tokens")
    if tokens_an_element is not None:
        return int(tokens_an_element * _count_elements(shape, request, values))
    record = target.listed.record
    return record.max_output_tokens if record is not None else None


def _find_input_price(prices: Prices) -> float:
    """Return the highest price of what is sent: images may cost more than texts."""
    return max(prices.input or 0.0, prices.input_image or 0.0, prices.input_audio or 0.0)


def _limit_seconds(files: Sequence[MediaFile]) -> float | None:
    """Return the most seconds that sounds may last, by the head of a WAV or by their size."""
    total = 0.0
    for file in files:
        size = file.find_size()
        if size is None:
            return None
        content = file.content if isinstance(file.content, bytes | bytearray) else b""
        rate = _LEAST_BYTES_A_SECOND
        if content[:4] == b"RIFF" and content[8:12] == b"WAVE" and size >= _WAV_HEAD:
            rate = int.from_bytes(content[28:32], "little") or rate
        total += size / rate
    return total
