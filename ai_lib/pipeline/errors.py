"""Turns an error response, by HTTP status or inside a stream, into a typed error."""

import re
from collections.abc import Mapping

import msgspec

from ai_lib.errors.classification import classify_http_error, retry_after
from ai_lib.errors.exceptions import EmptyResponse, RemoteError
from ai_lib.pipeline.decoders.json_text import encode_json_text
from ai_lib.protocol.compiled import CompiledManifest
from ai_lib.protocol.dialect.error_paths import CompiledErrors
from ai_lib.protocol.query.path import JsonPath

_MOST_MESSAGE_CHARACTERS = 500
_MOST_EXCERPT_CHARACTERS = 200
_MOST_EXCERPT_BYTES = 4 * _MOST_EXCERPT_CHARACTERS
_STATUS = re.compile("[45][0-9]{2}")
# `36s`, `7m12.5s`, `20ms`, `2`; and "try again in 7m12s", "retry after 3 seconds".
_UNIT = r"(?:ms|seconds?|s|minutes?|m|hours?|h|)"
_DURATION = re.compile(rf"((?:\d{{1,9}}(?:\.\d{{1,9}})?\s?{_UNIT}\s?){{1,4}})")
_SAID_DURATION = re.compile(
    r"(?:again|retry|wait)\D{0,20}?\s((?:\d{1,9}(?:\.\d{1,9})?\s?"
    r"(?:ms|seconds?|s|minutes?|m|hours?|h)\b\s?){1,4}|(?:\d{1,9}(?:\.\d{1,9})?(?:ms|s|m|h)){1,4})",
    re.IGNORECASE,
)
_STEP = re.compile(r"(\d+(?:\.\d+)?)\s?(ms|s|m|h|)", re.IGNORECASE)
_UNITS = {"ms": 0.001, "s": 1.0, "": 1.0, "m": 60.0, "h": 3600.0}
_ERROR_MEMBERS = frozenset(
    {"error", "errors", "type", "message", "code", "status", "request_id", "success", "detail"}
)
_BOOLEANS = {"true": True, "false": False}


def remote_error(
    compiled: CompiledManifest,
    status: int,
    body: object,
    headers: Mapping[str, str] | None = None,
) -> RemoteError:
    """Return the error that `body` (decoded JSON, or text when it is not JSON) stands for."""
    body_or_first = unwrap_error(body)
    headers = headers or {}
    facts = _read_facts(compiled.errors, body_or_first, headers)
    message = facts["message"] or (body if isinstance(body, str) else _show(body))
    rules = compiled.manifest.errors
    standard = classify_http_error(
        _status((facts["status"], facts["code"]), status),
        words=(facts["code"], facts["type"], facts["status"]),
        message=message,
        by_code=compiled.errors.by_code,
        by_status=rules.by_status,
        by_message={**rules.by_message, **compiled.errors.by_message},
        by_pattern=rules.by_pattern,
        by_http_status=rules.by_http_status,
    )
    return RemoteError(
        f"{compiled.id} answered {status} ({standard}): {message[:_MOST_MESSAGE_CHARACTERS]}",
        status_code=status,
        code=facts["code"],
        type=facts["type"],
        param=facts["param"],
        retry_after=_retry_delay(headers, compiled, message, body),
        should_retry=_BOOLEANS.get(headers.get("x-should-retry", "").strip().lower()),
        body=body,
        provider=compiled.id,
        request_id=headers.get("x-request-id") or headers.get("request-id") or facts["request_id"],
        standard_code=standard,
    )


def _read_facts(
    errors: CompiledErrors, body: object, headers: Mapping[str, str]
) -> dict[str, str | None]:
    """Return the facts of an error: each by the first header, else the first path, that has it."""
    facts = {name: _first_text(paths, body) for name, paths in errors.facts}
    for name, header_names in errors.headers.items():
        values = (headers.get(header_name) for header_name in header_names)
        facts[name] = next(filter(None, values), facts[name])
    if errors.name_pattern is not None:
        for name in ("code", "type"):
            text = facts[name]
            match = errors.name_pattern.match(text[:_MOST_MESSAGE_CHARACTERS]) if text else None
            facts[name] = match[1] if match is not None else text
    return facts


