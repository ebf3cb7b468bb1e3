"""An error answer, by HTTP status or inside a stream, as a typed error."""

import re
from collections.abc import Mapping

import msgspec

from ai_lib.errors.classification import classify_http_error, retry_after
from ai_lib.errors.exceptions import RemoteError
from ai_lib.pipeline.decoders.json_text import encode_json
from ai_lib.protocol.compiled import CompiledManifest
from ai_lib.protocol.manifest.model import ProtocolManifest
from ai_lib.protocol.query.path import Path

_SHOWN = 500
_STATUS = re.compile("[45][0-9]{2}")
_TOLD = {"true": True, "false": False}


def remote_error(
    compiled: CompiledManifest,
    status: int,
    body: object,
    headers: Mapping[str, str] | None = None,
) -> RemoteError:
    """Return the error that `body` (decoded JSON, or text when it is not JSON) stands for."""
    facts = {name: _first_text(paths, alone(body)) for name, paths in compiled.errors.facts}
    message = facts["message"] or (body if isinstance(body, str) else _shown(body))
    rules = compiled.manifest.errors
    standard = classify_http_error(
        _status((facts["status"], facts["code"]), status),
        words=(facts["code"], facts["type"], facts["status"]),
        message=message,
        by_code=compiled.errors.by_code,
        by_status=rules.by_status,
        by_message=rules.by_message,
        by_pattern=rules.by_pattern,
        by_http_status=rules.by_http_status,
    )
    headers = headers or {}
    return RemoteError(
        f"{compiled.id} answered {status} ({standard}): {message[:_SHOWN]}",
        status_code=status,
        code=facts["code"],
        type=facts["type"],
        param=facts["param"],
        retry_after=_wait(headers, compiled.manifest, message),
        should_retry=_TOLD.get(headers.get("x-should-retry", "").strip().lower()),
        body=body,
        provider=compiled.id,
        request_id=headers.get("x-request-id") or headers.get("request-id") or facts["request_id"],
        standard_code=standard,
    )


def tells_of_an_error(compiled: CompiledManifest, body: object) -> bool:
    """Whether a body is an error whatever its status: it has a message where errors have theirs."""
    body = alone(body)
    if not isinstance(body, Mapping):
        return False
    places = dict(compiled.errors.facts)["message"]
    return body.get("error") is not None or _first_text(places, body) is not None


def alone(body: object) -> object:
    """Return the first object of a list: an error may stand in the array a stream would be."""
    first = body[0] if isinstance(body, list) and body else None
    return first if isinstance(first, Mapping) else body


def _wait(headers: Mapping[str, str], manifest: ProtocolManifest, message: str) -> float | None:
    """Seconds to wait: by a header, else as the manifest finds it in the message."""
    seconds = retry_after(headers, manifest.retry_after_header)
    pattern = manifest.errors.retry_after
    if seconds is not None or pattern is None:
        return seconds
    found = pattern.search(message[:_SHOWN])
    try:
        seconds = float(found[1]) * manifest.errors.retry_after_unit if found else None
    except (TypeError, ValueError):  # the group took no part, or holds no number
        return None
    return seconds if seconds is not None and 0 <= seconds < float("inf") else None


def decoded_or_text(data: bytes) -> object:
    """Return an error body as JSON when it is JSON, else as text."""
    try:
        return msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return data.decode("utf-8", "replace").strip() or "(no body)"


def _first_text(paths: tuple[Path, ...], body: object) -> str | None:
    for path in paths:
        value = path.first(body)
        if isinstance(value, str) and value:
            return value
        if type(value) is int:
            return str(value)
    return None


def _status(found: tuple[str | None, ...], status: int) -> int:
    """An error inside a 200 stream is classified by the status it names, when it names one."""
    if status < 400:
        named = (int(word) for word in found if word and _STATUS.fullmatch(word))
        return next((number for number in named if number <= 599), 500)
    return status


def _shown(body: object) -> str:
    return encode_json(body)
