"""Removes a request's keys from an exchange before it is written to a cassette or compared."""

import base64
from collections.abc import Iterator, Sequence
from typing import Final

import msgspec

from ai_lib.testing.cassettes.cassette import Exchange, RecordedChunk, encode_chunk
from ai_lib.transport.errors import RemoteProtocolError
from ai_lib.transport.http.content_encoding import ContentDecoder
from ai_lib.types.json import JsonValue
from ai_lib.types.secret import list_secret_forms
from ai_lib.types.wire import HttpRequest

_MASK: Final = "***"
_ENCODING_HEADER: Final = "content-encoding"


def scrub_keys(exchange: Exchange, request: HttpRequest) -> Exchange:
    """Return the exchange without the keys that its request or response repeats.

    In the request each key becomes `***`, in its address, headers and body. In the body of the
    response each letter of a key becomes a `*`, so that sizes and cuts stay. A compressed body
    stays compressed unless a key is in it; then it is recorded decompressed.
    """
    key_forms = [key_form for key in request.secret_values() for key_form in list_secret_forms(key)]
    if not key_forms:
        return exchange
    exchange = scrub_request(exchange, request)
    failure = exchange.failure
    if failure is not None:
        failure = msgspec.structs.replace(failure, message=_scrub_text(failure.message, key_forms))
    headers = [(name, _scrub_text(value, key_forms)) for name, value in exchange.response_headers]
    coding = ", ".join(value for name, value in headers if name.lower() == _ENCODING_HEADER)
    content = _decompress(exchange.chunks, coding)
    chunks: Sequence[RecordedChunk] = [*_scrub_chunks(content, [*_list_json_spellings(key_forms)])]
    if chunks == content:
        chunks = exchange.chunks
    elif coding:
        stale_headers = (_ENCODING_HEADER, "content-length")
        headers = [(name, value) for name, value in headers if name.lower() not in stale_headers]
    return msgspec.structs.replace(
        exchange, response_headers=headers, chunks=chunks, failure=failure
    )


def scrub_request(exchange: Exchange, request: HttpRequest) -> Exchange:
    """Return the exchange without the keys in the request's address, headers and body."""
    key_forms = [key_form for key in request.secret_values() for key_form in list_secret_forms(key)]
    if not key_forms:
        return exchange
    return msgspec.structs.replace(
        exchange,
        path=_scrub_text(exchange.path, key_forms),
        headers=[(name, _scrub_text(value, key_forms)) for name, value in exchange.headers],
        body=_scrub_body(exchange.body, exchange.is_base64, key_forms),
    )


def _scrub_body(body: JsonValue, is_base64: bool, key_forms: Sequence[str]) -> JsonValue:
    if is_base64:
        data = base64.b64decode(body)
        for key_form in key_forms:
            data = data.replace(key_form.encode(), _MASK.encode())
        return base64.b64encode(data).decode("ascii")
    if isinstance(body, str):
        return _scrub_text(body, key_forms)
    if isinstance(body, dict):
        return {
            _scrub_text(name, key_forms): _scrub_body(member, False, key_forms)
            for name, member in body.items()
        }
    if isinstance(body, list):
        return [_scrub_body(item, False, key_forms) for item in body]
    return body


def _scrub_text(text: str, key_forms: Sequence[str]) -> str:
    for key_form in key_forms:
        text = text.replace(key_form, _MASK)
    return text


def _decompress(chunks: Sequence[RecordedChunk], coding: str) -> Sequence[RecordedChunk]:
    """Return the chunks decompressed, as far as possible."""
    if not coding:
        return chunks
    decompressed: list[RecordedChunk] = []
    try:
        content = ContentDecoder(coding)
        decompressed.extend(
            encode_chunk(chunk.after, b"".join(content.decode(chunk.content))) for chunk in chunks
        )
    except RemoteProtocolError:  # cut short or damaged: the rest can't be read
        pass
    return decompressed


def _list_json_spellings(key_forms: Sequence[str]) -> Iterator[bytes]:
    for key_form in key_forms:
        yield key_form.encode()
        yield key_form.replace("/", "\\/").encode()
        yield "".join(f"\\u{ord(letter):04x}" for letter in key_form).encode()


def _scrub_chunks(
    chunks: Sequence[RecordedChunk], key_forms: Sequence[bytes]
) -> Iterator[RecordedChunk]:
    body = b"".join(chunk.content for chunk in chunks)
    for key_form in key_forms:
        body = body.replace(key_form, b"*" * len(key_form))
    offset = 0
    for chunk in chunks:
        size = len(chunk.content)
        yield encode_chunk(chunk.after, body[offset : offset + size])
        offset += size
