"""Reads the response to an operation as the provider's dialect describes it."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from typing import Final

from ai_lib.errors.exceptions import DecodeError
from ai_lib.pipeline.decoders.json_text import decode_json
from ai_lib.pipeline.errors import is_bare_error, is_page, remote_error
from ai_lib.pipeline.operations.result import OperationResult, read_number
from ai_lib.protocol.compiled import CompiledManifest
from ai_lib.protocol.dialect.operations import AnswerPart, ListPart, OperationShape, is_path
from ai_lib.protocol.query.expression import compile_expression
from ai_lib.protocol.query.path import MISSING, compile_path, find_first
from ai_lib.types.json import JsonDict, JsonValue, is_number
from ai_lib.types.usage import SUMMED_COUNTS, Usage

Headers = Mapping[str, str]

_EXCERPT: Final = 200


def read_operation(
    compiled: CompiledManifest,
    shape: OperationShape,
    body: bytes,
    headers: Headers,
    values: Mapping[str, JsonValue],
) -> OperationResult:
    """Return what a response of status 2xx says; `values` are what was asked for.

    Raises:
        RemoteError: the body is an error whatever the status says.
        DecodeError: the body is none of what the operation answers, such as a page of HTML.
    """
    answer = shape.answer
    content_type = (headers.get("content-type") or "").lower()
    if "json" in content_type or (answer.form in ("json", "json_lines") and _may_be_json(body)):
        if answer.form in ("bytes",) and "json" in content_type:
            _refuse_json(compiled, answer, body)
        elif answer.form != "json_lines" and "jsonl" not in content_type:
            document = decode_json(body, f"the answer of {compiled.id}") if body.strip() else None
            return read_document(compiled, shape, document, headers, values)
    if is_page(content_type, body):
        raise _error_of_kind(compiled, content_type, body)
    result = OperationResult(headers=headers)
    if answer.form in ("bytes", "json_lines"):
        result.data, result.media_type = body, headers.get("content-type") or ""
    elif not body.strip():
        return read_document(compiled, shape, None, headers, values)
    elif answer.form == "text" or content_type.startswith("text/") or not content_type:
        if "text" not in answer.facts and answer.form != "text":
            raise _error_of_kind(compiled, content_type, body)
        result.text = body.decode("utf-8", "replace").strip()
        result.facts = {"text": result.text}
    else:
        raise _error_of_kind(compiled, content_type, body)
    result.usage = read_usage(shape, None, headers, values, 0)
    return result


def read_document(
    compiled: CompiledManifest,
    shape: OperationShape,
    document: JsonValue,
    headers: Headers,
    values: Mapping[str, JsonValue],
) -> OperationResult:
    """Return what a decoded body, or a frame of a stream, says. Raises as `read_operation`."""
    answer = shape.answer
    check_no_error(compiled, answer.failed, document)
    result = OperationResult(headers=headers, document=document)
    result.facts = {
        name: _scale(answer, name, value)
        for name, paths in answer.facts.items()
        if (value := _find_fact(paths, document, headers)) is not None
    }
    result.text = str(result.facts.get("text") or "")
    main = ListPart(each=answer.each, item=answer.item, refused=answer.refused, kept=answer.kept)
    result.items, result.refused = _read_list(answer, main, document)
    for name, part in answer.lists.items():
        result.lists[name] = _read_list(answer, part, document)[0]
    result.data = _read_data(compiled, answer, document)
    media_type = _find_fact(answer.media_type, document, headers)
    result.media_type = media_type if isinstance(media_type, str) else ""
    result.is_partial = _holds(answer.partial, document)
    result.is_final = _holds(answer.final, document)
    result.usage = read_usage(shape, document, headers, values, len(result.items))
    return result


def read_usage(
    shape: OperationShape,
    document: JsonValue,
    headers: Headers,
    values: Mapping[str, JsonValue],
    item_count: int,
) -> Usage:
    """Return what was used: as the body and the headers say, else as it is counted."""
    counts: dict[str, float] = {}
    for unit, paths in shape.usage.items():
        for path in paths:
            count = _count(path, document, headers, values, item_count)
            if count is not None:
                counts[unit] = int(count) if count == int(count) else count
                break
    fields: JsonDict = {
        name: int(counts.pop(name)) for name in (*SUMMED_COUNTS, "total_tokens") if name in counts
    }
    if fields and "total_tokens" not in fields:
        fields["total_tokens"] = fields.get("prompt_tokens", 0) + fields.get("completion_tokens", 0)
    cost = counts.pop("cost", None)
    return Usage(
        **fields,
        units=counts,
        reported_cost=None if cost is None else cost * shape.cost_unit,
        reported_currency=shape.cost_currency,
    )


def check_no_error(compiled: CompiledManifest, failed: str | None, document: object) -> None:
    """Raise RemoteError for a body of status 2xx that is an error."""
    if _holds(failed, document) or is_bare_error(document):
        raise remote_error(compiled, 200, document)


def _may_be_json(body: bytes) -> bool:
    return body.lstrip()[:1] in (b"{", b"[") or body.strip() == b"null"


def _refuse_json(compiled: CompiledManifest, answer: AnswerPart, body: bytes) -> None:
    document = decode_json(body, f"the answer of {compiled.id}")
    check_no_error(compiled, answer.failed, document)
    if isinstance(document, Mapping) and document.get("error"):
        raise remote_error(compiled, 200, document)


def _error_of_kind(compiled: CompiledManifest, content_type: str, body: bytes) -> DecodeError:
    excerpt = body[:_EXCERPT].decode("utf-8", "replace")
    return DecodeError(
        f"{compiled.id} answered with {content_type or 'no content type'!r}, which is no answer to "
        f"this operation; it begins {excerpt!r}",
        excerpt=excerpt,
        provider=compiled.id,
    )


def _holds(condition: str | None, document: object) -> bool:
    return condition is not None and compile_expression(condition)(document)


def _find_fact(paths: Sequence[str], document: JsonValue, headers: Headers) -> JsonValue:
    for text in paths:
        if text.startswith("header:"):
            value: object = headers.get(text[7:]) or MISSING
        elif not is_path(text):
            value = text
        else:
            nodes = [node for node in compile_path(text).select(document) if node is not None]
            is_text = len(nodes) > 1 and all(isinstance(node, str) for node in nodes)
            value = "".join(map(str, nodes)) if is_text else nodes[0] if nodes else MISSING
        if value is not MISSING and value is not None:
            return value
    return None


def _read_list(
    answer: AnswerPart, part: ListPart, document: JsonValue
) -> tuple[list[JsonDict], int]:
    elements: list[object] = []
    for text in part.each:
        elements = compile_path(text).select(document)
        if elements:
            break
    items: list[JsonDict] = []
    refused = 0
    for element in elements:
        if _holds(part.refused, element):
            refused += 1
        elif part.kept is None or _holds(part.kept, element):
            item = {
                name: _scale(answer, name, value)
                for name, paths in part.item.items()
                if (value := _find_member(paths, element, document)) is not None
            }
            items.append(item)
    return items, refused


def _find_member(paths: Sequence[str], element: object, document: JsonValue) -> JsonValue:
    for text in paths:
        if not is_path(text):
            return text
        value = compile_path(text).first(element, document)
        if value is not MISSING and value is not None:
            return value
    return None


def _scale(answer: AnswerPart, name: str, value: JsonValue) -> JsonValue:
    return value * answer.scale[name] if name in answer.scale and is_number(value) else value


def _read_data(compiled: CompiledManifest, answer: AnswerPart, document: JsonValue) -> bytes:
    text = find_first(answer.data, document)
    if not isinstance(text, str):
        return b""
    return decode_data(text, answer.coding, compiled.id)


def decode_data(text: str, coding: str, provider: str) -> bytes:
    """Return the bytes of base64 or hexadecimal text. Raises DecodeError."""
    try:
        return bytes.fromhex(text) if coding == "hex" else base64.b64decode(text, validate=True)
    except (ValueError, binascii.Error) as error:
        raise DecodeError(
            f"the content that {provider} sent is no {coding}: {error}",
            excerpt=text[:_EXCERPT],
            provider=provider,
        ) from error


def _count(
    path: str,
    document: JsonValue,
    headers: Headers,
    values: Mapping[str, JsonValue],
    item_count: int,
) -> float | None:
    if path == "count":
        return float(item_count) or None
    kind, _, name = path.partition(":")
    value: object = None
    if kind == "header":
        value = headers.get(name)
    elif kind == "length":
        value = _measure(values.get(name))
    elif kind == "value":
        value = values.get(name)
    elif document is not None:
        value = compile_path(path).first(document)
    number = read_number(value)
    return None if number is None else float(number)


def _measure(value: JsonValue) -> int | None:
    if isinstance(value, str):
        return len(value)
    if isinstance(value, list | tuple):
        return sum(len(element) for element in value if isinstance(element, str))
    return None
