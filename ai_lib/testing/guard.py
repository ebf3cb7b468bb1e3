"""Makes calls to real providers impossible while a test runs."""

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

# By name, because neither package imports the other; whichever is absent is not loaded for this.
_TRANSPORTS: Final = ("ai_lib.transport.transport", "ai_lib_sync.transport.transport")


class RealCallRefused(TransportError):
    """A test was about to call something that is not on this machine; nothing was sent."""

    default_code = codes.INVALID_REQUEST  # it would be refused again


@contextmanager
def real_calls_refused() -> Iterator[None]:
    """Refuse, in this process, every request of either package that leaves this machine.

    It is for tests: the loopback stays reachable, and `MockProvider` and `ReplayTransport` work.
    A refused call ends in `RealCallRefused`.
    """
    undo = [_guard(import_module(name)) for name in _TRANSPORTS if _is_installed(name)]
    try:
        yield
    finally:
        for restore in undo:
            restore()


def _is_installed(name: str) -> bool:
    from importlib.util import find_spec

    package = name.partition(".")[0]
    return package in sys.modules or find_spec(package) is not None


def _guard(module: Any) -> Callable[[], None]:
    """Check where each request goes, before a connection is looked for; return the way back."""
    original = module.parse_target

    def checked(url: str) -> Any:
        target = parse_target(url)
        if not _is_here(target.origin):
            safe = HttpRequest(url=url).safe_url
            raise RealCallRefused(
                f"a test was about to call {target.origin.place}; answer with MockProvider or "
                "ReplayTransport, or let this test make real calls (marker `real_calls`)",
                url=safe,
            )
        return target

    module.parse_target = checked

    def restore() -> None:
        module.parse_target = original

    return restore


def _is_here(origin: Origin) -> bool:
    if origin.host == "localhost" or origin.host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(origin.host.strip("[]")).is_loopback
    except ValueError:
        return False
