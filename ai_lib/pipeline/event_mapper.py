"""Maps the frames of one stream to events by rules."""

import functools
from collections.abc import Mapping, Sequence

from ai_lib.pipeline.assembly.assembler import EventAssembler
from ai_lib.pipeline.rules.compiler import get_rule_reader
from ai_lib.protocol.compiled import CompiledManifest, compile_manifest
from ai_lib.protocol.manifest.model import ProtocolManifest, TextTools
from ai_lib.protocol.manifest.reader import read_manifest
from ai_lib.types.events import Event
from ai_lib.types.json import JsonDict, JsonObject


class ProtocolEventMapper:
    """Maps the frames of one stream by the rules of a manifest or of an `event_map`.

    Every rule that matches a frame fires, in order. A `Pipeline` runs a mapper; without a pipeline,
    `map` takes decoded frames and returns their events. Make a new one for every stream: its state
    is the tool calls under assembly and the usage so far. With `text_tools`, the calls in the text
    are found.

    Raises:
        ProtocolError: the rules can't be compiled.
    """

    def __init__(
        self,
        rules: Sequence[JsonObject] | CompiledManifest | ProtocolManifest,
        text_tools: TextTools | None = None,
    ) -> None:
        if isinstance(rules, ProtocolManifest):
            rules = compile_manifest(rules)
        if not isinstance(rules, CompiledManifest):
            rules = _compile_event_map(rules)
        self.assembler = EventAssembler(rules, text_tools)
        """Turns findings into events; accumulates tool calls, usage and finish reasons."""
        self.read = get_rule_reader(rules.stream)
        """Gives a sink what the rules find in a frame."""

    @classmethod
    def from_manifest(cls, manifest: ProtocolManifest | CompiledManifest) -> "ProtocolEventMapper":
        """Return the mapper of a manifest: its dialect's rules, overridden by its own."""
        return ProtocolEventMapper(manifest)

    def map(self, frame: object) -> list[Event]:
        """Return the events of a decoded frame.

        Raises:
            RemoteError: the frame is an error of the provider.
        """
        self.assembler.frame = frame
        self.read(frame, self.assembler)
        if self.assembler.failure is not None:
            raise self.assembler.failure
        return self._pop_events()

    def close(self) -> list[Event]:
        """End a complete stream; return the events that end it, `StreamEnd` last.

        Raises:
            InvalidToolArguments: a tool call's arguments are not a JSON object.
        """
        self.assembler.close()
        if self.assembler.invalid is not None:
            raise self.assembler.invalid
        self.assembler.events.append(self.assembler.build_stream_end())
        return self._pop_events()

    def _pop_events(self) -> list[Event]:
        return self.assembler.pop_events()


class DefaultEventMapper(ProtocolEventMapper):
    """Maps by the rules of the dialect that most providers speak.

    The given paths take precedence over those of the dialect.
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
        overrides = tuple((name, path) for name, path in paths.items() if path is not None)
        super().__init__(_compile_dialect("openai_chat", overrides))


class AnthropicEventMapper(ProtocolEventMapper):
    """Maps by the rules of the dialect whose streams are made of content blocks."""

    def __init__(self) -> None:
        super().__init__(_compile_dialect("anthropic_messages"))


@functools.cache
def _compile_dialect(dialect: str, paths: tuple[tuple[str, str], ...] = ()) -> CompiledManifest:
    return _compile(dialect=dialect, streaming=dict(paths))


def _compile_event_map(rules: Sequence[JsonObject]) -> CompiledManifest:
    empty_request: JsonDict = {"request": {"body": {}, "messages": {"roles": {}, "blocks": {}}}}
    return _compile(wire=empty_request, streaming={"event_map": [dict(rule) for rule in rules]})


def _compile(**sections: Mapping[str, object] | str) -> CompiledManifest:
    document = {
        "id": "event-mapper",
        "protocol_version": "2.0",
        "endpoint": {"base_url": "https://localhost"},
        **sections,
    }
    return compile_manifest(read_manifest(document, "the event mapper"))
