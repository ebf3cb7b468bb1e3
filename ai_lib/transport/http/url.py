"""Parses and checks the URL of a request."""

from functools import lru_cache
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from ai_lib.errors.exceptions import RequestError

_PORTS = {"http": 80, "https": 443}
_UNIX = "http+unix"
_UNSAFE = frozenset(map(chr, range(33))) | {"\x7f"}


class Origin(NamedTuple):
    """Scheme, host and port: what a connection is made to; or a socket in the file system."""

    scheme: str
    host: str
    port: int
    socket_path: str = ""

    @property
    def host_port(self) -> str:
        """Host and port, as errors show them and CONNECT takes them."""
        if self.socket_path:
            return self.socket_path
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"

    @property
    def explicit_port(self) -> int | None:
        """The port, or None where it is the scheme's."""
        return None if self.port == _PORTS[self.scheme] else self.port

    @property
    def authority(self) -> str:
        """The value of the Host header."""
        if self.socket_path:
            return self.host
        if self.port == _PORTS[self.scheme]:
            return self.host_port.rpartition(":")[0]
        return self.host_port


class RequestTarget(NamedTuple):
    """An origin, and the path and query that are requested of it."""

    origin: Origin
    path: str

    def __repr__(self) -> str:
        return f"RequestTarget({self.origin.host_port})"  # the query may hold a credential


def parse_target(url: str) -> RequestTarget:
    """Parse an http or https URL, or `http+unix://%2Fpath%2Fof.sock/path`.

    Raises:
        RequestError: it is none.
    """
    # A URL that may hold a credential is not cached.
    return _parse(url) if "?" in url or "@" in url else _parse_cached(url)


def _parse(url: str) -> RequestTarget:
    try:
        parts = urlsplit(url)
        port = parts.port
        host = (parts.hostname or "").encode("ascii" if url.isascii() else "idna").decode("ascii")
    except ValueError:  # UnicodeError is one
        raise _unusable_url_error() from None
    path = parts.path or "/"
    if parts.query:
        path = f"{path}?{parts.query}"
    if parts.scheme == _UNIX and parts.netloc and path.isascii() and _UNSAFE.isdisjoint(path):
        return RequestTarget(Origin("http", "localhost", 80, unquote(parts.netloc)), path)
    if parts.scheme not in _PORTS or not host or not path.isascii() or not _UNSAFE.isdisjoint(path):
        raise _unusable_url_error()
    return RequestTarget(Origin(parts.scheme, host, port or _PORTS[parts.scheme]), path)


_parse_cached = lru_cache(maxsize=256)(_parse)


def _unusable_url_error() -> RequestError:
    # The address itself is not shown: it may hold a credential.
    return RequestError("the request's address is not an http or https URL; check the base URL")
