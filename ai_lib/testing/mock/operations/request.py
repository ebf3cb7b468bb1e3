"""Reads a request for an operation by the shape that a client writes it by."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from email.parser import BytesParser
from email.policy import HTTP
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec

from ai_lib.protocol.compiled import CompiledManifest
from ai_lib.protocol.dialect.operations import OperationShape
from ai_lib.protocol.dialect.template import find_placeholders, match_template
from ai_lib.request.operations.write import find_operation_endpoint
from ai_lib.testing.mock.operations.state import UPLOAD_PATH
from ai_lib.types.json import JsonDict, JsonValue

_HOLE: Final = re.compile(r"\\\{(\\\+)?(\w+)\\\}")


class OperationCallRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A request: the operation, its shape, what it says, and its files by their fields.

    `fixed` is how many members it has that the shape fixes.
    """

    name: str
    shape: OperationShape
    values: JsonDict
    files: Mapping[str, tuple[str, bytes]] = {}
    fixed: int = 0


class WireOperation(msgspec.Struct, frozen=True, kw_only=True):
    """A request as it came, of which the path is below the provider's root."""

    method: str
    path: str
    query: Mapping[str, str]
    content_type: str
    body: bytes


def match_operation(
    compiled: CompiledManifest, request: WireOperation, is_for: Callable[[str, str], bool]
) -> OperationCallRecord | None:
    """Return the operation that a request is for, None when it is for none.

    Where several have the same address, the one counts that has most of its fixed members; one for
    what `is_for` does not know by its id counts least.
    """
    form, files = _read_body(request)
    best: tuple[float, OperationCallRecord] | None = None
    for name in compiled.dialect.operations:
        shape = compiled.find_operation(name)
        if shape is None or shape.method != request.method:
            continue
        if not (shape.path or shape.before or find_operation_endpoint(compiled, name)):
            continue
        path_match = _compile_path(compiled, name, shape).match(request.path)
        if path_match is None or not _has_encoding(shape, request.content_type):
            continue
        fixed = _count_fixed(shape.body, form)
        fixed_query = _count_fixed(dict(shape.query), dict(request.query))
        if fixed is None or fixed_query is None:
            continue
        values = {**_match_members(shape.body, form), **path_match.groupdict()}
        values.update(_match_members(dict(shape.query), dict(request.query)))
        record = OperationCallRecord(
            name=name, shape=shape, values=values, files=files, fixed=fixed + fixed_query
        )
        rank = fixed + fixed_query + _weigh(shape.path)
        if "id" in path_match.groupdict() and not is_for(name, str(values["id"])):
            rank = -1.0
        if best is None or rank > best[0]:
            best = rank, record
    return best[1] if best else None


def _compile_path(compiled: CompiledManifest, name: str, shape: OperationShape) -> re.Pattern[str]:
    endpoint = find_operation_endpoint(compiled, name)
    own_path = endpoint.path if endpoint is not None else shape.path
    if shape.before and not own_path:
        own_path = f"{UPLOAD_PATH}/{{unique}}"
    has_host = "://" in own_path
    path = re.escape(urlsplit(own_path).path if has_host else own_path)
    base_path = "" if has_host else re.escape(compiled.manifest.base_path)
    pattern = _HOLE.sub(lambda hole: f"(?P<{hole[2]}>{'.+?' if hole[1] else '[^/]+?'})", path)
    return re.compile(rf"(?:{base_path})?(?:/v\d\w*)?{pattern}\Z")


def _weigh(path: str) -> float:
    """Return a little more for an address with fewer holes."""
    return 0.5 / (1 + path.count("{"))


def _has_encoding(shape: OperationShape, content_type: str) -> bool:
    if shape.encoding == "multipart":
        return content_type.startswith("multipart/")
    if shape.encoding == "json":
        return "json" in content_type
    return shape.encoding != "bytes" or "json" not in content_type


def _read_body(request: WireOperation) -> tuple[JsonDict, dict[str, tuple[str, bytes]]]:
    if request.content_type.startswith("multipart/"):
        return _read_form(request.content_type, request.body)
    if "json" not in request.content_type:
        return {}, {"file": ("upload", request.body)}
    try:
        document: Any = msgspec.json.decode(request.body)
    except msgspec.DecodeError:
        return {}, {}
    return (document if isinstance(document, dict) else {}), {}


def _read_form(content_type: str, body: bytes) -> tuple[JsonDict, dict[str, tuple[str, bytes]]]:
    head = b"Content-Type: " + content_type.encode() + b"\r\n\r\n"
    message: Any = BytesParser(policy=HTTP).parsebytes(head + body)
    fields: JsonDict = {}
    files: dict[str, tuple[str, bytes]] = {}
    for part in message.iter_parts():
        name = str(part.get_param("name", header="content-disposition"))
        data: bytes = part.get_payload(decode=True) or b""
        filename = part.get_filename()
        if filename is not None:
            files[name] = str(filename), data
        else:
            text = data.decode("utf-8", "replace")
            fields[name] = {"true": True, "false": False}.get(text, text)
    return fields, files


def _match_members(template: JsonValue, body: JsonValue) -> JsonDict:
    """Match each member by itself, so that one that does not match leaves the others."""
    values: JsonDict = {}
    if isinstance(template, Mapping) and isinstance(body, Mapping):
        for key, part in template.items():
            if key in body:
                if isinstance(part, Mapping):
                    values.update(_match_members(part, body[key]))
                else:
                    values.update(match_template(part, body[key]) or {})
    return values


def _count_fixed(template: JsonValue, body: JsonValue) -> int | None:
    """Return how many fixed members a body has, None when it lacks one or has another value."""
    count = 0
    for path, value in _iterate_fixed(template, ()):
        node = body
        for key in path:
            node = node.get(key) if isinstance(node, Mapping) else None
        if node != value and str(node) != str(value):
            return None
        count += 1
    return count


def _iterate_fixed(
    template: JsonValue, path: tuple[str, ...]
) -> Iterator[tuple[tuple[str, ...], JsonValue]]:
    if isinstance(template, Mapping):
        for key, part in template.items():
            if part is not None:
                yield from _iterate_fixed(part, (*path, str(key)))
    elif not find_placeholders(template):
        yield path, template
