"""A server of one body on a plain thread, for what is counted or profiled in this process."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

# A plain response of the family of chat completions.
PLAIN_BODY = b"""\
{"id": "1", "model": "gpt-4o", "usage": {"prompt_tokens": 1, "completion_tokens": 1},
 "choices": [{"index": 0, "finish_reason": "stop",
              "message": {"role": "assistant", "content": "Hi"}}]}"""
_HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: %s\r\ncontent-length: %d\r\n\r\n"


@contextmanager
def serve_bodies(body: bytes, media_type: bytes = b"application/json") -> Iterator[str]:
    """Answer every request of one connection with a body; yield the server's address."""
    response = _HEAD % (media_type, len(body)) + body
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=_answer_all, args=(listener, response), daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    thread.join(10.0)


def _answer_all(listener: socket.socket, response: bytes) -> None:
    """Answer the requests of one connection until the peer closes it."""
    peer, _ = listener.accept()
    with peer, peer.makefile("rb") as requests:
        while requests.readline():
            length = 0
            while (line := requests.readline().strip().lower()) != b"":
                name, _, value = line.partition(b":")
                length = int(value) if name == b"content-length" else length
            requests.read(length)
            peer.sendall(response)
