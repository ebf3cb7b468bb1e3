"""Builds a client step by step."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Generic, TypeVar

import msgspec

from ai_lib.client.settings import ClientSettings
from ai_lib.client.target import Target

from ..transport import HttpTransport

Client = TypeVar("Client")


class AiClientBuilder(Generic[Client]):
    """Collects what a client is to be; each method sets one thing and returns the builder."""

    def __init__(self, make: Callable[[Target, HttpTransport | None], Client]) -> None:
        self._make = make
        self._settings = ClientSettings()
        self._transport: HttpTransport | None = None

    def model(self, model: str) -> AiClientBuilder[Client]:
        """Set the model, as `provider/model`."""
        return self._set(msgspec.structs.replace(self._settings, model=model))

    def api_key(self, key: str) -> AiClientBuilder[Client]:
        """Set the API key, which is otherwise looked up."""
        return self._set(msgspec.structs.replace(self._settings, api_key=key))

    def base_url(self, url: str) -> AiClientBuilder[Client]:
        """Set the address, which is otherwise the manifest's."""
        return self._set(msgspec.structs.replace(self._settings, base_url=url))

    def timeout(self, seconds: float) -> AiClientBuilder[Client]:
        """Bound each call: a plain one as a whole, of a stream the wait for each next piece."""
        return self._set(msgspec.structs.replace(self._settings, timeout=seconds))

    def protocol_dir(self, path: str | Path) -> AiClientBuilder[Client]:
        """Load manifests from this protocol tree, or from this one file."""
        return self._set(msgspec.structs.replace(self._settings, protocol_dir=path))

    def protocol_path(self, path: str | Path) -> AiClientBuilder[Client]:
        """The same as `protocol_dir`."""
        return self.protocol_dir(path)

    def api_family(self, name: str) -> AiClientBuilder[Client]:
        """Speak this one of the API families the manifest lists, such as `responses`."""
        return self._set(msgspec.structs.replace(self._settings, api_family=name))

    def transport(self, transport: HttpTransport) -> AiClientBuilder[Client]:
        """Send through this transport, which the caller keeps and closes."""
        self._transport = transport
        return self

    async def build(self) -> Client:
        """Return the client.

        Raises:
            ValueError: no model was set.
            ProtocolError: there is no such provider, or its manifest can't be used.
            CredentialError: no API key was found; the message says where it may be put.
        """
        return self._make(self._settings.target(), self._transport)

    def _set(self, settings: ClientSettings) -> AiClientBuilder[Client]:
        self._settings = settings
        return self

    def __repr__(self) -> str:
        return f"AiClientBuilder({self._settings.model!r})"
