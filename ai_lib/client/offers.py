"""What those who accompany a call may ask of its client's targets."""

from collections.abc import Sequence
from typing import Protocol

from ai_lib.client.target import Target
from ai_lib.protocol.models import ModelRecord


class Offers(Protocol):
    """What a call may ask of its client's targets."""

    @property
    def fallbacks(self) -> Sequence[str]:
        """The models to fall back to, as the client has them."""
        ...

    def target(self, name: str) -> Target:
        """Return a model's target, made if need be. Raises as `Targets.route`."""
        ...

    def record(self, provider: str, model: str) -> ModelRecord | None:
        """Return what is listed of a model, as it was when first asked for."""
        ...
