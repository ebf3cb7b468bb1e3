"""From a client's settings to where its calls go; manifests may have to be fetched for it."""

from __future__ import annotations

from ai_lib.client.settings import ClientSettings
from ai_lib.client.target import Target
from ai_lib.protocol.compiled import CompiledManifest
from ai_lib.types.wire import Clocks, WireRequest

from ..protocol.loader import ProtocolLoader
from ..protocol.remote_tree import Fetched
from ..transport import HttpTransport


async def open_target(
    settings: ClientSettings, loader: ProtocolLoader | None = None, *, needs_key: bool = True
) -> Target:
    """Return the target of a client. Without `needs_key` it is only good to explain.

    Raises:
        ValueError: no model was set.
        ProtocolError: there is no such provider, or its manifest can't be used.
        TransportError: the manifest is at an address that can't be reached.
        CredentialError: no API key was found.
    """
    loader = loader or loader_for(settings)
    if settings.model is None:
        raise ValueError("set the model first: builder().model('provider/model')")
    compiled, model = await loader.load_model(settings.model, settings.api_family)
    catalogue = loader.catalogue
    models = catalogue.models()
    if not loader.hot_reload:
        return settings.target(compiled, model, None, models, needs_key)

    def renew() -> CompiledManifest:
        return catalogue.kept(compiled.id, settings.api_family) or compiled

    return settings.target(compiled, model, renew, models, needs_key)


def loader_for(settings: ClientSettings) -> ProtocolLoader:
    """Return a loader that fetches manifests over this library's own transport."""
    return ProtocolLoader(
        settings.protocol_dir, hot_reload=settings.hot_reload, fetch=fetch_manifest
    )


async def fetch_manifest(url: str, *, limit: int, seconds: float) -> Fetched:
    """Get a manifest's address, for a `ProtocolLoader`; no redirect is followed.

    Raises TransportError when it can't be reached in time or is larger than `limit` bytes.
    """
    request = WireRequest(method="GET", url=url, headers=(("Accept", "*/*"),))
    clocks = Clocks(first_token=seconds, idle=seconds, total=seconds)
    async with HttpTransport() as transport:
        reply = await transport.send(request, clocks)
        async with reply:
            return Fetched(reply.status, await reply.read(limit))
