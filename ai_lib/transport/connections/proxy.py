"""Chooses the proxy for an origin: an explicit one, or what the environment says."""

from collections.abc import Mapping
from ipaddress import ip_address, ip_network
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from ai_lib.errors.exceptions import RequestError
from ai_lib.transport.http.url import Origin

_PORTS = {"http": 80, "https": 443, "socks5": 1080, "socks5h": 1080}


class Proxy(NamedTuple):
    """One proxy. `user` and `password` are secret."""

    scheme: str
    host: str
    port: int
    user: str | None = None
    password: str = ""

    @property
    def host_port(self) -> str:
        """Host and port, as errors show them."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"

    @property
    def login(self) -> tuple[bytes, bytes] | None:
        """User and password, for the proxy only."""
        return None if self.user is None else (self.user.encode(), self.password.encode())

    def __repr__(self) -> str:
        return f"Proxy({self.scheme}://{self.host_port})"


def parse_proxy(url: str, source: str = "the proxy") -> Proxy:
    """Parse a proxy's URL; without a scheme it is http. `source` is where it was written.

    Raises:
        RequestError: it is no URL of a proxy.
    """
    try:
        parts = urlsplit(url if "://" in url else f"http://{url}")
        port = parts.port
    except ValueError:
        port, parts = None, urlsplit("")
    if parts.scheme not in _PORTS or not parts.hostname:
        raise RequestError(
            f"{source} is not an http, https, socks5 or socks5h URL; mend it, or name the hosts"
            " that need no proxy in NO_PROXY"
        )
    user = None if parts.username is None else unquote(parts.username)
    return Proxy(
        parts.scheme,
        parts.hostname,
        port or _PORTS[parts.scheme],
        user,
        unquote(parts.password or ""),
    )


class ProxyRules:
    """The proxies by origin. `choice` is as in `TransportOptions.proxy`."""

    def __init__(self, choice: str | None, environment: Mapping[str, str]) -> None:
        self._by_scheme: dict[str, Proxy] = {}
        # The variable and its value, which is judged once it is needed.
        self._variables: dict[str, tuple[str, str]] = {}
        self._exempt: list[str] = []
        if choice == "environment":
            self._read_environment(environment)
        elif choice is not None:
            self._by_scheme = dict.fromkeys(("http", "https"), parse_proxy(choice))

    def _read_environment(self, environment: Mapping[str, str]) -> None:
        for scheme in ("http", "https"):
            # A CGI server puts a caller's `Proxy:` header into HTTP_PROXY (CVE-2016-5385).
            unsafe = scheme == "http" and "REQUEST_METHOD" in environment
            names = [f"{scheme}_proxy", "all_proxy", "ALL_PROXY"]
            if not unsafe:
                names.insert(1, f"{scheme.upper()}_PROXY")
            name = next((name for name in names if environment.get(name)), "")
            if name:
                self._variables[scheme] = name, environment[name]
        listed = environment.get("no_proxy") or environment.get("NO_PROXY") or ""
        self._exempt = [entry.strip().lower() for entry in listed.split(",") if entry.strip()]

    def proxy_for(self, origin: Origin) -> Proxy | None:
        """Return the proxy for an origin, or None when it is reached directly."""
        if proxy := self._by_scheme.get(origin.scheme):
            return proxy
        variable = self._variables.get(origin.scheme)
        if variable is None or _is_loopback(origin):
            return None
        if any(_covers(entry, origin) for entry in self._exempt):
            return None
        name, value = variable
        return parse_proxy(value, f"the environment's {name}")


def _is_loopback(origin: Origin) -> bool:
    """Return whether an origin is on this machine, which no proxy's network reaches."""
    name = origin.host.lower().rstrip(".")
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ip_address(name).is_loopback
    except ValueError:  # a name
        return False


def _covers(entry: str, origin: Origin) -> bool:
    """Return whether a NO_PROXY entry (host, suffix, address or network) covers an origin."""
    if entry == "*":
        return True
    host, port = _split_port(entry)
    if port is not None and port != origin.port:
        return False
    try:
        return ip_address(origin.host) in ip_network(host, strict=False)
    except ValueError:  # one of them is a name
        suffix = host.lstrip("*").lstrip(".")
        name = origin.host.lower().rstrip(".")
        return name == suffix or name.endswith(f".{suffix}")


def _split_port(entry: str) -> tuple[str, int | None]:
    if entry.startswith("["):
        host, _, suffix = entry[1:].partition("]")
        return host, int(suffix[1:]) if suffix[1:].isdigit() else None
    host, colon, port = entry.rpartition(":")
    if colon and ":" not in host and port.isdigit():
        return host, int(port)
    return entry, None
