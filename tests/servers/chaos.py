"""A loopback proxy in front of a server, which does to its answers what networks do.

Every request is read whole and counted before anything is done to it, but where the connection is
broken at once. What becomes of each is drawn from a seed. Plain threads and sockets.
"""

import http.client
import re
import socket
import struct
import threading
from collections import Counter
from random import Random
from typing import BinaryIO, NamedTuple

_RESET = struct.pack("ii", 1, 0)
_PATIENCE = 30.0  # seconds, after which a silent connection is given up
_MARK = re.compile(rb"call-\d+")

# What is done, and how often of a thousand.
MISCHIEF = {
    "nothing": 640, "slow": 60, "cut": 50, "reset": 40, "garbage": 20, "silence": 8, "trickle": 40,
    "status": 70, "half a head": 20, "gone at once": 12, "gone after": 20, "kept, then gone": 20,
}  # fmt: skip
_STATUSES = (400, 401, 408, 429, 429, 500, 502, 503, 529)


class _Asked(NamedTuple):
    method: str
    target: str
    headers: dict[str, str]
    body: bytes


class Chaos:
    """Listens on a port of its own and asks `target`, a port of 127.0.0.1 to be set.

    `seen` counts the requests that came, by the mark (`call-7`) they have in their body; `done`
    counts what was done to them; `open_connections` is how many stand now.
    """

    def __init__(self, seed: int) -> None:
        self.target = 0
        self.seen: Counter[str] = Counter()
        self.done: Counter[str] = Counter()
        self.closing = threading.Event()
        self._chance = Random(seed)
        self._lock = threading.Condition()
        self._open: dict[socket.socket, threading.Thread] = {}
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.port = int(self._listener.getsockname()[1])
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    @property
    def open_connections(self) -> int:
        """How many connections of clients stand."""
        with self._lock:
            return len(self._open)

    def wait_for_connections(self, most: int) -> bool:
        """Whether no more than so many connections stand, soon."""
        with self._lock:
            return self._lock.wait_for(lambda: len(self._open) <= most, _PATIENCE)

    def close(self) -> None:
        """Stop, and end every thread."""
        self.closing.set()
        _shut(self._listener)
        self._listener.close()
        with self._lock:
            left = dict(self._open)
        for sock, thread in left.items():
            _shut(sock)
            thread.join(_PATIENCE)
        self._thread.join(_PATIENCE)

    def _accept(self) -> None:
        while not self.closing.is_set():
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            thread = threading.Thread(target=self._serve, args=(sock,), daemon=True)
            with self._lock:
                self._open[sock] = thread
            thread.start()

    def _serve(self, sock: socket.socket) -> None:
        try:
            with sock.makefile("rb") as reader:
                while (asked := _read(reader)) is not None and self._answer(sock, asked):
                    continue
        except (OSError, ValueError, http.client.HTTPException):
            pass
        finally:
            sock.close()
            with self._lock:
                self._open.pop(sock, None)
                self._lock.notify_all()

    def _draw(self, asked: _Asked) -> tuple[str, Random]:
        """Count a request, and choose what becomes of it."""
        found = _MARK.search(asked.body)
        with self._lock:
            self.seen[found[0].decode() if found else ""] += 1
            kinds = list(MISCHIEF)
            kind = self._chance.choices(kinds, [MISCHIEF[one] for one in kinds])[0]
            self.done[kind] += 1
            return kind, Random(self._chance.getrandbits(64))

    def _answer(self, sock: socket.socket, asked: _Asked) -> bool:
        """Answer one request; whether the connection goes on."""
        kind, chance = self._draw(asked)
        if kind == "gone at once":
            return self._break(sock)
        if kind == "silence":
            sock.settimeout(_PATIENCE)
            return bool(sock.recv(1)) and False
        if kind == "garbage":
            sock.sendall(chance.randbytes(chance.randrange(1, 400)))
            return False
        if kind == "half a head":
            sock.sendall(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-st"[: chance.randrange(45)])
            return False
        if kind == "status":
            sock.sendall(_refusal(chance))
            return True
        data = self._asked_behind(asked, chance)
        if kind in ("cut", "reset"):
            sock.sendall(data[: chance.randrange(len(data))])
            return self._break(sock) if kind == "reset" else False
        if kind == "slow":
            self.closing.wait(chance.random() * 0.05)
        if kind == "trickle":
            self._trickle(sock, data, chance)
        else:
            sock.sendall(data)
        if kind == "gone after":
            return False
        if kind == "kept, then gone":
            # The next request on this connection finds nobody.
            sock.settimeout(_PATIENCE)
            sock.recv(1)
            return self._break(sock)
        return True

    def _trickle(self, sock: socket.socket, data: bytes, chance: Random) -> None:
        step = max(1, len(data) // chance.randrange(2, 60))
        for at in range(0, len(data), step):
            sock.sendall(data[at : at + step])
            self.closing.wait(0.001)

    def _break(self, sock: socket.socket) -> bool:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        return False

    def _asked_behind(self, asked: _Asked, chance: Random) -> bytes:
        """Return what the server behind says, as the bytes of one HTTP answer."""
        behind = http.client.HTTPConnection("127.0.0.1", self.target, timeout=_PATIENCE)
        try:
            kept = {name: value for name, value in asked.headers.items() if name != "host"}
            behind.request(asked.method, asked.target, asked.body, kept)
            reply = behind.getresponse()
            body = reply.read()
        finally:
            behind.close()
        fields = [(name, value) for name, value in reply.getheaders() if name.lower() not in _OWN]
        streamed = reply.getheader("transfer-encoding") == "chunked"
        length = ("transfer-encoding", "chunked") if streamed else ("content-length", len(body))
        lines = "".join(f"{name}: {value}\r\n" for name, value in (*fields, length))
        head = f"HTTP/1.1 {reply.status} Said\r\n{lines}\r\n".encode("latin-1")
        return head + (_chunked(body, chance) if streamed else body)


_OWN = {"transfer-encoding", "content-length", "connection"}


def _chunked(body: bytes, chance: Random) -> bytes:
    parts, at = [], 0
    while at < len(body):
        size = chance.choice((1, 7, 50, 400, 4000))
        part = body[at : at + size]
        parts.append(b"%x\r\n%s\r\n" % (len(part), part))
        at += size
    return b"".join(parts) + b"0\r\n\r\n"


def _refusal(chance: Random) -> bytes:
    status = chance.choice(_STATUSES)
    wait = chance.choice(
        ("", "retry-after: 0\r\n", "retry-after: 0.005\r\n", "retry-after: 0.015\r\n")
    )
    body = chance.choice((b'{"error": {"message": "not now"}}', b"<html>no</html>", b"", b"{"))
    head = f"HTTP/1.1 {status} No\r\ncontent-length: {len(body)}\r\n{wait}\r\n"
    return head.encode() + body


def _read(reader: BinaryIO) -> _Asked | None:
    line = reader.readline()
    if not line:
        return None
    method, target, _ = line.decode("latin-1").split(" ", 2)
    headers = {}
    while field := reader.readline().decode("latin-1").rstrip("\r\n"):
        name, _, value = field.partition(":")
        headers[name.lower()] = value.strip()
    length = int(headers.get("content-length", "0"))
    body = reader.read(length)
    return _Asked(method, target, headers, body) if len(body) == length else None


def _shut(sock: socket.socket) -> None:
    try:
        sock.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass
