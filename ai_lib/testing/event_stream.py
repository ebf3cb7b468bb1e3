"""Writes the frames of a binary event stream (`application/vnd.amazon.eventstream`)."""

from base64 import b64encode
from zlib import crc32

import msgspec

_TEXT = 7  # the type of a header's value


def write_event(data: object, unwrap: str | None = None) -> bytes:
    """Return the frame of an event: `data` is an object with one member, the event's name.

    With `unwrap`, the frame is a `chunk` whose member of that name holds `data` in base64.
    """
    name, payload = next(iter(data.items())) if isinstance(data, dict) else ("chunk", data)
    if name == "exception" and isinstance(payload, dict):
        members = {key: value for key, value in payload.items() if key != "type"}
        return write_message("exception", str(payload.get("type")), msgspec.json.encode(members))
    if unwrap is not None:
        name, payload = "chunk", {unwrap: b64encode(msgspec.json.encode(data)).decode()}
    return write_message("event", name, msgspec.json.encode(payload))


def write_message(kind: str, name: str, payload: bytes) -> bytes:
    """Return one message with its three headers and both checksums."""
    headers = b"".join(
        _write_header(header, value)
        for header, value in (
            (f":{kind}-type", name),
            (":content-type", "application/json"),
            (":message-type", kind),
        )
    )
    size = len(headers) + len(payload) + 16
    prelude = size.to_bytes(4, "big") + len(headers).to_bytes(4, "big")
    head = prelude + crc32(prelude).to_bytes(4, "big") + headers + payload
    return head + crc32(head).to_bytes(4, "big")


def _write_header(name: str, value: str) -> bytes:
    encoded = value.encode()
    length = len(encoded).to_bytes(2, "big")
    return bytes([len(name)]) + name.encode() + bytes([_TEXT]) + length + encoded
