# Generated from ai_lib/client/builder.py by codegen; do not edit.
"""Builds a client step by step."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Generic, TypeVar

import msgspec

from ai_lib.client.settings import ClientSettings
from ai_lib.client.target import Target

from ..protocol.loader import ProtocolLoader
from ..transport import HttpTransport
from .opening import open_target

Client = TypeVar("Client")


class AiClientBuilder(Generic[Client]):
    """Collects what a client is to be; each method sets one thing and returns the builder."""

    def __init__(self, make: Callable[[Target, HttpTransport | None], Client]) -> None:
        self._make = make
        self._settings = ClientSettings()
        self._transport: HttpTransport | None = None
        self._loader: ProtocolLoader | None = None

    def model(self, model: str) -> AiClientBuilder[Client]:
        """Set the model, as `provider/model` or by a name that a manifest lists."""
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
        """Load manifests from this protocol tree, one file, or a pinned https address."""
        return self._set(msgspec.structs.replace(self._settings, protocol_dir=path))

    def protocol_path(self, path: str | Path) -> AiClientBuilder[Client]:
        """The same as `protocol_dir`."""
        return self.protocol_dir(path)

    def api_family(self, name: str) -> AiClientBuilder[Client]:
        """Speak this one of the API families the manifest lists, such as `responses`."""
        return self._set(msgspec.structs.replace(self._settings, api_family=name))

    def protocol_loader(self, loader: ProtocolLoader) -> AiClientBuilder[Client]:
        """Load manifests with this loader, which replaces what the other settings say of loading.

        A loader that is to read from an address needs a `fetch`; see `fetch_manifest`.
        """
        self._loader = loader
        return self

    def hot_reload(self, enabled: bool = True) -> AiClientBuilder[Client]:
        """Take changes of manifest files into force while the client lives.

        A file that can't be used leaves the last good one in force; a running stream keeps its own.
        """
        return self._set(msgspec.structs.replace(self._settings, hot_reload=enabled))

    def allow_host(self, host: str) -> AiClientBuilder[Client]:
        """Let a manifest from elsewhere have a bundled provider's key sent to this host.

        `host` is as in an address, with its port when that is not the usual one.
        """
        hosts = self._settings.allowed_hosts | {host.lower()}
        return self._set(msgspec.structs.replace(self._settings, allowed_hosts=hosts))

    def transport(self, transport: HttpTransport) -> AiClientBuilder[Client]:
        """Send through this transport, which the caller keeps and closes."""
        self._transport = transport
        return self

    def build(self) -> Client:
        """Return the client.

        Raises:
            ValueError: no model was set.
            ProtocolError: there is no such provider, or its manifest can't be used.
            CredentialError: no API key was found; the message says where it may be put.
        """
        target = open_target(self._settings, self._loader)
        return self._make(target, self._transport)

    def _set(self, settings: ClientSettings) -> AiClientBuilder[Client]:
        self._settings = settings
        return self

    def __repr__(self) -> str:
        return f"AiClientBuilder({self._settings.model!r})"
