"""An error answer, by HTTP status or inside a stream, as a typed error."""

from collections.abc import Mapping

import msgspec

from ai_lib.errors.classify import classify_http_error, retry_after
from ai_lib.errors.tree import RemoteError
from ai_lib.protocol.compiled import CompiledManifest
from ai_lib.protocol.path import Path

_SHOWN = 500


def remote_error(
    compiled: CompiledManifest,
    status: int,
    body: object,
    headers: Mapping[str, str] | None = None,
) -> RemoteError:
    """Return the error that `body` (decoded JSON, or text when it is not JSON) stands for."""
    facts = {name: _first_text(paths, body) for name, paths in compiled.errors.facts}
    message = facts["message"] or (body if isinstance(body, str) else _shown(body))
    rules = compiled.manifest.errors
    standard = classify_http_error(
        _status((facts["status"], facts["code"]), status),
        words=(facts["code"], facts["type"], facts["status"]),
        message=message,
        by_code=rules.by_code,
        by_status=rules.by_status,
        by_message=rules.by_message,
        by_http_status=rules.by_http_status,
    )
    headers = headers or {}
    return RemoteError(
        f"{compiled.id} answered {status} ({standard}): {message[:_SHOWN]}",
        status_code=status,
        code=facts["code"],
        type=facts["type"],
        param=facts["param"],
        retry_after=retry_after(headers, compiled.manifest.retry_after_header),
        body=body,
        provider=compiled.id,
        request_id=headers.get("x-request-id") or headers.get("request-id") or facts["request_id"],
        standard_code=standard,
    )


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
        named = (int(word) for word in found if word and word.isdecimal())
        return next((number for number in named if 400 <= number <= 599), 500)
    return status


def _shown(body: object) -> str:
    return msgspec.json.encode(body).decode("utf-8", "replace")
