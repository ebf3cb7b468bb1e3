"""How an origin is reached: directly or by a proxy, and which certificates are trusted."""

import os
import ssl
from collections.abc import Mapping
from importlib.util import find_spec
from ssl import SSLContext
from threading import Lock
from typing import Final, NamedTuple

from ai_lib._runtime.forks import ForkedState, renew_after_fork
from ai_lib.errors.exceptions import RequestError
from ai_lib.transport.connections.proxy import Proxy, ProxyRules
from ai_lib.transport.errors import strip_tracebacks
from ai_lib.transport.http.url import Origin
from ai_lib.transport.options import TransportOptions


def make_context(options: TransportOptions, environment: Mapping[str, str]) -> ssl.SSLContext:
    """Build the context; it takes some 20 ms, so share it.

    Raises `RequestError` when a file it needs can't be used.
    """
    try:
        context = _make_trusting_context(options, environment)
        if options.client_cert is not None:
            context.load_cert_chain(
                options.client_cert, options.client_key, options.client_key_password or ""
            )
    except OSError as error:  # ssl.SSLError is one
        raise RequestError(
            f"a certificate file can't be used: {error}; see ca_bundle, client_cert,"
            " SSL_CERT_FILE, SSL_CERT_DIR and REQUESTS_CA_BUNDLE"
        ) from error
    if not options.verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _make_trusting_context(
    options: TransportOptions, environment: Mapping[str, str]
) -> ssl.SSLContext:
    if options.ca_bundle is not None:
        if os.path.isdir(options.ca_bundle):
            return ssl.create_default_context(capath=options.ca_bundle)
        return ssl.create_default_context(cafile=options.ca_bundle)
    file, directory = environment.get("SSL_CERT_FILE"), environment.get("SSL_CERT_DIR")
    if not file and not directory and (bundle := environment.get("REQUESTS_CA_BUNDLE")):
        file, directory = (None, bundle) if os.path.isdir(bundle) else (bundle, None)
    if file or directory:
        return ssl.create_default_context(cafile=file or None, capath=directory or None)
    if options.trust == "certifi":
        return ssl.create_default_context(cafile=_certifi())
    context = ssl.create_default_context()
    if options.trust == "auto" and not _has_authorities(context):
        context.load_verify_locations(cafile=_certifi())
    return context


def _has_authorities(context: SSLContext) -> bool:
    try:
        return bool(context.cert_store_stats()["x509_ca"])
    except NotImplementedError:  # truststore asks the system itself
        return True


def _certifi() -> str:
    import certifi

    return certifi.where()


class Route(NamedTuple):
    """What is needed to connect to an origin; the contexts are for TLS."""

    origin: Origin
    proxy: Proxy | None
    context: SSLContext | None
    proxy_context: SSLContext | None
    socket_path: str = ""

    @property
    def is_forwarded_plain(self) -> bool:
        """Whether an http proxy sees the request itself, and not a tunnel's bytes."""
        return self.is_forwarded and self.origin.scheme == "http"

    @property
    def description(self) -> str:
        """Host and port, and the proxy's, as errors show them."""
        if self.socket_path:
            return self.socket_path
        by = "" if self.proxy is None else f" by the proxy {self.proxy.host_port}"
        return f"{self.origin.host_port}{by}"

    @property
    def is_forwarded(self) -> bool:
        """Whether it leads through an http proxy, which takes hosts as URLs write them."""
        return self.proxy is not None and not self.proxy.scheme.startswith("socks")

    @property
    def host(self) -> str:
        """The host, as httpcore takes it."""
        host = self.origin.host
        return f"[{host}]" if self.is_forwarded and ":" in host else host


class Routes:
    """Makes routes by the options, with one TLS context for all origins and one for all proxies."""

    def __init__(self, options: TransportOptions) -> None:
        self._options = options
        self._environment = dict(os.environ)
        try:
            self._proxies = ProxyRules(options.proxy, self._environment)
        except RequestError as error:
            raise strip_tracebacks(error) from None
        self._contexts: dict[str, SSLContext] = {}
        if options.http2:
            _require("h2", "ai-lib[http2]")
        if options.reader == "httptools":
            _require("httptools", "httptools")

    def get(self, origin: Origin) -> Route:
        """Return the route to an origin; it may read files, see `is_ready`."""
        socket_path = origin.socket_path or self._options.uds or ""
        if socket_path:
            context = self._context("origin", origin.scheme)
            return Route(origin, None, context, None, socket_path)
        proxy = self._proxies.proxy_for(origin)
        if proxy is not None and proxy.scheme.startswith("socks"):
            _require("socksio", "ai-lib[socks]")
        return Route(
            origin,
            proxy,
            self._context("origin", origin.scheme),
            # A context of its own: the two offer different protocols (ALPN).
            None if proxy is None else self._context("proxy", proxy.scheme),
        )

    def is_ready(self, origin: Origin) -> bool:
        """Return whether `get` reads no file, which an event loop should not wait for."""
        if self._options.ssl_context is not None:
            return True
        if origin.scheme == "https" and "origin" not in self._contexts:
            return False
        proxy = self._proxies.proxy_for(origin)
        return proxy is None or proxy.scheme != "https" or "proxy" in self._contexts

    def _context(self, purpose: str, scheme: str) -> SSLContext | None:
        if scheme != "https":
            return None
        if self._options.ssl_context is not None:
            return self._options.ssl_context
        if purpose not in self._contexts:
            try:
                self._contexts[purpose] = _CONTEXTS.get(purpose, self._options, self._environment)
            except RequestError as error:
                raise strip_tracebacks(error)  # noqa: B904 (it is that error)
        return self._contexts[purpose]


class _ContextCache(ForkedState):
    """The contexts of all transports: those that trust the same have the same one."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._contexts: dict[object, SSLContext] = {}
        renew_after_fork(self)

    def get(
        self, purpose: str, options: TransportOptions, environment: Mapping[str, str]
    ) -> SSLContext:
        """Return the context; build it where there is none, or where its files have changed."""
        paths = [options.ca_bundle, options.client_cert, options.client_key]
        paths += [environment.get(name) for name in _CERTIFICATE_VARIABLES]
        settings = options.verify, options.trust, options.client_key_password
        # The class too, which truststore replaces; and what is offered (ALPN) is the context's.
        key = purpose, options.http2, ssl.SSLContext, settings, tuple(map(_stamp, paths))
        with self._lock:
            context = self._contexts.get(key)
            if context is None:
                context = make_context(options, environment)
                if len(self._contexts) >= _MAX_CONTEXTS:
                    self._contexts.clear()
                self._contexts[key] = context
        return context


def _stamp(path: str | None) -> tuple[object, ...]:
    if not path:
        return ()
    try:
        status = os.stat(path)
    except OSError:
        return (path,)
    return path, status.st_mtime_ns, status.st_size, status.st_ino


_CERTIFICATE_VARIABLES: Final = ("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE")
_MAX_CONTEXTS: Final = 32
_CONTEXTS: Final = _ContextCache()


def _require(module: str, requirement: str) -> None:
    if find_spec(module) is None:
        raise RequestError(f"this needs a package that is not installed: install {requirement}")
