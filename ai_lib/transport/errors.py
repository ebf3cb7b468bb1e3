"""Makes the transport's errors, each in one place. None of them shows a credential."""

import os
from socket import gaierror
from ssl import SSLCertVerificationError, SSLError
from typing import TypeVar

from ai_lib.errors.exceptions import ConnectError, ConnectionLost, RequestError, ResponseTooLarge
from ai_lib.types.secret import list_secret_forms
from ai_lib.types.wire import HttpRequest

E = TypeVar("E", bound=BaseException)


class RemoteProtocolError(Exception):
    """The peer broke its protocol, or stopped in the middle; the transport translates this."""


class StreamRefused(RemoteProtocolError):
    """The peer says that it did not work on the request, so that it may be sent anew."""


def strip_tracebacks(error: E) -> E:
    """Drop the tracebacks of an error and of its causes, and return it.

    The locals of their frames hold the request with its credential, and some tools show locals.
    """
    pending: list[BaseException | None] = [error]
    while pending:
        cause = pending.pop()
        if cause is not None and cause.__traceback__ is not None:
            cause.__traceback__ = None
            pending += [cause.__cause__, cause.__context__, *getattr(cause, "exceptions", ())]
    return error


_ADVICE = "check the base URL, the network and the proxy settings"
_TLS_ADVICE = "check the host name, and the trusted certificates (ca_bundle, SSL_CERT_FILE)"


def connect_error(request: HttpRequest, route: str, error: Exception) -> ConnectError:
    """Return the error for a connection that can't be opened; `route` says where it leads."""
    root = find_root(error)
    advice = _TLS_ADVICE if isinstance(root, SSLError) else _ADVICE
    failure = ConnectError(
        f"no connection to {route}: {_describe(root)}; {advice}",
        url=request.safe_url,
        request_sent=False,
    )
    if isinstance(root, SSLCertVerificationError) or _is_login_refusal(root):
        _mark_lasting(failure)
    return failure


def proxy_refusal(request: HttpRequest, route: str) -> ConnectError:
    """Return the error for a proxy that wants another login; the origin has seen nothing."""
    failure = ConnectError(
        f"no connection to {route}: the proxy said: 407; give the proxy's user and password in its"
        " URL, http://user:password@host:port",
        url=request.safe_url,
        request_sent=False,
    )
    return _mark_lasting(failure)


def _mark_lasting(failure: ConnectError) -> ConnectError:
    """Note that another attempt would end in the same way; another target may do."""
    failure.is_lasting = True
    return failure


def _is_login_refusal(error: BaseException) -> bool:
    return type(error).__name__ == "ProxyError" and str(error).startswith("407")


def find_root(error: BaseException) -> BaseException:
    """Return the first cause; of an exception group, that of its first error."""
    while True:
        group = getattr(error, "exceptions", ())
        cause = group[0] if group else error.__cause__
        if cause is None:
            return error
        error = cause


def _describe(error: BaseException) -> str:
    if isinstance(error, SSLError):
        detail = getattr(error, "verify_message", None) or error.reason or str(error)
        return f"TLS failed ({detail})"
    if isinstance(error, OSError) and error.errno and not isinstance(error, gaierror):
        return os.strerror(error.errno)  # asyncio words some of them itself
    text = str(error) or type(error).__name__
    return f"the proxy said: {text}" if type(error).__name__ == "ProxyError" else text


def connection_lost(request: HttpRequest, reason: object, *, sent: bool) -> ConnectionLost:
    """Return the error for a connection that broke, or a peer that broke HTTP."""
    host = request.safe_url.split("/")[2]
    text = _hide_keys(str(reason), request)  # a peer may say a key back in what is no HTTP
    return ConnectionLost(
        f"the exchange with {host} broke off: {text}; try again, or look at the server's log",
        url=request.safe_url,
        request_sent=sent,
    )


def _hide_keys(text: str, request: HttpRequest) -> str:
    for key in request.secret_values():
        for form in list_secret_forms(key):
            text = text.replace(form, "***")
    return text


def local_close_error(request: HttpRequest) -> ConnectionLost:
    """Return the error for a read of a response that was closed here."""
    return ConnectionLost(
        "the response was closed before its end; read no further",
        url=request.safe_url,
        request_sent=True,
    )


def response_too_large(request: HttpRequest, limit: int) -> ResponseTooLarge:
    """Return the error for a body that is over its bound."""
    return ResponseTooLarge(
        f"the response of {request.safe_url} is over {limit} bytes;"
        " raise the limit if that is right",
        limit=limit,
        url=request.safe_url,
        request_sent=True,
    )


def invalid_request() -> RequestError:
    """Return the error for a request that HTTP does not allow; it shows none of its parts."""
    return RequestError("the request's method, path or a header is not what HTTP allows")
