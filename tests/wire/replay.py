"""A server that answers with recorded bytes, cut wherever the address says.

The base URL of a recording is `/<its id>/<how to cut>`: `whole`, `bytes` (one at a time), or
a number that seeds the places.
"""

import random
from collections.abc import Iterable, Iterator

from tests.servers.scripted import Exchange, Script
from tests.wire.recordings import Recording


def replays(recordings: Iterable[Recording]) -> Script:
    """Give the script of a server that plays `recordings`."""
    found = {recording.id: recording for recording in recordings}

    def script(exchange: Exchange) -> None:
        _, name, cut, _ = exchange.received.target.split("/", 3)
        send_recording(exchange, found[name], cut)

    return script


def send_recording(exchange: Exchange, recording: Recording, cut: str) -> None:
    """Answer with a recording, cut as `cut` says."""
    headers = {**recording.headers, "content-type": recording.content_type}
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(data), data) for data in _cut(recording.body, cut))
    exchange.send(
        f"HTTP/1.1 {recording.status} Said\r\ntransfer-encoding: chunked\r\n{head}\r\n".encode()
    )
    exchange.send(chunks + b"0\r\n\r\n")


def _cut(body: bytes, how: str) -> Iterator[bytes]:
    if how == "whole":
        places = []
    elif how == "bytes":
        places = list(range(1, len(body)))
    else:
        count = min(len(body) - 1, 2 + len(body) // 200)
        places = sorted(random.Random(how).sample(range(1, len(body)), count))
    for start, end in zip([0, *places], [*places, len(body)], strict=True):
        yield body[start:end]
