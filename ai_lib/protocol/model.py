"""One model of one provider, with all that is known of it."""

import msgspec

from ai_lib.protocol.dialect.constraints import ModelConstraintRules
from ai_lib.protocol.dialect.embeddings import EmbeddingModel
from ai_lib.protocol.dialect.reasoning import ReasoningShape
from ai_lib.protocol.manifest.lifecycle import ModelLifecycle
from ai_lib.protocol.manifest.model import ModelEntry
from ai_lib.protocol.manifest.models import ModelRecord
from ai_lib.protocol.manifest.prices import Prices


class Model(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """A model, found once by any of its names; what is sent and what it costs come from it.

    `name` is what is sent, `listed_name` the name it is listed by, empty when nothing lists it.
    `entry` says what its requests may hold, `record` has its sizes, prices and life, None where
    nothing lists it. `embedding` says what its vectors are like, `reasoning` how it is told how
    much to think, None where nothing says so. `constraints` are None for a model whose requests
    have none.
    """

    provider: str
    name: str
    listed_name: str = ""
    entry: ModelEntry = ModelEntry()
    record: ModelRecord | None = None
    embedding: EmbeddingModel = EmbeddingModel()
    constraints: ModelConstraintRules | None = None
    reasoning: ReasoningShape | None = None

    @property
    def full_name(self) -> str:
        """The model as `provider/model`."""
        return f"{self.provider}/{self.name}"

    @property
    def pattern_name(self) -> str:
        """The name that patterns of models, such as those of encodings, are compared with."""
        is_pattern = "*" in self.listed_name or "?" in self.listed_name
        return self.name if is_pattern or not self.listed_name else self.listed_name

    @property
    def prices(self) -> Prices:
        """Its prices; each is None where it is unknown."""
        return self.record.prices if self.record is not None else Prices()

    @property
    def lifecycle(self) -> ModelLifecycle:
        """What the vendor says of its life."""
        return self.record.lifecycle if self.record is not None else ModelLifecycle()
