"""What a client is to be, as its builder collects it."""

from pathlib import Path

import msgspec

from ai_lib.client.target import Target
from ai_lib.protocol.loader import ProtocolLoader
from ai_lib.transport.credentials import resolve_credential


class ClientSettings(msgspec.Struct, frozen=True, kw_only=True):
    """The settings of one client; what is None is looked up or left to the manifest."""

    model: str | None = None
    api_key: str | None = None
    base_url: str | None = None
    timeout: float | None = None
    protocol_dir: str | Path | None = None
    api_family: str | None = None

    def target(self) -> Target:
        """Return where the client's calls go.

        Raises:
            ValueError: no model was set.
            ProtocolError: there is no such provider, or its manifest can't be used.
            CredentialError: no API key was found.
        """
        if self.model is None:
            raise ValueError("set the model first: builder().model('provider/model')")
        compiled, model = ProtocolLoader(self.protocol_dir).load_model(self.model, self.api_family)
        return Target(
            compiled=compiled,
            model=model,
            credential=resolve_credential(compiled.manifest, self.api_key),
            base_url=self.base_url,
            timeout=self.timeout,
        )

    def __repr__(self) -> str:
        return f"ClientSettings(model={self.model!r})"
