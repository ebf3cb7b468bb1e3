"""Where a request goes: the address's parts, checked."""

from functools import lru_cache
from typing import NamedTuple
from urllib.parse import urlsplit

from ai_lib.errors.exceptions import RequestError

_PORTS = {"http": 80, "https": 443}
_UNSAFE = frozenset(map(chr, range(33))) | {"\x7f"}


class Origin(NamedTuple):
    """Scheme, host and port: what a connection is made to."""

    scheme: str
    host: str
    port: int

    @property
    def place(self) -> str:
        """Host and port, as errors name them and CONNECT takes them."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"

    @property
    def explicit_port(self) -> int | None:
        """The port, None where the scheme says it."""
        return None if self.port == _PORTS[self.scheme] else self.port

    @property
    def authority(self) -> str:
        """The value of the Host header."""
        if self.port == _PORTS[self.scheme]:
            return self.place.rpartition(":")[0]
        return self.place


class RequestTarget(NamedTuple):
    """An origin and what is asked of it: path and query."""

    origin: Origin
    path: str

    def __repr__(self) -> str:
        return f"Target({self.origin.place})"  # the query may hold a credential


def parse_target(url: str) -> RequestTarget:
    """Take an http or https URL apart; raises `RequestError` for anything else."""
    # What may hold a credential is not remembered.
    return _parsed(url) if "?" in url or "@" in url else _remembered(url)


def _parsed(url: str) -> RequestTarget:
    try:
        parts = urlsplit(url)
        port = parts.port
        host = (parts.hostname or "").encode("ascii" if url.isascii() else "idna").decode("ascii")
    except ValueError:  # UnicodeError is one
        raise _unusable() from None
    path = parts.path or "/"
    if parts.query:
        path = f"{path}?{parts.query}"
    if parts.scheme not in _PORTS or not host or not path.isascii() or not _UNSAFE.isdisjoint(path):
        raise _unusable()
    return RequestTarget(Origin(parts.scheme, host, port or _PORTS[parts.scheme]), path)


_remembered = lru_cache(maxsize=256)(_parsed)


def _unusable() -> RequestError:
    # The address itself is not shown: it may hold a credential.
    return RequestError("the request's address is not an http or https URL; check the base URL")
