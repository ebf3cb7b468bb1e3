"""Refuses calls to real providers while a test runs."""

import ipaddress
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any, Final

from ai_lib.errors import codes
from ai_lib.errors.exceptions import TransportError
from ai_lib.transport.http.url import Origin, parse_target
from ai_lib.types.wire import HttpRequest

# By name, because neither package imports the other. A package that is absent is skipped.
_TRANSPORTS: Final = ("ai_lib.transport.transport", "ai_lib_sync.transport.transport")


class RealCallRefused(TransportError):
    """A test was about to call a host that is not this machine; nothing was sent."""

    default_code = codes.INVALID_REQUEST  # a retry would be refused too


@contextmanager
def refuse_real_calls() -> Iterator[None]:
    """Refuse every request of either package that leaves this machine, in this process.

    It is meant for tests. The loopback stays reachable, so `MockProvider` and `ReplayTransport`
    work. A refused call raises `RealCallRefused`.
    """
    restorers = [_guard(import_module(name)) for name in _TRANSPORTS if _is_installed(name)]
    try:
        yield
    finally:
        for restore in restorers:
            restore()


def _is_installed(name: str) -> bool:
    from importlib.util import find_spec

    package = name.partition(".")[0]
    return package in sys.modules or find_spec(package) is not None


def _guard(module: Any) -> Callable[[], None]:
    """Check the host of each request before it connects; return a function that undoes this."""
    original = module.parse_target

    def parse_or_refuse(url: str) -> Any:
        target = parse_target(url)
        if not _is_loopback(target.origin):
            safe_url = HttpRequest(url=url).safe_url
            raise RealCallRefused(
                f"a test was about to call {target.origin.host_port}; use MockProvider or "
                "ReplayTransport, or let this test make real calls (marker `real_calls`)",
                url=safe_url,
            )
        return target

    module.parse_target = parse_or_refuse

    def restore() -> None:
        module.parse_target = original

    return restore


def _is_loopback(origin: Origin) -> bool:
    if origin.host == "localhost" or origin.host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(origin.host.strip("[]")).is_loopback
    except ValueError:
        return False
