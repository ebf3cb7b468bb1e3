"""The transport's errors, worded once. None of them shows a credential."""

import os
from socket import gaierror
from ssl import SSLError
from typing import TypeVar

from ai_lib.errors.exceptions import ConnectError, ConnectionLost, RequestError, ResponseTooLarge
from ai_lib.types.wire import HttpRequest

E = TypeVar("E", bound=BaseException)


class RemoteProtocolError(Exception):
    """The peer broke its protocol, or stopped in the middle of it; translated by whoever asked."""


def bare(error: E) -> E:
    """Drop the tracebacks of an error and of what is behind it.

    The locals of their frames are the request, credential and all, and some tools show locals.
    """
    behind: list[BaseException | None] = [error]
    while behind:
        one = behind.pop()
        if one is not None and one.__traceback__ is not None:
            one.__traceback__ = None
            behind += [one.__cause__, one.__context__, *getattr(one, "exceptions", ())]
    return error


_ADVICE = "check the base URL, the network and the proxy settings"
_TLS_ADVICE = "check the host name, and whom you trust (ca_bundle, SSL_CERT_FILE)"


def connect_failure(request: HttpRequest, place: str, error: Exception) -> ConnectError:
    """No connection: `place` is host and port, and says what lies between."""
    root = _root(error)
    advice = _TLS_ADVICE if isinstance(root, SSLError) else _ADVICE
    return ConnectError(
        f"no connection to {place}: {_reason(root)}; {advice}",
        url=request.safe_url,
        request_sent=False,
    )


def _root(error: BaseException) -> BaseException:
    """What is behind it all; of several reasons the first."""
    while True:
        several = getattr(error, "exceptions", ())
        cause = several[0] if several else error.__cause__
        if cause is None:
            return error
        error = cause


def _reason(error: BaseException) -> str:
    if isinstance(error, SSLError):
        detail = getattr(error, "verify_message", None) or error.reason or str(error)
        return f"TLS failed ({detail})"
    if isinstance(error, OSError) and error.errno and not isinstance(error, gaierror):
        return os.strerror(error.errno)  # asyncio words some of them itself
    text = str(error) or type(error).__name__
    return f"the proxy said: {text}" if type(error).__name__ == "ProxyError" else text


def lost(request: HttpRequest, reason: object, *, sent: bool) -> ConnectionLost:
    """The connection broke, or the peer broke HTTP."""
    host = request.safe_url.split("/")[2]
    return ConnectionLost(
        f"the exchange with {host} broke off: {reason}; try again, or look at the server's log",
        url=request.safe_url,
        request_sent=sent,
    )


def closed_here(request: HttpRequest) -> ConnectionLost:
    """The reply was closed, here, while it was being read."""
    return ConnectionLost(
        "the reply was closed before its end; read no further",
        url=request.safe_url,
        request_sent=True,
    )


def too_large(request: HttpRequest, limit: int) -> ResponseTooLarge:
    """The body is over its bound."""
    return ResponseTooLarge(
        f"the reply of {request.safe_url} is over {limit} bytes; raise the limit if that is right",
        limit=limit,
        url=request.safe_url,
        request_sent=True,
    )


def unwritable() -> RequestError:
    """A request that HTTP has no words for. What it is made of is not shown."""
    return RequestError("the request's method, path or a header is not what HTTP allows")
