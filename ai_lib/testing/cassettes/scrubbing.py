"""Takes a request's keys out of what its server said back, before it is put on a cassette."""

from collections.abc import Iterator, Sequence
from typing import Final

import msgspec

from ai_lib.testing.cassettes.cassette import Exchange, Piece, piece
from ai_lib.transport.errors import RemoteProtocolError
from ai_lib.transport.http.content_encoding import ContentDecoder
from ai_lib.types.secret import forms_of
from ai_lib.types.wire import HttpRequest

_SHOWN: Final = "***"
_CODING: Final = "content-encoding"


def without_keys(exchange: Exchange, request: HttpRequest) -> Exchange:
    """Return the exchange without the keys that its reply says back.

    In the body each letter of a key is a `*`, so that sizes and cuts stay. A compressed body is
    left as it came unless a key is in it; then it is recorded as what it decompresses to.
    """
    forms = [form for key in request.keys() for form in forms_of(key)]  # noqa: SIM118
    if not forms:
        return exchange
    failure = exchange.failure
    if failure is not None:
        failure = msgspec.structs.replace(failure, message=_text(failure.message, forms))
    headers = [(name, _text(value, forms)) for name, value in exchange.reply_headers]
    coding = ", ".join(value for name, value in headers if name.lower() == _CODING)
    came = _content(exchange.pieces, coding)
    pieces: Sequence[Piece] = [*_hidden(came, [*_in_json(forms)])]
    if pieces == came:
        pieces = exchange.pieces
    elif coding:
        dropped = (_CODING, "content-length")
        headers = [(name, value) for name, value in headers if name.lower() not in dropped]
    return msgspec.structs.replace(exchange, reply_headers=headers, pieces=pieces, failure=failure)


def _text(text: str, forms: Sequence[str]) -> str:
    for form in forms:
        text = text.replace(form, _SHOWN)
    return text


def _content(pieces: Sequence[Piece], coding: str) -> Sequence[Piece]:
    """Return the pieces decompressed, as far as they can be."""
    if not coding:
        return pieces
    found: list[Piece] = []
    try:
        content = ContentDecoder(coding)
        found.extend(piece(one.after, b"".join(content.decode(one.content))) for one in pieces)
    except RemoteProtocolError:  # cut short or damaged: no more of it can be read
        pass
    return found


def _in_json(forms: Sequence[str]) -> Iterator[bytes]:
    for form in forms:
        yield form.encode()
        yield form.replace("/", "\\/").encode()
        yield "".join(f"\\u{ord(letter):04x}" for letter in form).encode()


def _hidden(pieces: Sequence[Piece], forms: Sequence[bytes]) -> Iterator[Piece]:
    whole = b"".join(one.content for one in pieces)
    for form in forms:
        whole = whole.replace(form, b"*" * len(form))
    at = 0
    for one in pieces:
        size = len(one.content)
        yield piece(one.after, whole[at : at + size])
        at += size
