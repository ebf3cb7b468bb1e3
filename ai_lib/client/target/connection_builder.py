"""The settings of a client's requests and connections, as its builder takes them."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, TypeVar

import msgspec

from ai_lib.client.target.arguments import check_config, check_proxy
from ai_lib.client.target.settings import ClientSettings, check_count
from ai_lib.transport.options import TransportOptions

if TYPE_CHECKING:
    from ssl import SSLContext

B = TypeVar("B", bound="ConnectionBuilder")


class ConnectionBuilder:
    """Collects headers, proxy, certificates, retries; each method returns the builder."""

    def __init__(self) -> None:
        self._settings = ClientSettings()

    @property
    def settings(self) -> ClientSettings:
        """The settings so far."""
        return self._settings

    def headers(self: B, headers: Mapping[str, str]) -> B:
        """Send these headers with every request; one of the same name is replaced.

        They are added to those set before. A header that may hold a credential goes to the host of
        the first model only, and the response's `adaptations` say where it was left out. The
        headers of a chat win over these.

        Raises:
            ValueError: a header frames the request, or HTTP does not allow it.
            TypeError: they are no mapping of texts to texts.
        """
        from ai_lib.client.target.headers import check_headers

        return self._set(headers=(*self._settings.headers, *check_headers(headers)))

    def proxy(self: B, url: str | None) -> B:
        """Send through this proxy: an http, https, socks5 or socks5h URL; None uses none.

        Without it the environment's variables count (HTTPS_PROXY and its kin).
        """
        return self._set(proxy=None if url is None else check_proxy(url))

    def ssl_context(self: B, context: "SSLContext") -> B:
        """Check certificates with this context, in place of all settings of certificates."""
        from ssl import SSLContext

        if not isinstance(context, SSLContext):
            example = "ssl.create_default_context()"
            raise TypeError(f"an SSLContext is wanted, such as {example}, not {context!r:.100}")
        return self._set(ssl_context=context)

    def http(self: B, options: TransportOptions) -> B:
        """Set how bytes are exchanged; `proxy` and `ssl_context` override what it says of them."""
        return self._set(http=check_config(options, TransportOptions))

    def max_retries(self: B, count: int) -> B:
        """Make so many attempts after the first at each target, by the other rules in force."""
        return self._set(max_retries=check_count("max_retries", count))

    def _set(self: B, **settings: object) -> B:
        self._settings = msgspec.structs.replace(self._settings, **settings)
        return self
