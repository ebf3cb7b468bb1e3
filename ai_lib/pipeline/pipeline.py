"""The way from bytes to events, without a wait in it: decoder, selector, transforms, mapper."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from ai_lib.errors.exceptions import AiLibError, DecodeError, StreamTruncated
from ai_lib.pipeline.collector import Collector
from ai_lib.pipeline.decoders.frame import Decoder, Frame
from ai_lib.pipeline.decoders.json import JsonArrayDecoder, JsonLinesDecoder, WholeBodyDecoder
from ai_lib.pipeline.decoders.json_text import decode_json
from ai_lib.pipeline.decoders.sse import SseDecoder
from ai_lib.pipeline.errors import alone, decoded_or_text, remote_error
from ai_lib.pipeline.event_mapper import ProtocolEventMapper
from ai_lib.pipeline.fast_path.frame_pattern import FramePatternCache, trimmed
from ai_lib.pipeline.fast_path.recording_sink import RecordingSink
from ai_lib.pipeline.fast_path.rule_fields import names_of
from ai_lib.pipeline.selector import JsonPathSelector
from ai_lib.pipeline.transforms import Transform, through
from ai_lib.protocol.compiled import CompiledManifest, CompiledResponse, compile_manifest
from ai_lib.protocol.manifest.model import ProtocolManifest
from ai_lib.types.events import Event
from ai_lib.types.json import JsonValue
from ai_lib.types.response import ChatResponse

_KEPT_FRAMES: Final = 16  # of those no rule knows
_KEPT_BYTES: Final = 64 * 1024  # of a body that has no frames
_SEVERAL_FRAMES: Final = 640  # bytes; in less there are too few to gain by reading them at once
_USUAL_DONE: Final = b"[DONE]"
_ERROR: Final = b"error"


_DECODERS: Final[Mapping[str, Callable[[], Decoder]]] = {
    "sse": SseDecoder,
    "json_lines": JsonLinesDecoder,
    "json_array": JsonArrayDecoder,
    "json": WholeBodyDecoder,
}


class Pipeline:
    """Reads one streamed reply; make a new one for every stream.

    Bytes become frames (`decoder`), of which some are passed over (`selector`); what `transforms`
    make of each goes to the `mapper`. Its rules take frames apart into candidates (`FanOut`), and
    what they find becomes events once tool calls, usage and finish reasons are put together
    (`ToolCallAccumulator`). Each stage is what the manifest says, unless another one is given.

    `feed` the bytes as they come and `close` at the end of the body; both return the events that
    became known. When `failure` is set, the reply went wrong after those events; when `finished`
    is set, nothing more follows. The events of a complete stream end with one `StreamEnd`.
    Frames no rule knows are counted in `unknown_count`; the first of them are in `unknown_frames`.
    """

    def __init__(
        self,
        compiled: CompiledManifest,
        *,
        transforms: Sequence[Transform] = (),
        mapper: ProtocolEventMapper | None = None,
    ) -> None:
        decoder = compiled.dialect.stream.decoder
        select = compiled.stream.select
        self.selector = JsonPathSelector(select) if select is not None else None
        self.transforms = tuple(transforms)
        self.mapper = mapper or ProtocolEventMapper(compiled)
        self.failure: AiLibError | None = None
        self.finished = False
        self.unknown_frames: list[JsonValue] = []
        self.unknown_count = 0
        self._compiled = compiled
        self._plan: CompiledResponse = compiled.stream
        self._selects = self.selector.holds if self.selector is not None else None
        self._read = self.mapper.read
        self._format = decoder.format
        self._decoder = _DECODERS[decoder.format]()
        self._done = decoder.done_signal.encode() if decoder.done_signal else None
        self._assembly = self.mapper.assembly
        self._collector = Collector(compiled.origin, compiled.dialect.raw_joins)
        self._provider = compiled.id
        self._headed = not self._plan.envelope
        self._begun: bytearray | None = bytearray()  # what came, until there is a frame
        self._done_seen = False
        self._marked_complete = False
        # Frames alike are told by their bytes, unless somebody else's code is to see each of them.
        own = mapper is None and not self.transforms
        self._likenesses = FramePatternCache(names_of(self._plan) if own else None)

    @classmethod
    def from_manifest(cls, manifest: ProtocolManifest | CompiledManifest) -> "Pipeline":
        """Return a fresh pipeline for a manifest. Raises ProtocolError as compiling does."""
        if isinstance(manifest, ProtocolManifest):
            manifest = compile_manifest(manifest)
        return cls(manifest)

    def with_transform(self, transform: Transform) -> "Pipeline":
        """Return a fresh pipeline with one more transform, after those there are."""
        return Pipeline(self._compiled, transforms=(*self.transforms, transform))

    def with_event_mapper(self, mapper: ProtocolEventMapper) -> "Pipeline":
        """Return a fresh pipeline that maps by this mapper, which must be fresh too."""
        return Pipeline(self._compiled, transforms=self.transforms, mapper=mapper)

    @property
    def is_complete(self) -> bool:
        """Whether the answer is whole, though its usage may still follow."""
        return (
            self._done_seen
            or self._marked_complete
            or self._assembly.ended
            or self._assembly.is_complete
        )

    def accepts(self, content_type: str) -> bool:
        """Whether a body of this type can be the stream; else it is an error or a page."""
        if content_type.startswith("application/json"):
            return self._format in ("json_array", "json")
        return not content_type.startswith("text/html")

    def feed(self, chunk: bytes) -> list[Event]:
        """Take bytes as they come; return the events they make known."""
        if self._begun is not None:
            self._begun += chunk[: _KEPT_BYTES - len(self._begun)]
        return self._run(chunk)

    def close(self) -> list[Event]:
        """Say that the body ended; a stream cut short sets `failure` to StreamTruncated."""
        return self._run(None)

    def response(self, **facts: object) -> ChatResponse:
        """Return the reply as far as it was received."""
        return self._collector.response(
            unknown_events=self.unknown_count, unknown_frames=tuple(self.unknown_frames), **facts
        )

    def _run(self, chunk: bytes | None) -> list[Event]:
        if self.finished:
            return []
        try:
            for frame in self._frames(chunk):
                self._begun = None
                self._take(frame)
                if self.finished:
                    break
            if chunk is None and not self.finished:
                self._finish()
        except AiLibError as error:
            self._fail(error)
        events = self._assembly.events
        self._assembly.events = []
        self._collector.take_all(events)
        if self.failure is not None:
            self.failure.provider = self.failure.provider or self._provider
            self.failure.partial = self.response()
        return events

    def _frames(self, chunk: bytes | None) -> list[Frame]:
        """Return the frames of a chunk, but for those alike at its beginning: they are told."""
        if chunk is None:
            return self._decoder.close()
        if len(chunk) >= _SEVERAL_FRAMES and self._likenesses.kinds:
            whole = self._decoder.aligned(chunk)
            if whole:
                chunk = self._likenesses.tell_run(whole, self._assembly)
        return self._decoder.feed(chunk)

    def _take(self, frame: Frame) -> None:
        if frame.event != _ERROR and self._likenesses.tell(frame.data, self._assembly):
            return
        data = frame.data.strip()
        if data == self._done:
            self._done_seen = True
            self._finish()
            return
        if data == _USUAL_DONE:
            return  # a signal that this manifest does not declare ends nothing
        node = self._decoded(frame)
        if self._selects is not None and not self._selects(node, node):
            return
        if not self.transforms:
            self._map(node, frame)
            return
        for one in through(self.transforms, node):
            if not self.finished:
                self._map(one, frame)

    def _map(self, node: object, frame: Frame) -> None:
        plan, assembly = self._plan, self._assembly
        known = isinstance(node, Mapping) and (plan.known is None or plan.known(node, node))
        if not known:
            self._count_unknown(node)
        alike = known and self._headed and self._likenesses.learning
        if not self._headed:
            self._read_head(node)
        assembly.frame = node
        if alike:
            witness = RecordingSink(assembly)
            self._read(node, witness)
            self._likenesses.learn(trimmed(frame.data.strip()), node, witness.findings)
        else:
            self._read(node, assembly)
        if assembly.failure is not None:
            self._fail(assembly.failure)
        elif frame.event == _ERROR:
            self._fail(remote_error(self._compiled, 200, node))
        elif plan.complete is not None and plan.complete(node, node):
            self._marked_complete = True
        if not self.finished and plan.end is not None and plan.end(node, node):
            self._marked_complete = True
            self._finish()

    def _decoded(self, frame: Frame) -> object:
        if frame.event == _ERROR:
            return decoded_or_text(frame.data)
        return decode_json(frame.data, "a frame of the stream")

    def _count_unknown(self, node: object) -> None:
        self.unknown_count += 1
        if len(self.unknown_frames) < _KEPT_FRAMES:
            self.unknown_frames.append(node)

    def _read_head(self, node: object) -> None:
        found = {name: path.first(node) for name, path in self._plan.envelope}
        facts = {name: value for name, value in found.items() if isinstance(value, str) and value}
        self._assembly.head(facts)
        self._headed = len(facts) == len(self._plan.envelope)

    def _finish(self) -> None:
        if not self.is_complete:
            raise self._not_complete()
        self._assembly.close()
        if self._assembly.broken is not None:
            raise self._assembly.broken
        self._assembly.events.append(self._assembly.stream_end())
        self.finished = True

    def _not_complete(self) -> AiLibError:
        """Say what a body was that ended too early: a stream cut short, or no stream at all."""
        body = decoded_or_text(bytes(self._begun)) if self._begun else None
        if isinstance(alone(body), Mapping):
            return remote_error(self._compiled, 200, body)
        if isinstance(body, str) and body.startswith("<"):
            return DecodeError(
                f"{self._provider} sent no stream; what it sent begins {body[:200]!r}",
                excerpt=body[:200],
            )
        return StreamTruncated(f"{self._provider} ended the stream before the answer was complete")

    def _fail(self, error: AiLibError) -> None:
        self._assembly.release()
        self.failure = error
        self.finished = True
