"""The interface of what may read frames for a pipeline without decoding each of them."""

from typing import Protocol

from ai_lib.pipeline.assembly.assembler import EventAssembler
from ai_lib.pipeline.decoders.frame import Decoder, Frame
from ai_lib.pipeline.rules.compiler import RuleReader


class FastPath(Protocol):
    """Reads frames by their bytes; what it can't read goes through the decoder and the rules.

    The events are the same with and without it.
    """

    def read_chunk(self, chunk: bytes, decoder: Decoder, assembler: EventAssembler) -> bytes:
        """Read frames at the beginning of a chunk; return the bytes to be fed to the decoder."""
        ...

    def read_frame(self, frame: Frame, assembler: EventAssembler) -> bool:
        """Read a frame into `assembler` if possible; return whether it was."""
        ...

    def read_and_learn(
        self, frame: Frame, node: object, read_rules: RuleReader, assembler: EventAssembler
    ) -> None:
        """Run the rules on a frame decoded to `node`, and learn how to read others like it."""


class NoFastPath:
    """Leaves every frame to the decoder and the rules."""

    def read_chunk(self, chunk: bytes, decoder: Decoder, assembler: EventAssembler) -> bytes:
        return chunk

    def read_frame(self, frame: Frame, assembler: EventAssembler) -> bool:
        return False

    def read_and_learn(
        self, frame: Frame, node: object, read_rules: RuleReader, assembler: EventAssembler
    ) -> None:
        read_rules(node, assembler)
