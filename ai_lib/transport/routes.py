"""How an origin is reached: directly or by which proxy, trusting whom."""

import os
from importlib.util import find_spec
from ssl import SSLContext
from typing import NamedTuple

from ai_lib.errors.tree import RequestError
from ai_lib.transport.failures import bare
from ai_lib.transport.options import TransportOptions
from ai_lib.transport.origin import Origin
from ai_lib.transport.proxy import Proxy, ProxyRules
from ai_lib.transport.tls import make_context


class Route(NamedTuple):
    """What is needed to connect to an origin. The contexts are there where TLS is."""

    origin: Origin
    proxy: Proxy | None
    context: SSLContext | None
    proxy_context: SSLContext | None

    @property
    def place(self) -> str:
        """Host and port, as errors name them."""
        by = "" if self.proxy is None else f" by the proxy {self.proxy.place}"
        return f"{self.origin.place}{by}"

    @property
    def forwarded(self) -> bool:
        """Whether an http proxy stands between, which takes hosts as URLs write them."""
        return self.proxy is not None and not self.proxy.scheme.startswith("socks")

    @property
    def host(self) -> str:
        """The host, as httpcore wants it."""
        host = self.origin.host
        return f"[{host}]" if self.forwarded and ":" in host else host


class Routes:
    """Routes as the options say, with one TLS context for all origins and one for all proxies."""

    def __init__(self, options: TransportOptions) -> None:
        self._options = options
        self._environment = dict(os.environ)
        try:
            self._proxies = ProxyRules(options.proxy, self._environment)
        except RequestError as error:
            raise bare(error) from None
        self._contexts: dict[str, SSLContext] = {}
        if options.http2:
            _need("h2", "http2")
        if options.reader == "httptools":
            _need("httptools", "speed")

    def to(self, origin: Origin) -> Route:
        """Give the route to an origin."""
        proxy = self._proxies.lead_to(origin)
        if proxy is not None and proxy.scheme.startswith("socks"):
            _need("socksio", "socks")
        return Route(
            origin,
            proxy,
            self._context("origin", origin.scheme),
            # A context of its own: what each offers to speak differs.
            None if proxy is None else self._context("proxy", proxy.scheme),
        )

    def _context(self, purpose: str, scheme: str) -> SSLContext | None:
        if scheme != "https":
            return None
        if purpose not in self._contexts:
            try:
                self._contexts[purpose] = make_context(self._options, self._environment)
            except RequestError as error:
                raise bare(error)  # noqa: B904 (it is that error)
        return self._contexts[purpose]


def _need(module: str, extra: str) -> None:
    if find_spec(module) is None:
        raise RequestError(f"this needs a package that is not installed: install ai-lib[{extra}]")
