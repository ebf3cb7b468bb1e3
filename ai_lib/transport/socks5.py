"""The client's side of a SOCKS5 greeting (RFC 1928, RFC 1929), without input or output."""

from collections.abc import Generator
from ipaddress import ip_address

from ai_lib.transport.failures import Violation
from ai_lib.transport.origin import Origin
from ai_lib.transport.proxy import Proxy

Greeting = Generator[tuple[bytes, int], bytes, None]

_NO_LOGIN, _LOGIN = 0, 2
_REASONS = {
    1: "general failure",
    2: "not allowed by its rules",
    3: "network unreachable",
    4: "host unreachable",
    5: "connection refused",
    6: "time to live expired",
    7: "command not supported",
    8: "address type not supported",
}


def greet(origin: Origin, proxy: Proxy) -> Greeting:
    """Yield what to send and how many bytes to send back in; the proxy resolves the name."""
    method = _NO_LOGIN if proxy.user is None else _LOGIN
    if (yield bytes((5, 1, method)), 2) != bytes((5, method)):
        raise Violation("the SOCKS proxy wants another kind of login")
    if proxy.user is not None:
        answer = yield b"\x01" + _counted(proxy.user) + _counted(proxy.password), 2
        if answer[1]:
            raise Violation("the SOCKS proxy refused user and password")
    answer = yield b"\x05\x01\x00" + _address(origin.host) + origin.port.to_bytes(2, "big"), 5
    if answer[1]:
        raise Violation(f"the SOCKS proxy says: {_REASONS.get(answer[1], answer[1])}")
    # The address it connected from; its first byte has been read: 4, 16, or counted, and the port.
    yield b"", {1: 3, 4: 15}.get(answer[3], answer[4]) + 2


def _counted(text: str) -> bytes:
    data = text.encode()[:255]
    return bytes((len(data),)) + data


def _address(host: str) -> bytes:
    try:
        address = ip_address(host)
    except ValueError:
        return b"\x03" + _counted(host)
    return (b"\x01" if address.version == 4 else b"\x04") + address.packed
