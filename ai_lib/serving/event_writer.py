"""EventWriter: writes the events of one stream as server-sent events in a protocol."""

import uuid
from collections.abc import Iterator, Mapping
from typing import cast

from ai_lib.errors.exceptions import AiLibError
from ai_lib.serving.protocols import (
    FINISH_REASONS,
    LAST_LINES,
    STEPS,
    Protocol,
    Template,
)
from ai_lib.types.content import Citation
from ai_lib.types.events import (
    Event,
    ImageContent,
    PartialContentDelta,
    PartialToolCall,
    StreamEnd,
    ThinkingDelta,
    ToolCallEnded,
    ToolCallStarted,
)
from ai_lib.types.json import encode_json


class EventWriter:
    """Writes the events of one stream as bytes of server-sent events, one call an event.

    `protocol` is `ai-lib` for the events as they are, `ai-sdk` for the AI SDK's UI message stream,
    or `ag-ui` for the Agent User Interaction Protocol. The two others know one answer: they get
    the first candidate's text, thinking, tool calls, sources and images. `run_id` and `thread_id`
    name the answer and its conversation; without them they are made up.

    Raises:
        ValueError: there is no such protocol.
    """

    def __init__(
        self,
        protocol: Protocol = "ai-lib",
        *,
        run_id: str | None = None,
        thread_id: str | None = None,
    ) -> None:
        if protocol not in STEPS:
            raise ValueError(f"protocol={protocol!r:.60} is not one of {', '.join(STEPS)}")
        self._protocol: Protocol = protocol
        self._ids = {
            "run_id": run_id or uuid.uuid4().hex,
            "thread_id": thread_id or uuid.uuid4().hex,
        }
        self._part: tuple[str, str] | None = None  # the kind and id of the part under way
        self._count = 0
        self._has_ended = False

    def start(self) -> bytes:
        """Return what comes before the first event."""
        return self._write("start")

    def write(self, event: Event) -> bytes:
        """Return an event's bytes; empty where the protocol says nothing of it."""
        if self._protocol == "ai-lib":
            members = event.to_dict()
            del members["version"]
            return b"data: " + encode_json(members) + b"\n\n"
        if event.candidate != 0:
            return b""
        return b"".join(self._write_steps(event))

    def fail(self, error: BaseException) -> bytes:
        """Return the end of a stream that failed: the error's standard class, none of its words.

        Nothing follows it.
        """
        code = error.error_type if isinstance(error, AiLibError) else "unknown"
        message = f"the answer failed: {code}"
        return self._end_part() + self._write("error", code=code, message=message) + self.end()

    def end(self) -> bytes:
        """Return what comes after everything else; empty when it was returned before."""
        if self._has_ended:
            return b""
        self._has_ended = True
        line = LAST_LINES.get(self._protocol)
        return f"data: {line}\n\n".encode() if line else b""

    def _write_steps(self, event: Event) -> Iterator[bytes]:
        match event:
            case PartialContentDelta():
                if event.content:
                    yield self._write_delta("text", event.content)
                for citation in event.citations:
                    yield self._write_source(citation)
            case ThinkingDelta(thinking=thinking) if thinking:
                yield self._write_delta("thinking", thinking)
            case ToolCallStarted():
                yield self._end_part()
                yield self._write("tool_start", id=event.tool_call_id, name=event.tool_name)
            case PartialToolCall(arguments=delta) if delta:
                yield self._write("tool_delta", id=event.tool_call_id, delta=delta)
            case ToolCallEnded():
                facts = {"id": event.tool_call_id, "name": event.tool_name}
                yield self._write("tool_end", **facts, arguments=dict(event.arguments))
            case ImageContent():
                media_type = event.media_type or "image/png"
                url = event.url or f"data:{media_type};base64,{event.data}"
                yield self._write("file", url=url, media_type=media_type)
            case StreamEnd():
                reason = FINISH_REASONS.get(event.termination_reason or "", "other")
                yield self._end_part() + self._write("finish", reason=reason) + self.end()
            case _:
                pass

    def _write_delta(self, kind: str, delta: str) -> bytes:
        opened = b""
        if self._part is None or self._part[0] != kind:
            opened = self._end_part()
            self._count += 1
            self._part = kind, f"{self._ids['run_id']}-{self._count}"
            opened += self._write(f"{kind}_start", id=self._part[1])
        return opened + self._write(f"{kind}_delta", id=self._part[1], delta=delta)

    def _write_source(self, citation: Citation) -> bytes:
        if citation.url is None:
            return b""
        return self._write("source", id=citation.url, url=citation.url, title=citation.title)

    def _end_part(self) -> bytes:
        if self._part is None:
            return b""
        kind, part_id = self._part
        self._part = None
        return self._write(f"{kind}_end", id=part_id)

    def _write(self, step: str, **facts: object) -> bytes:
        values = {**self._ids, **facts}
        written = [_fill(template, values) for template in STEPS[self._protocol].get(step, ())]
        return b"".join(b"data: " + encode_json(members) + b"\n\n" for members in written)


def _fill(template: Template, facts: Mapping[str, object]) -> dict[str, object]:
    filled: dict[str, object] = {}
    for name, value in template.items():
        if isinstance(value, Mapping):
            filled[name] = _fill(cast("Template", value), facts)
        elif isinstance(value, str) and value.startswith("$"):
            if facts.get(value[1:]) is not None:
                filled[name] = facts[value[1:]]
        else:
            filled[name] = value
    return filled
