"""The event mapper: rules that say which events a frame stands for, and their state."""

import functools
from collections.abc import Mapping, Sequence

from ai_lib.pipeline.assembly.assembler import EventAssembler
from ai_lib.pipeline.rules.compiler import reader_of
from ai_lib.protocol.compiled import CompiledManifest, compile_manifest
from ai_lib.protocol.manifest.model import ProtocolManifest
from ai_lib.protocol.manifest.reader import read_manifest
from ai_lib.types.events import Event
from ai_lib.types.json import JsonDict, JsonObject


class ProtocolEventMapper:
    """Maps the frames of one stream by rules: those of a manifest, or an `event_map` by itself.

    Every rule that matches a frame fires, in order. It is what a `Pipeline` runs; by itself it
    takes decoded frames, and gives events for them. Make a new one for every stream: calls under
    assembly and usage so far are its state.

    Raises:
        ProtocolError: the rules can't be compiled.
    """

    def __init__(self, rules: Sequence[JsonObject] | CompiledManifest | ProtocolManifest) -> None:
        if isinstance(rules, ProtocolManifest):
            rules = compile_manifest(rules)
        if not isinstance(rules, CompiledManifest):
            rules = _of_event_map(rules)
        self.assembly = EventAssembler(rules)
        """Where findings become events: accumulates tool calls, usage and finish reasons."""
        self.read = reader_of(rules.stream)
        """Tells a sink what the rules find in a frame; candidates are told apart by `FanOut`."""

    @classmethod
    def from_manifest(cls, manifest: ProtocolManifest | CompiledManifest) -> "ProtocolEventMapper":
        """Return the mapper of a manifest: its dialect's rules with its own in their place."""
        return ProtocolEventMapper(manifest)

    def map(self, frame: object) -> list[Event]:
        """Return the events that a decoded frame stands for.

        Raises:
            RemoteError: the frame is an error of the provider's.
        """
        self.assembly.frame = frame
        self.read(frame, self.assembly)
        if self.assembly.failure is not None:
            raise self.assembly.failure
        return self._taken()

    def close(self) -> list[Event]:
        """Say that the stream is complete; return the events that end it, `StreamEnd` last.

        Raises:
            InvalidToolArguments: a tool call's arguments are not a JSON object.
        """
        self.assembly.close()
        if self.assembly.broken is not None:
            raise self.assembly.broken
        self.assembly.events.append(self.assembly.stream_end())
        return self._taken()

    def _taken(self) -> list[Event]:
        events, self.assembly.events = self.assembly.events, []
        return events


class DefaultEventMapper(ProtocolEventMapper):
    """Maps by the rules of the dialect that most providers speak.

    Paths that are given count before those of the dialect.
    """

    def __init__(
        self,
        *,
        content_path: str | None = None,
        tool_call_path: str | None = None,
        usage_path: str | None = None,
    ) -> None:
        paths = {
            "content_path": content_path,
            "tool_call_path": tool_call_path,
            "usage_path": usage_path,
        }
        given = {name: path for name, path in paths.items() if path is not None}
        super().__init__(_of_dialect("openai_chat", tuple(given.items())))


class AnthropicEventMapper(ProtocolEventMapper):
    """Maps by the rules of the dialect whose streams are made of content blocks."""

    def __init__(self) -> None:
        super().__init__(_of_dialect("anthropic_messages"))


@functools.cache
def _of_dialect(dialect: str, paths: tuple[tuple[str, str], ...] = ()) -> CompiledManifest:
    return _compiled(dialect=dialect, streaming=dict(paths))


def _of_event_map(rules: Sequence[JsonObject]) -> CompiledManifest:
    nothing: JsonDict = {"request": {"body": {}, "messages": {"roles": {}, "blocks": {}}}}
    return _compiled(wire=nothing, streaming={"event_map": [dict(rule) for rule in rules]})


def _compiled(**sections: Mapping[str, object] | str) -> CompiledManifest:
    document = {
        "id": "event-mapper",
        "protocol_version": "2.0",
        "endpoint": {"base_url": "https://localhost"},
        **sections,
    }
    return compile_manifest(read_manifest(document, "the event mapper"))