def empty_response_error(provider: str, body: bytes) -> EmptyResponse:
    """Return the error for a complete response that says nothing; it shows how that begins."""
    excerpt = body[:_MOST_EXCERPT_BYTES].decode("utf-8", "replace")[:_MOST_EXCERPT_CHARACTERS]
    return EmptyResponse(
        f"{provider} sent a response without content, calls or a reason for its end; it begins "
        f"{excerpt!r}",
        excerpt=excerpt,
        provider=provider,
    )


def is_error_body(compiled: CompiledManifest, body: object) -> bool:
    """Say whether a body is an error whatever its status: it has an error's message."""
    body = unwrap_error(body)
    if not isinstance(body, Mapping):
        return False
    message_paths = dict(compiled.errors.facts)["message"]
    return body.get("error") is not None or _first_text(message_paths, body) is not None


def is_bare_error(document: object) -> bool:
    """Whether a body is an error and nothing else, whatever its status."""
    if not isinstance(document, Mapping) or not document.get("error"):
        return False
    error = document["error"]
    return isinstance(error, str | Mapping) and document.keys() <= _ERROR_MEMBERS


def is_page(content_type: str, body: bytes) -> bool:
    """Whether a body is a page of HTML, such as a proxy's or a login page."""
    head = body[:_MOST_EXCERPT_CHARACTERS].lstrip().lower()
    return "html" in content_type or head.startswith((b"<!doctype html", b"<html"))


def unwrap_error(body: object) -> object:
    """Return the first object of a list: an error may come in the array a stream would be."""
    first = body[0] if isinstance(body, list) and body else None
    return first if isinstance(first, Mapping) else body


def _retry_delay(
    headers: Mapping[str, str], compiled: CompiledManifest, message: str, body: object
) -> float | None:
    """Return the seconds to wait: by a header, else as the manifest finds it in the body."""
    manifest = compiled.manifest
    seconds = retry_after(headers, manifest.retry_after_header)
    pattern = manifest.errors.retry_after
    if seconds is None and pattern is None:
        return _find_delay(compiled, unwrap_error(body))
    if seconds is not None or pattern is None:
        return seconds
    match = pattern.search(message[:_MOST_MESSAGE_CHARACTERS])
    try:
        seconds = float(match[1]) * manifest.errors.retry_after_unit if match else None
    except (TypeError, ValueError):  # the group did not match, or holds no number
        return None
    return seconds if seconds is not None and 0 <= seconds < float("inf") else None


def _find_delay(compiled: CompiledManifest, body: object) -> float | None:
    """Return the seconds to wait by the first place of the body that has them."""
    for path in dict(compiled.errors.facts).get("retry_after", ()):
        value = path.first(body)
        if type(value) in (int, float) and isinstance(value, int | float):
            return float(value) if 0 <= value < float("inf") else None
        if isinstance(value, str):
            text = value[:_MOST_MESSAGE_CHARACTERS]
            match = _DURATION.fullmatch(text.strip()) or _SAID_DURATION.search(text)
            if match is not None:
                return sum(float(number) * _UNITS[unit] for number, unit in _STEP.findall(match[1]))
    return None


def decode_error_body(data: bytes) -> object:
    """Return an error body as JSON when it is JSON, else as text."""
    try:
        return msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return data.decode("utf-8", "replace").strip() or "(no body)"


def _first_text(paths: tuple[JsonPath, ...], body: object) -> str | None:
    for path in paths:
        value = path.first(body)
        if isinstance(value, str) and value:
            return value
        if type(value) is int:
            return str(value)
    return None


def _status(codes: tuple[str | None, ...], status: int) -> int:
    """Return the status to classify by: inside a 200 stream, the one that the error names."""
    if status < 400:
        numbers = (int(code) for code in codes if code and _STATUS.fullmatch(code))
        return next((number for number in numbers if number <= 599), 500)
    return status


def _show(body: object) -> str:
    return encode_json_text(body)
