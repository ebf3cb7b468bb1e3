"""Turns what the rules find in frames into events: typed, ordered, nothing twice."""

import os
from collections.abc import Mapping

from ai_lib.errors.tree import AiLibError
from ai_lib.pipeline.failure import remote_error
from ai_lib.pipeline.tool_calls import ToolCallAccumulator
from ai_lib.pipeline.usage import UsageMeter
from ai_lib.protocol.compiled import CompiledManifest
from ai_lib.types.events import (
    Event,
    FinalCandidate,
    Metadata,
    PartialContentDelta,
    StreamEnd,
    ThinkingDelta,
)

Fields = Mapping[str, object]


class Assembly:
    """The state of one reply between its frames; the sink its dialect's rules report to.

    `events` fills with what became known; `failure` is an error found inside the reply.
    """

    def __init__(self, compiled: CompiledManifest) -> None:
        self.events: list[Event] = []
        self.failure: AiLibError | None = None
        self.ended = False  # a terminal event of the manifest's own has fired
        self._compiled = compiled
        self._meter = UsageMeter(compiled.usage)
        self._tools: dict[int, ToolCallAccumulator] = {}
        self._finishes: dict[int, FinalCandidate] = {}
        self._candidates: set[int] = set()
        self._envelope: dict[str, str] = {}
        self._made_ids: dict[int, tuple[object, str]] = {}

    @property
    def is_complete(self) -> bool:
        """Whether every candidate seen has its finish reason."""
        return bool(self._finishes) and self._candidates <= self._finishes.keys()

    def head(self, facts: Mapping[str, str]) -> None:
        """Take the reply's id and model, once each."""
        new = {name: value for name, value in facts.items() if name not in self._envelope}
        if new:
            self._envelope.update(new)
            self.events.append(Metadata(id=new.get("id"), model=new.get("model")))

    def text(self, candidate: int, fields: Fields) -> None:
        content, signature = fields.get("content"), fields.get("signature")
        content = content if isinstance(content, str) else ""
        signed = signature if isinstance(signature, str) else None
        if content or signed:
            self._candidates.add(candidate)
            self.events.append(
                PartialContentDelta(candidate=candidate, content=content, signature=signed)
            )

    def thinking(self, candidate: int, fields: Fields) -> None:
        known = {
            name: value
            for name in ("thinking", "signature", "redacted")
            if isinstance(value := fields.get(name), str) and value
        }
        index = fields.get("index")
        if known:
            self._candidates.add(candidate)
            self.events.append(
                ThinkingDelta(
                    candidate=candidate, index=index if type(index) is int else None, **known
                )
            )

    def tool_call(self, candidate: int, fields: Fields) -> None:
        self._candidates.add(candidate)
        self._tools_of(candidate).add(
            self.events,
            id=fields.get("tool_call_id"),
            name=fields.get("tool_name"),
            arguments=fields.get("arguments"),
            index=fields.get("index"),
            signature=fields.get("signature"),
        )

    def made_id(self, element: object, is_new: bool) -> str | None:
        """Return an id for a call that the wire gives none; the same for all rules that read it."""
        # The element is kept, or another could come to live at its address.
        known = self._made_ids.get(id(element))
        if known is None and is_new:
            known = self._made_ids[id(element)] = (element, f"call_{os.urandom(8).hex()}")
        return known[1] if known else None

    def tool_call_end(self, candidate: int, fields: Fields) -> None:
        if tools := self._tools.get(candidate):
            tools.end(self.events, fields.get("index"))

    def foreign_block(self, candidate: int, fields: Fields) -> None:
        self._tools_of(candidate).pass_over(fields.get("index"))

    def metadata(self, candidate: int, fields: Fields) -> None:
        if usage := self._meter.report(fields.get("usage")):
            self.events.append(Metadata(candidate=candidate, usage=usage))

    def finish(self, candidate: int, fields: Fields) -> None:
        reason = fields.get("finish_reason")
        known = self._finishes.get(candidate)
        if not isinstance(reason, str) or not reason or (known and known.finish_reason == reason):
            return
        self.close_tools(candidate)
        event = FinalCandidate(
            candidate=candidate,
            finish_reason=reason,
            termination_reason=self._termination(candidate, reason),
        )
        self._finishes[candidate] = event
        self.events.append(event)

    def end(self, candidate: int, fields: Fields) -> None:
        self.ended = True
        if candidate not in self._finishes:
            self.finish(candidate, fields)
        self.metadata(candidate, fields)

    def error(self, candidate: int, fields: Fields) -> None:
        error = fields.get("error")
        body = error if isinstance(error, dict) and "error" in error else {"error": error}
        self.failure = self.failure or remote_error(self._compiled, 200, body)

    def close_tools(self, candidate: int | None = None) -> None:
        """End the tool calls of one candidate, or of all."""
        for index, tools in self._tools.items():
            if candidate in (None, index):
                tools.end(self.events)

    def stream_end(self) -> StreamEnd:
        """The event that closes a complete stream."""
        first = self._finishes.get(0)
        return StreamEnd(
            finish_reason=first.finish_reason if first else None,
            termination_reason=first.termination_reason if first else None,
            usage=self._meter.usage,
        )

    def _tools_of(self, candidate: int) -> ToolCallAccumulator:
        tools = self._tools.get(candidate)
        if tools is None:
            tools = self._tools[candidate] = ToolCallAccumulator(candidate)
        return tools

    def _termination(self, candidate: int, reason: str) -> str:
        normal = self._compiled.termination.get(reason, "other")
        calls = self._tools.get(candidate)
        if calls and normal == "end_turn" and self._compiled.dialect.calls_mean_tool_use:
            return "tool_use"
        return normal
