"""Errors in the provider's words: the manifest's classification read backwards."""

import http
from typing import Final

import msgspec

from ai_lib.errors import codes
from ai_lib.errors.classification import classify_http_error
from ai_lib.protocol.dialect.template import fill_template
from ai_lib.protocol.manifest.model import ErrorRules
from ai_lib.testing.mock.reply import Reply
from ai_lib.testing.mock.serve_shape import ServeShape
from ai_lib.testing.mock.template_values import Values

_INSIDE: Final = 500
"""The HTTP status that an error inside a 200 answer speaks of."""


def fault_values(serve: ServeShape, rules: ErrorRules, reply: Reply, request_id: str) -> Values:
    """Return the holes of the error templates."""
    status = reply.status if reply.fails else _INSIDE
    code = reply.code or _word(rules, status)
    return {
        "status": status,
        "message": reply.error or f"Mock error: {_phrase(status)}",
        "code": code,
        "type": reply.type or serve.error.types.get(str(status)) or code,
        "request_id": request_id,
    }


def fault_body(serve: ServeShape, values: Values) -> bytes:
    """Return the body of an error answer."""
    return msgspec.json.encode(fill_template(serve.error.body, values))


def _word(rules: ErrorRules, status: int) -> str | None:
    """Return the first word the manifest gives to errors of the class that `status` has."""
    meaning = classify_http_error(status, by_http_status=rules.by_http_status)
    rough = codes.SERVER_ERROR if status >= 500 else codes.INVALID_REQUEST
    return _first(rules, meaning.name) or _first(rules, rough.name)


def _first(rules: ErrorRules, meaning: str) -> str | None:
    tables = (rules.by_code, rules.by_status)
    words = (word for table in tables for word, name in table.items() if name == meaning)
    return next(words, None)


def _phrase(status: int) -> str:
    try:
        return f"{status} {http.HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)
