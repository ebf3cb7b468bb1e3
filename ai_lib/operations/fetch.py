"""Fetches content at an address that a provider gave, without the key."""

from __future__ import annotations

from urllib.parse import urlsplit

from ai_lib.errors.exceptions import MediaError, RemoteError
from ai_lib.types.wire import HttpRequest, TimeoutOptions

from ..transport import HttpTransport

_SECONDS = 300.0


async def fetch_content(
    transport: HttpTransport, url: str, provider: str, base_url: str
) -> tuple[bytes, str]:
    """Return the bytes at an address, and their media type. No redirect is followed.

    Raises:
        MediaError: the address is none of the web, or leads into the machine's own network.
        TransportError: it can't be reached, or holds more than the transport's bound.
        RemoteError: the server answered with an error.
    """
    check_address(url, base_url)
    request = HttpRequest(method="GET", url=url, headers=(("Accept", "*/*"),))
    timeouts = TimeoutOptions(first_token=60.0, idle=60.0, total=_SECONDS)
    response = await transport.send(request, timeouts)
    async with response:
        if not 200 <= response.status <= 299:
            raise RemoteError(
                f"the content that {provider} made is not there: {response.status} from "
                f"{request.safe_url}; such addresses hold for a while only",
                status_code=response.status,
                provider=provider,
            )
        return await response.read(), response.headers.get("content-type") or ""


def check_address(url: str, base_url: str) -> None:
    """Check that an address is one of the web, or on the provider's own host.

    Raises:
        MediaError: it is neither.
    """
    parts = urlsplit(url)
    if is_same_host(url, base_url):
        return
    if parts.scheme != "https" or not parts.hostname:
        raise MediaError(f"{url[:100]!r} is no address that content is fetched from: use https")


def is_same_host(url: str, other: str) -> bool:
    """Whether two addresses have the same scheme, host and port."""
    first, second = urlsplit(url), urlsplit(other)
    return (first.scheme, first.netloc) == (second.scheme, second.netloc)
