"""Loads what a client's settings name, before it is made; manifests may have to be fetched."""

from __future__ import annotations

import msgspec

from ai_lib.client.target.settings import ClientSettings, Loaded
from ai_lib.types.wire import HttpRequest, TimeoutOptions

from ..protocol.loader import ProtocolLoader
from ..protocol.sources.remote import FetchResponse
from ..transport import HttpTransport


async def prepared(
    settings: ClientSettings, loader: ProtocolLoader | None = None
) -> ClientSettings:
    """Return the settings with the manifests of the model and of those to fall back to.

    Raises:
        ValueError: no model was set.
        ProtocolError: there is no such provider, or its manifest can't be used.
        TransportError: a manifest is at an address that can't be reached.
    """
    if settings.model is None and settings.routed:
        settings = msgspec.structs.replace(settings, model=next(iter(settings.routed)))
    if settings.model is None:
        raise ValueError("set the model first: builder().model('provider/model')")
    loader = loader or ProtocolLoader(
        settings.protocol_dir, hot_reload=settings.hot_reload, fetch=fetch_manifest
    )
    loaded: dict[tuple[str, str | None], Loaded] = {}
    if settings.model not in settings.routed:
        first = settings.model, settings.api_family
        loaded[first] = await loader.load_model(*first)
    routed = [place.model for place in settings.routed.values()]
    for model in (*settings.fallbacks, *routed):
        loaded[model, None] = await loader.load_model(model)
    return msgspec.structs.replace(settings, catalog=loader.catalog, loaded=loaded)


async def fetch_manifest(url: str, *, limit: int, seconds: float) -> FetchResponse:
    """Get a manifest's address, for a `ProtocolLoader`; no redirect is followed.

    Raises TransportError when it can't be reached in time or is larger than `limit` bytes.
    """
    request = HttpRequest(method="GET", url=url, headers=(("Accept", "*/*"),))
    timeouts = TimeoutOptions(first_token=seconds, idle=seconds, total=seconds)
    async with HttpTransport() as transport:
        reply = await transport.send(request, timeouts)
        async with reply:
            return FetchResponse(reply.status, await reply.read(limit))
