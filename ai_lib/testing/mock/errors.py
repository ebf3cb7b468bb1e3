"""Writes error bodies in the provider's words, from the manifest's error classification."""

import http
from typing import Final

import msgspec

from ai_lib.errors import codes
from ai_lib.errors.classification import classify_http_error
from ai_lib.protocol.dialect.template import fill_template
from ai_lib.protocol.manifest.model import ErrorRules
from ai_lib.testing.mock.reply import Reply
from ai_lib.testing.mock.serve_shape import ServeSection
from ai_lib.testing.mock.stream_writer import Values

_STATUS_INSIDE_200: Final = 500
"""The HTTP status that an error inside a 200 response reports."""


def make_error_values(
    serve: ServeSection, rules: ErrorRules, reply: Reply, request_id: str
) -> Values:
    """Return the values of the error templates."""
    status = reply.status if reply.is_error else _STATUS_INSIDE_200
    code = reply.code or _find_error_word(rules, status)
    return {
        "status": status,
        "message": reply.error or f"Mock error: {_describe_status(status)}",
        "code": code,
        "type": reply.type or serve.error.types.get(str(status)) or code,
        "request_id": request_id,
    }


def make_error_body(serve: ServeSection, values: Values) -> bytes:
    """Return the body of an error response."""
    return msgspec.json.encode(fill_template(serve.error.body, values))


def _find_error_word(rules: ErrorRules, status: int) -> str | None:
    """Return the first error code that the manifest maps to the class of `status`."""
    meaning = classify_http_error(status, by_http_status=rules.by_http_status)
    fallback = codes.SERVER_ERROR if status >= 500 else codes.INVALID_REQUEST
    return _find_first_word(rules, meaning.name) or _find_first_word(rules, fallback.name)


def _find_first_word(rules: ErrorRules, meaning: str) -> str | None:
    tables = (rules.by_code, rules.by_status)
    words = (word for table in tables for word, name in table.items() if name == meaning)
    return next(words, None)


def _describe_status(status: int) -> str:
    try:
        return f"{status} {http.HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)
