"""One HTTP request as the transport sends it, and its timeouts."""

from collections.abc import Iterable, Mapping
from numbers import Number
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode, urlsplit

import msgspec

from ai_lib.types.upload import Multipart

# A shorter value is no secret but a placeholder, and part of other words.
MIN_SECRET_LENGTH: Final = 8


class HttpRequest(msgspec.Struct, frozen=True, kw_only=True):
    """One HTTP request, complete but for `Host` and `Content-Length`.

    A `body` that is a form is read while it is sent.

    `url` may hold a credential as a query parameter; `safe_url` never does. `secrets` names the
    headers and parameters whose values must not be shown, in small letters.
    """

    method: str = "POST"
    url: str
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes | Multipart = b""
    secrets: frozenset[str] = frozenset()

    @property
    def safe_url(self) -> str:
        """The address without its query, fit for a log line or an error."""
        parts = urlsplit(self.url)
        host = parts.hostname or ""
        port = f":{parts.port}" if parts.port else ""
        return f"{parts.scheme}://{host}{port}{parts.path}"

    @property
    def safe_headers(self) -> tuple[tuple[str, str], ...]:
        """The headers with secret values replaced by `***`."""
        return tuple(
            (name, "***" if name.lower() in self.secrets else value) for name, value in self.headers
        )

    def with_headers(self, headers: Iterable[tuple[str, str]]) -> "HttpRequest":
        """Return the request with these headers behind its own."""
        return msgspec.structs.replace(self, headers=(*self.headers, *headers))

    def secret_values(self) -> frozenset[str]:
        """Return the secret values, without the scheme before them."""
        fields = [*self.headers, *parse_qsl(urlsplit(self.url).query)] if self.secrets else ()
        keys = (value.split(" ")[-1] for name, value in fields if name.lower() in self.secrets)
        return frozenset(key for key in keys if len(key) >= MIN_SECRET_LENGTH)

    def __repr__(self) -> str:
        body = f"{len(self.body)} bytes" if isinstance(self.body, bytes) else repr(self.body)
        return f"HttpRequest({self.method} {self.safe_url}, {body})"


def join_url(base: str, path: str, query: Mapping[str, str] | None = None) -> str:
    """Return the address of a path below a base address; the base's own query is kept."""
    address, _, base_query = base.partition("?")
    url = f"{address.rstrip('/')}{path}"
    queries = [base_query, urlencode(query) if query else ""]
    joined = "&".join(filter(None, queries))
    if not joined:
        return url
    return f"{url}{'&' if '?' in url else '?'}{joined}"


class TimeoutOptions(msgspec.Struct, frozen=True, kw_only=True):
    """The timeouts of one call, in seconds; None switches a timeout off.

    `connect` bounds opening a connection (TLS included), `first_token` the wait from sending to
    the first content, `idle` the silence between two reads, `delta_idle` the silence between two
    events (heartbeats don't reset it), `total` the whole call. An infinite one is switched off,
    too, and so is one of over 23 days, which no system takes.

    Raises:
        TypeError: one is not a number.
        ValueError: one is not above 0.
    """

    connect: float | None = 10.0
    first_token: float | None = None
    idle: float | None = 60.0
    delta_idle: float | None = None
    total: float | None = None

    def __post_init__(self) -> None:
        for name in ("connect", "first_token", "idle", "delta_idle", "total"):
            seconds = getattr(self, name)
            if seconds is None or (type(seconds) is float and 0.0 < seconds <= _LONGEST):
                continue
            checked = check_seconds(f"the {name} timeout", seconds)
            msgspec.structs.force_setattr(self, name, checked if checked <= _LONGEST else None)


_LONGEST: Final = 2_000_000.0


def check_seconds(name: str, seconds: Any, *, allows_zero: bool = False) -> float:
    """Return a number of seconds above 0, or 0 where that has a meaning; infinity is no limit.

    Raises:
        TypeError: it is not a number.
        ValueError: it is too small, or NaN.
    """
    if isinstance(seconds, bool | complex) or not isinstance(seconds, Number):
        raise TypeError(
            f"{name} must be a number of seconds (math.inf is no limit), not {seconds!r:.100}"
        )
    value = float(seconds)  # type: ignore[arg-type]
    if value > 0 or (allows_zero and value == 0):
        return value
    least = "0 or more" if allows_zero else "above 0"
    raise ValueError(f"{name} must be {least} seconds (math.inf is no limit), not {seconds}")


def check_optional_seconds(name: str, seconds: Any) -> float | None:
    """Return None as it is, and any other value as `check_seconds` does."""
    return None if seconds is None else check_seconds(name, seconds)
