"""What a client is to be, as its builder collects it."""

from collections.abc import Callable
from pathlib import Path

import msgspec

from ai_lib.client.binding import check_binding
from ai_lib.client.target import Target
from ai_lib.protocol.compiled import CompiledManifest
from ai_lib.protocol.registry import ModelRegistry
from ai_lib.transport.credentials import resolve_credential


class ClientSettings(msgspec.Struct, frozen=True, kw_only=True):
    """The settings of one client; what is None is looked up or left to the manifest."""

    model: str | None = None
    api_key: str | None = None
    base_url: str | None = None
    timeout: float | None = None
    protocol_dir: str | Path | None = None
    api_family: str | None = None
    hot_reload: bool = False
    allowed_hosts: frozenset[str] = frozenset()

    def target(
        self,
        compiled: CompiledManifest,
        model: str,
        renew: Callable[[], CompiledManifest] | None = None,
        models: ModelRegistry | None = None,
        needs_key: bool = True,
    ) -> Target:
        """Return where the client's calls go; `renew` gives the manifest in force later.

        Without `needs_key` a missing key is no error; such a target is only good to explain.

        Raises:
            CredentialError: no API key was found, or it belongs to another host.
        """
        credential = None
        if needs_key:
            credential = resolve_credential(compiled.manifest, self.api_key)
        check_binding(
            compiled.manifest,
            credential,
            base_url=self.base_url,
            allowed_hosts=self.allowed_hosts,
        )
        target = Target(
            compiled=compiled,
            model=model,
            credential=credential,
            base_url=self.base_url,
            timeout=self.timeout,
            models=models,
        )
        if renew is None:
            return target
        return msgspec.structs.replace(target, renew=self._renewal(target, renew))

    def _renewal(
        self, target: Target, renew: Callable[[], CompiledManifest]
    ) -> Callable[[], Target]:
        latest = target

        def current() -> Target:
            nonlocal latest
            compiled = renew()
            if compiled is not latest.compiled:
                latest = self.target(compiled, target.model, None, target.models)
            return latest

        return current

    def __repr__(self) -> str:
        return f"ClientSettings(model={self.model!r})"
