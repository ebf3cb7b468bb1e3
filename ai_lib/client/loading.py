"""Loads the manifests that a client's settings name; they may have to be fetched."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from ai_lib.client.target.arguments import check_base_url, check_model
from ai_lib.client.target.connection_builder import ConnectionBuilder
from ai_lib.client.target.settings import ClientSettings, Loaded
from ai_lib.types.secret import Secret, make_secret
from ai_lib.types.wire import HttpRequest, TimeoutOptions, check_optional_seconds

from ..protocol.loader import ProtocolLoader
from ..protocol.sources.remote import FetchResponse
from ..transport import HttpTransport

if TYPE_CHECKING:
    from collections.abc import Mapping
    from ssl import SSLContext

    from ai_lib.transport.credentials.credential_cache import CredentialCache
    from ai_lib.transport.options import TransportOptions


def read_key(key: object) -> Secret | CredentialCache | None:
    """Return a key that is given in code, or what keeps the keys of its source.

    Raises:
        TypeError: it is no key and gives none.
    """
    if key is None or isinstance(key, str):
        return make_secret(key)
    from ..transport.credentials.obtain import keep_key

    return keep_key(key)


async def load_model(
    model: str,
    api_key: Secret | CredentialCache | None,
    base_url: str | None,
    timeout: float | None,
    headers: Mapping[str, str] | None = None,
    proxy: str | None = "environment",
    max_retries: int | None = None,
    ssl_context: SSLContext | None = None,
    http: TransportOptions | None = None,
) -> ClientSettings:
    """Return the settings of a client for one model. Raises as `load_settings`."""
    builder = ConnectionBuilder().proxy(proxy)
    if headers is not None:
        builder.headers(headers)
    if max_retries is not None:
        builder.max_retries(max_retries)
    if ssl_context is not None:
        builder.ssl_context(ssl_context)
    if http is not None:
        builder.http(http)
    settings = msgspec.structs.replace(
        builder.settings,
        model=check_model(model),
        api_key=api_key,
        base_url=check_base_url(base_url),
        timeout=check_optional_seconds("the timeout", timeout),
    )
    return await load_settings(settings)


async def load_settings(
    settings: ClientSettings, loader: ProtocolLoader | None = None
) -> ClientSettings:
    """Return the settings with the manifests of the model and of its fallbacks.

    Raises:
        ValueError: no model was set.
        ProtocolError: there is no such provider, or its manifest can't be used.
        TransportError: a manifest is at an address that can't be reached.
    """
    if settings.model is None and settings.routed_models:
        settings = msgspec.structs.replace(settings, model=next(iter(settings.routed_models)))
    if settings.model is None:
        raise ValueError("set the model first: builder().model('provider/model')")
    loader = loader or ProtocolLoader(
        settings.protocol_dir, hot_reload=settings.hot_reload, fetch=fetch_manifest
    )
    loaded: dict[tuple[str, str | None], Loaded] = {}
    if settings.model not in settings.routed_models:
        first = settings.model, settings.api_family
        loaded[first] = await loader.load_model(*first)
    routed = [endpoint.model for endpoint in settings.routed_models.values()]
    for model in (*settings.fallbacks, *routed, *settings.listed_as.values()):
        loaded[model, None] = await loader.load_model(model)
    return msgspec.structs.replace(settings, catalog=loader.catalog, loaded=loaded)


async def fetch_manifest(url: str, *, limit: int, seconds: float) -> FetchResponse:
    """Fetch a manifest for a `ProtocolLoader`. No redirect is followed.

    Raises:
        TransportError: the address can't be reached in time, or sends more than `limit` bytes.
    """
    request = HttpRequest(method="GET", url=url, headers=(("Accept", "*/*"),))
    timeouts = TimeoutOptions(first_token=seconds, idle=seconds, total=seconds)
    async with HttpTransport() as transport:
        response = await transport.send(request, timeouts)
        async with response:
            return FetchResponse(response.status, await response.read(limit))
