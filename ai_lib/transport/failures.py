"""The transport's errors, worded once. None of them shows a credential."""

from ai_lib.errors.tree import ConnectError, ConnectionLost, ResponseTooLarge
from ai_lib.types.wire import WireRequest


class Violation(Exception):
    """The peer broke its protocol, or stopped in the middle of it; translated by whoever asked."""


def not_connected(request: WireRequest, place: str, reason: object, advice: str) -> ConnectError:
    """No connection: `place` is host and port, or says what lies between."""
    return ConnectError(
        f"no connection to {place}: {reason}; {advice}", url=request.safe_url, request_sent=False
    )


def lost(request: WireRequest, reason: object, *, sent: bool) -> ConnectionLost:
    """The connection broke, or the peer broke HTTP."""
    host = request.safe_url.split("/")[2]
    return ConnectionLost(
        f"the exchange with {host} broke off: {reason}; try again, or look at the server's log",
        url=request.safe_url,
        request_sent=sent,
    )


def closed_here(request: WireRequest) -> ConnectionLost:
    """The reply was closed, here, while it was being read."""
    return ConnectionLost(
        "the reply was closed before its end; read no further",
        url=request.safe_url,
        request_sent=True,
    )


def too_large(request: WireRequest, limit: int) -> ResponseTooLarge:
    """The body is over its bound."""
    return ResponseTooLarge(
        f"the reply of {request.safe_url} is over {limit} bytes; raise the limit if that is right",
        limit=limit,
        url=request.safe_url,
        request_sent=True,
    )
