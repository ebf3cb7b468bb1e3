# Generated from ai_lib/client/model_client.py by codegen; do not edit.
"""ModelClient: what the clients of chats and of embeddings share."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, TypeVar

from ai_lib._runtime.forks import LocalState
from ai_lib.client.target.settings import ClientSettings
from ai_lib.client.target.target import Target
from ai_lib.protocol.manifest.model import ProtocolManifest

from ..transport import HttpTransport
from .execution.targets import TargetSet
from .interceptors.chain import InterceptorChain

if TYPE_CHECKING:
    from .execution.provider_runner import ProviderRunner

C = TypeVar("C", bound="ModelClient")


class ModelClient(LocalState):
    """Holds the targets of one model, the transport and the interceptors, and closes them."""

    advice = "pickle its builder, and build a client in each process"

    def __init__(self, settings: ClientSettings, transport: HttpTransport | None = None) -> None:
        if not isinstance(settings, ClientSettings):
            name = type(self).__name__
            model = settings if isinstance(settings, str) else "provider/model"
            raise TypeError(
                f"{name} is not made by its class: write {name}.create({model!r}), or "
                f"{name}.builder().model({model!r}) with further settings and build() at the end"
            )
        options = settings.resolve_transport()
        if transport is not None and options is not None:
            raise ValueError(
                "proxy, ssl_context and http are settings of the client's own connections: give "
                "them to the transport that is passed to transport()"
            )
        self._settings = settings
        self._targets = TargetSet(settings)
        self._target = self._targets.first.target
        self._owns_transport = transport is None
        self._transport = transport or HttpTransport(options)
        interceptors = settings.interceptors
        if "AI_LIB_LOG" in os.environ:
            from .interceptors.wire_log import log_interceptors

            interceptors = (*interceptors, *log_interceptors())
        self._interceptors = InterceptorChain(interceptors)

    @property
    def model_id(self) -> str:
        """The model, as `provider/model`."""
        return self._target.model_id

    @property
    def provider_id(self) -> str:
        """The provider's id."""
        return self._target.compiled.id

    @property
    def manifest(self) -> ProtocolManifest:
        """The manifest in force."""
        return self.target.compiled.manifest

    @property
    def target(self) -> Target:
        """The first target of its calls, as it stands now; for code that is built upon a client."""
        return self._target.current()

    def _share(self, model: str) -> tuple[ClientSettings, HttpTransport, InterceptorChain]:
        """Return what a client of another model beside this one is made of."""
        return self._settings.beside(model), self._transport, self._interceptors

    def _make_operations(self) -> ProviderRunner:
        """Return what sends the operations that belong to its provider."""
        from .execution.provider_runner import ProviderRunner

        return ProviderRunner(self._transport, self._targets, self._interceptors)

    def close(self) -> None:
        """Close the connections. Safe to call twice."""
        try:
            self._targets.report()
        finally:
            if self._owns_transport:
                self._transport.close()

    def __enter__(self: C) -> C:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.model_id!r})"
