"""The options and the statistics of the transport."""

from functools import cache
from importlib.util import find_spec
from typing import TYPE_CHECKING, Literal

import msgspec

from ai_lib.types.wire import check_seconds

if TYPE_CHECKING:
    from ssl import SSLContext


class PoolConfig(msgspec.Struct, frozen=True, kw_only=True):
    """How many connections are kept, for each host.

    `max_connections` bounds the calls in flight to one host; further calls wait in line, at most
    `queue_seconds` (None: as long as the call's total timeout allows). An idle connection is kept
    for `keepalive_seconds`, or as long as its server says it keeps it. One that was opened
    `max_age_seconds` ago serves no further call (None: any age), so that a name's new address is
    noticed.
    """

    max_connections: int = 500
    keepalive_seconds: float = 30.0
    queue_seconds: float | None = 60.0
    max_age_seconds: float | None = 600.0

    def __post_init__(self) -> None:
        if self.max_connections < 1:
            raise ValueError("max_connections must be 1 or more")
        check_seconds("keepalive_seconds", self.keepalive_seconds, allows_zero=True)
        if self.max_age_seconds is not None:
            check_seconds("max_age_seconds", self.max_age_seconds, allows_zero=True)
        if self.queue_seconds is not None:
            check_seconds("queue_seconds", self.queue_seconds, allows_zero=True)

    @classmethod
    def default(cls) -> "PoolConfig":
        """Good for most programs."""
        return cls()

    @classmethod
    def low_latency(cls) -> "PoolConfig":
        """Keep connections open longer, and give up early when there are too many calls."""
        return cls(max_connections=200, keepalive_seconds=120.0, queue_seconds=5.0)

    @classmethod
    def high_throughput(cls) -> "PoolConfig":
        """Allow many calls at once; mind the system's limit on open files."""
        return cls(max_connections=4000, keepalive_seconds=60.0, queue_seconds=None)


class PoolStats(msgspec.Struct, frozen=True, kw_only=True):
    """The pool as it is now (`active`, `idle`, `waiting`) and what it did so far.

    `active` connections serve a call, `waiting` calls stand in line. `opened` connections is
    `active + idle + closed`, `reused` counts the calls that found an open connection.
    """

    active: int
    idle: int
    waiting: int
    opened: int
    reused: int
    closed: int


class TransportOptions(msgspec.Struct, frozen=True, kw_only=True):
    """How bytes are exchanged. The defaults are safe.

    - `verify=False` accepts any certificate; never do that with a key that matters.
    - `ca_bundle` is a file or directory of certificates to trust instead of all others. Without it
      SSL_CERT_FILE, SSL_CERT_DIR and then REQUESTS_CA_BUNDLE count, and after them `trust`: the
      system's store, certifi's, or ("auto") certifi's where the system has none.
    - `client_cert` is a PEM file with certificate and key; `client_key` and `client_key_password`
      are for a key kept apart or encrypted.
    - `proxy` is an http, https, socks5 or socks5h URL; "environment" means HTTP_PROXY,
      HTTPS_PROXY, ALL_PROXY and NO_PROXY; None means no proxy whatever the environment says.
    - `max_body_bytes` bounds a whole response and `max_error_bytes` that of an error, both after
      decompression; `max_frame_bytes` bounds one frame of a stream, `max_head_bytes` (up to
      100 KiB) status line and headers.
    - After a stream's end, `drain_bytes` and `drain_seconds` bound what is read to make the
      connection usable again.
    - `connect_retries` further attempts are made to open a connection.
    - `http2` offers HTTP/2 to servers reached by TLS (needs `ai-lib[http2]`). A connection still
      serves one call at a time, so that a cancelled call takes nothing with it but its own.
    - `reader` chooses what reads HTTP/1.1: "httptools", the faster, "httpcore", or ("auto") the
      faster where it is installed, as it is on CPython. httpcore has proxies and HTTP/2 in any
      case; with "auto" also the requests that are sent while a mock, as respx, replaces its
      connections.
    - `ssl_context` takes the place of all settings of certificates: a `truststore.SSLContext`, or
      one of your own. Contexts made here are shared by transports that trust the same.
    - `uds` is the path of a Unix socket that all requests go to, whatever the address says; for
      one client, `base_url="http+unix://%2Fpath%2Fof.sock/v1"` does the same.
    - `resend_lost=False` sends no request anew whose connection, kept from an earlier call, died
      before a byte of the response came. Else that happens once a call, on a new connection.

    Proxies of the environment are not used for this machine (localhost, 127.0.0.0/8, ::1).
    """

    verify: bool = True
    ca_bundle: str | None = None
    trust: Literal["auto", "system", "certifi"] = "auto"
    client_cert: str | None = None
    client_key: str | None = None
    client_key_password: str | None = None
    proxy: str | None = "environment"
    pool: PoolConfig = PoolConfig()
    max_body_bytes: int = 128 * 1024 * 1024
    max_error_bytes: int = 64 * 1024
    max_frame_bytes: int = 16 * 1024 * 1024
    max_head_bytes: int = 100 * 1024
    drain_bytes: int = 64 * 1024
    drain_seconds: float = 0.1
    connect_retries: int = 0
    user_agent: str = "ai-lib"
    http2: bool = False
    reader: Literal["auto", "httptools", "httpcore"] = "auto"
    ssl_context: "SSLContext | None" = None
    uds: str | None = None
    resend_lost: bool = True

    def __post_init__(self) -> None:
        check_seconds("drain_seconds", self.drain_seconds, allows_zero=True)

    @property
    def uses_httptools(self) -> bool:
        """Whether httptools reads the responses that come without a proxy."""
        return self.reader != "httpcore" and not self.http2 and _has_httptools()

    def __repr__(self) -> str:
        proxy = "set" if self.proxy not in (None, "environment") else self.proxy
        return f"TransportOptions(verify={self.verify}, proxy={proxy}, pool={self.pool})"


@cache
def _has_httptools() -> bool:
    return find_spec("httptools") is not None
