"""A stand-in for the servers that give tokens: authorities, metadata servers, identities."""

import json
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple
from urllib.parse import parse_qs


class Wall:
    """The time of day, of which a test says how many seconds have passed."""

    def __init__(self) -> None:
        self._start = time.time()
        self.passed = 0.0

    def read(self) -> float:
        """Return the seconds since 1970."""
        return self._start + self.passed


class Asked(NamedTuple):
    """What a token server was asked: the path, the form, and the header of a metadata server."""

    path: str
    form: dict[str, list[str]]
    metadata: str | None


Answer = Callable[[str, int], object]


def answer_with_token(path: str, count: int) -> object:
    """Answer as an authority does: with a token for an hour."""
    return {"access_token": f"token-{count}", "expires_in": 3600, "token_type": "Bearer"}


class TokenServer:
    """Answers every request with `answer(path, count)` as JSON or text; keeps what it was asked.

    It answers while `hold` is set. Only paths for which `counts` holds are kept in `asked`.
    """

    def __init__(self, answer: Answer = answer_with_token, counts: str = "") -> None:
        self.asked: list[Asked] = []
        self.hold = threading.Event()
        self.hold.set()
        served = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length") or 0)).decode()
                metadata = self.headers.get("Metadata") or self.headers.get("Metadata-Flavor")
                if counts in self.path:
                    served.asked.append(Asked(self.path, parse_qs(body), metadata))
                served.hold.wait(30)
                reply: Any = answer(self.path, len(served.asked))
                data = (reply if isinstance(reply, str) else json.dumps(reply)).encode()
                self.send_response(200)
                self.send_header("content-length", str(len(data)))
                is_json = not isinstance(reply, str)
                self.send_header("content-type", "application/json" if is_json else "text/plain")
                self.send_header("Metadata-Flavor", "Google")
                self.end_headers()
                self.wfile.write(data)

            def do_GET(self) -> None:
                self.do_POST()

            def do_PUT(self) -> None:
                self.do_POST()

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever)
        self.thread.start()

    def close(self) -> None:
        """Stop, and end its thread."""
        self.hold.set()
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()
