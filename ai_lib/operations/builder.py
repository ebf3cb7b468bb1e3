"""OperationClientBuilder: collects the settings of a client of one operation, and makes it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

from ai_lib.client.target.settings import ClientSettings

from .._runtime.backend import make_enterable
from ..client.builder import ClientBuilder
from ..transport import HttpTransport

Client = TypeVar("Client")


class OperationClientBuilder(ClientBuilder, Generic[Client]):
    """Collects the settings of one client; each method sets one and returns the builder."""

    def __init__(self, make: Callable[[ClientSettings, HttpTransport | None], Client]) -> None:
        super().__init__()
        self._make = make

    @make_enterable
    async def build(self) -> Client:
        """Return the client.

        Raises:
            ValueError: no model was set.
            ProtocolError: there is no such provider, or its manifest can't be used.
            CredentialError: no API key was found, for the model or a fallback.
            TransportError: a manifest is at an address that can't be reached.
        """
        return self._make(await self._load_settings(), self._transport)
