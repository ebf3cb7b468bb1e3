"""The way from bytes to events, without a wait in it: decode, select, map, assemble."""

from collections.abc import Callable

from ai_lib.errors.tree import AiLibError, RemoteError, ReplyError, StreamTruncated
from ai_lib.pipeline.assembly import Assembly
from ai_lib.pipeline.collector import Collector
from ai_lib.pipeline.json_lines import JsonLinesDecoder
from ai_lib.pipeline.json_text import decode_json
from ai_lib.pipeline.rules import Sink, compile_rules
from ai_lib.pipeline.sse import Frame, SseDecoder
from ai_lib.protocol.compiled import CompiledManifest, CompiledReply, compile_manifest
from ai_lib.protocol.manifest import ProtocolManifest
from ai_lib.types.events import Event
from ai_lib.types.response import ChatResponse

Read = Callable[[object, Sink], None]


class Pipeline:
    """Reads one streamed reply; make a new one for every stream.

    `feed` the bytes as they come and `close` at the end of the body; both return the events that
    became known. When `failure` is set, the reply went wrong after those events; when `finished`
    is set, nothing more follows. The events of a complete stream end with one `StreamEnd`.
    """

    def __init__(self, compiled: CompiledManifest, read: Read | None = None) -> None:
        decoder = compiled.dialect.stream.decoder
        self.failure: AiLibError | None = None
        self.finished = False
        self.unknown_frames: list[object] = []
        self.unknown_count = 0
        self._plan: CompiledReply = compiled.stream
        self._read = read or compile_rules(compiled.stream.rules)
        self._decoder = JsonLinesDecoder() if decoder.format == "json_lines" else SseDecoder()
        self._done = decoder.done_signal.encode() if decoder.done_signal else None
        self._assembly = Assembly(compiled)
        self._collector = Collector(compiled.id)
        self._provider = compiled.id
        self._headed = not self._plan.envelope
        self._done_seen = False
        self._marked_complete = False

    @classmethod
    def from_manifest(cls, manifest: ProtocolManifest | CompiledManifest) -> "Pipeline":
        """Return a fresh pipeline for a manifest. Raises ProtocolError as compiling does."""
        if isinstance(manifest, ProtocolManifest):
            manifest = compile_manifest(manifest)
        return cls(manifest)

    @property
    def is_complete(self) -> bool:
        """Whether the answer is whole, though its usage may still follow."""
        return (
            self._done_seen
            or self._marked_complete
            or self._assembly.ended
            or self._assembly.is_complete
        )

    def feed(self, chunk: bytes) -> list[Event]:
        """Take bytes as they come; return the events they make known."""
        return self._run(self._decoder.feed, chunk)

    def close(self) -> list[Event]:
        """Say that the body ended; a stream cut short sets `failure` to StreamTruncated."""
        return self._run(self._close)

    def response(self, **facts: object) -> ChatResponse:
        """Return the reply as far as it was received."""
        return self._collector.response(unknown_events=self.unknown_count, **facts)

    def _run(self, step: Callable[..., list[Frame]], *given: bytes) -> list[Event]:
        if self.finished:
            return []
        try:
            for frame in step(*given):
                self._take(frame)
                if self.finished:
                    break
            if step == self._close and not self.finished:
                self._finish()
        except AiLibError as error:
            self._fail(error)
        events = self._assembly.events
        self._assembly.events = []
        for event in events:
            self._collector.take(event)
        if self.failure is not None:
            self._attach(self.failure)
        return events

    def _close(self) -> list[Frame]:
        return self._decoder.close()

    def _take(self, frame: Frame) -> None:
        if self._done is not None and frame.data.strip() == self._done:
            self._done_seen = True
            self._finish()
            return
        node = decode_json(frame.data, "a frame of the stream")
        plan, assembly = self._plan, self._assembly
        if plan.select is not None and not plan.select(node, node):
            return
        if plan.known is not None and not plan.known(node, node):
            self._count_unknown(node)
        if not self._headed:
            self._read_head(node)
        self._read(node, assembly)
        if assembly.failure is not None:
            self._fail(assembly.failure)
        elif plan.complete is not None and plan.complete(node, node):
            self._marked_complete = True
        if not self.finished and plan.end is not None and plan.end(node, node):
            self._marked_complete = True
            self._finish()

    def _count_unknown(self, node: object) -> None:
        self.unknown_count += 1
        if len(self.unknown_frames) < 16:
            self.unknown_frames.append(node)

    def _read_head(self, node: object) -> None:
        found = {name: path.first(node) for name, path in self._plan.envelope}
        facts = {name: value for name, value in found.items() if isinstance(value, str) and value}
        self._assembly.head(facts)
        self._headed = len(facts) == len(self._plan.envelope)

    def _finish(self) -> None:
        if not self.is_complete:
            self._fail(
                StreamTruncated(
                    f"{self._provider} ended the stream before the answer was complete",
                    provider=self._provider,
                )
            )
            return
        self._assembly.close_tools()
        self._assembly.events.append(self._assembly.stream_end())
        self.finished = True

    def _fail(self, error: AiLibError) -> None:
        self.failure = error
        self.finished = True

    def _attach(self, error: AiLibError) -> None:
        error.provider = error.provider or self._provider
        if isinstance(error, ReplyError | RemoteError):
            error.partial = self.response()
