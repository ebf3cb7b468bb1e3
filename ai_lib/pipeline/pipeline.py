"""Turns the bytes of a stream into events: decoder, selector, transforms, mapper. No I/O."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from ai_lib.errors.exceptions import AiLibError, DecodeError, StreamTruncated
from ai_lib.pipeline.assembly.final_frames import EndingQueue, FinalFrameReader
from ai_lib.pipeline.decoders.frame import MAX_FRAME_BYTES, Decoder, Frame
from ai_lib.pipeline.decoders.json import JsonArrayDecoder, JsonLinesDecoder, WholeBodyDecoder
from ai_lib.pipeline.decoders.json_text import decode_json
from ai_lib.pipeline.decoders.sse import SseDecoder
from ai_lib.pipeline.errors import (
    decode_error_body,
    empty_response_error,
    remote_error,
    unwrap_error,
)
from ai_lib.pipeline.event_mapper import ProtocolEventMapper
from ai_lib.pipeline.fast_path.fast_path import FastPath, NoFastPath
from ai_lib.pipeline.fast_path.frame_pattern import FramePatternCache
from ai_lib.pipeline.rules.compiler import RuleReader, get_final_reader
from ai_lib.pipeline.rules.unread_members import get_scanner
from ai_lib.pipeline.selector import JsonPathSelector
from ai_lib.pipeline.transforms import Transform, apply_transforms
from ai_lib.protocol.compiled import CompiledManifest, CompiledResponse, compile_manifest
from ai_lib.protocol.dialect.model import DecoderShape
from ai_lib.protocol.manifest.model import ProtocolManifest, TextTools
from ai_lib.types.events import Event
from ai_lib.types.json import JsonValue
from ai_lib.types.response import ChatResponse

_MOST_UNKNOWN_FRAMES: Final = 16  # kept for the caller
_MOST_FIRST_BYTES: Final = 64 * 1024  # kept of a body that has no frames
_USUAL_DONE: Final = b"[DONE]"
_ERROR_EVENT: Final = b"error"


_DECODERS: Final[Mapping[str, Callable[[int], Decoder]]] = {
    "sse": SseDecoder,
    "json_lines": JsonLinesDecoder,
    "json_array": JsonArrayDecoder,
    "json": WholeBodyDecoder,
}


def _make_decoder(shape: DecoderShape, max_frame_bytes: int) -> Decoder:
    if shape.format in _DECODERS:
        return _DECODERS[shape.format](max_frame_bytes)
    from ai_lib.pipeline.decoders.aws_event_stream import AwsEventStreamDecoder

    return AwsEventStreamDecoder(max_frame_bytes, unwrap=shape.unwrap)


class Pipeline:
    """Reads one streamed response; make a new one for every stream.

    The decoder splits bytes into frames. The `selector` skips some frames, the `transforms` change
    them, and the `mapper` maps them by rules. Rules split frames into candidates (`FanOut`); what
    they find becomes events once tool calls (`ToolCallAccumulator`), usage and finish reasons are
    put together. Each stage is the manifest's, unless another one is given. With `text_tools`, the
    calls in the text are found.

    Call `feed` with the bytes as they come and `close` at the end of the body; both return the new
    events. When `failure` is set, the response failed after those events; when `finished` is set,
    nothing more follows. The events of a complete stream end with one `StreamEnd`. `unknown_count`
    counts the frames that no rule knows; `unknown_frames` holds the first 16 of them.
    """

    def __init__(
        self,
        compiled: CompiledManifest,
        *,
        transforms: Sequence[Transform] = (),
        mapper: ProtocolEventMapper | None = None,
        max_frame_bytes: int = MAX_FRAME_BYTES,
        text_tools: TextTools | None = None,
    ) -> None:
        decoder = compiled.dialect.stream.decoder
        select = compiled.stream.select
        self.selector = JsonPathSelector(select) if select is not None else None
        self.transforms = tuple(transforms)
        self.mapper = mapper or ProtocolEventMapper(compiled, text_tools)
        self.failure: AiLibError | None = None
        self.finished = False
        self.unknown_frames: list[JsonValue] = []
        self.unknown_count = 0
        self._compiled = compiled
        self._text_tools = text_tools
        self._stream: CompiledResponse = compiled.stream
        self._selects = self.selector.holds if self.selector is not None else None
        self._read_rules = self.mapper.read
        self._scan = get_scanner(compiled.stream).scan
        self._read_finals = get_final_reader(compiled.stream)
        self._format = decoder.format
        self._decoder = _make_decoder(decoder, max_frame_bytes)
        self._done = decoder.done_signal.encode() if decoder.done_signal else None
        self._assembler = self.mapper.assembler
        self._final_reader = FinalFrameReader(self._assembler)
        self._provider = compiled.id
        self._has_head = not self._stream.envelope
        self._first_bytes = bytearray()  # until there is a frame, and the chunk with that
        self._has_frames = False
        self._is_done = False
        self._is_marked_complete = False
        # The caller's own stages must see each frame.
        has_own_stages = mapper is not None or bool(self.transforms)
        self._fast_path: FastPath = (
            NoFastPath() if has_own_stages else FramePatternCache(self._stream)
        )

    @classmethod
    def from_manifest(cls, manifest: ProtocolManifest | CompiledManifest) -> "Pipeline":
        """Return a fresh pipeline for a manifest. Raises ProtocolError as compiling does."""
        if isinstance(manifest, ProtocolManifest):
            manifest = compile_manifest(manifest)
        return cls(manifest)

    def with_transform(self, transform: Transform) -> "Pipeline":
        """Return a fresh pipeline with one more transform, which runs last."""
        return Pipeline(
            self._compiled,
            transforms=(*self.transforms, transform),
            text_tools=self._text_tools,
        )

    def with_event_mapper(self, mapper: ProtocolEventMapper) -> "Pipeline":
        """Return a fresh pipeline that maps by this mapper, which must be fresh too."""
        return Pipeline(self._compiled, transforms=self.transforms, mapper=mapper)

    @property
    def is_complete(self) -> bool:
        """Whether the response is complete, though its usage may still follow."""
        return (
            self._is_done
            or self._is_marked_complete
            or self._assembler.ended
            or (self._assembler.is_complete and not self._compiled.dialect.stream.needs_end)
        )

    def accepts(self, content_type: str) -> bool:
        """Say whether a body of this type can be the stream; otherwise it is an error or a page."""
        if content_type.startswith("application/json"):
            return self._format in ("json_array", "json")
        return not content_type.startswith("text/html")

    def feed(self, chunk: bytes) -> list[Event]:
        """Take bytes as they come; return the events they make known."""
        if not self._has_frames:
            self._first_bytes += chunk[: _MOST_FIRST_BYTES - len(self._first_bytes)]
        return self._run(chunk)

    def close(self) -> list[Event]:
        """End the body; a stream that was cut short sets `failure` to StreamTruncated."""
        return self._run(None)

    def response(self, **facts: object) -> ChatResponse:
        """Return the response as far as it was received; `facts` are further fields of it."""
        unmapped = self._assembler.unmapped
        return self._assembler.collect().build_response(
            unknown_events=self.unknown_count,
            unknown_frames=tuple(self.unknown_frames),
            unmapped=unmapped.values,
            unmapped_count=unmapped.count,
            **facts,
        )

    def _run(self, chunk: bytes | None) -> list[Event]:
        if self.finished:
            return []
        try:
            if chunk is None:
                frames = self._decoder.close()
            else:
                unread = self._fast_path.read_chunk(chunk, self._decoder, self._assembler)
                frames = self._decoder.feed(unread)
            for frame in frames:
                self._has_frames = True
                self._read_frame(frame)
                if self.finished:
                    break
            if chunk is None and not self.finished:
                self._finish()
        except AiLibError as error:
            self._fail(error)
        events = self._assembler.pop_events()
        if self.failure is not None:
            self.failure.provider = self.failure.provider or self._provider
            self.failure.partial = self.response()
        return events

    def _read_frame(self, frame: Frame) -> None:
        if self._fast_path.read_frame(frame, self._assembler):
            return
        data = frame.data.strip()
        if data == self._done:
            self._is_done = True
            self._finish()
            return
        if data == _USUAL_DONE:
            return  # a signal that this manifest does not declare ends nothing
        node = self._decode(frame)
        if self._selects is not None and not self._selects(node, node):
            return
        if not self.transforms:
            self._map(node, frame)
            return
        for transformed in apply_transforms(self.transforms, node):
            if not self.finished:
                self._map(transformed, frame)

    def _map(self, node: object, frame: Frame) -> None:
        stream, assembler = self._stream, self._assembler
        is_known = isinstance(node, Mapping) and (stream.known is None or stream.known(node, node))
        if not is_known:
            self._count_unknown(node)
        assembler.frame, assembler.frame_data = node, frame.data
        if not self._has_head:
            self._read_head(node)
        unread_members = self._scan(node)
        if unread_members:
            assembler.unmapped.add(unread_members)
        if self._read_finals is not None and self._reads_final(self._read_finals, node):
            self._settle(node)
        elif not self._has_head:
            self._read_rules(node, assembler)
        elif is_known and not assembler.unmapped.has_pieces(unread_members):
            self._fast_path.read_and_learn(frame, node, self._read_rules, assembler)
        else:
            self._read_rules(node, assembler)
        if assembler.failure is not None:
            self._fail(assembler.failure)
        elif frame.event == _ERROR_EVENT:
            self._fail(remote_error(self._compiled, 200, node))
        elif stream.complete is not None and stream.complete(node, node):
            self._is_marked_complete = True
        if not self.finished and stream.end is not None and stream.end(node, node):
            self._is_marked_complete = True
            self._finish()

    def _reads_final(self, read_finals: RuleReader, node: object) -> bool:
        """Read what a closing frame says of the whole; return whether there is any."""
        read_finals(node, self._final_reader)
        return bool(self._final_reader.findings)

    def _settle(self, node: object) -> None:
        """Read a closing frame by the rules; what is missing comes before what ends in it."""
        endings = EndingQueue(self._assembler)
        self._read_rules(node, endings)
        self._final_reader.settle()
        endings.release()

    def _decode(self, frame: Frame) -> object:
        if frame.event == _ERROR_EVENT:
            return decode_error_body(frame.data)
        return decode_json(frame.data, "a frame of the stream")

    def _count_unknown(self, node: object) -> None:
        self.unknown_count += 1
        if len(self.unknown_frames) < _MOST_UNKNOWN_FRAMES:
            self.unknown_frames.append(node)

    def _read_head(self, node: object) -> None:
        values = {name: path.first(node) for name, path in self._stream.envelope}
        head = {name: value for name, value in values.items() if isinstance(value, str) and value}
        self._assembler.add_head(head)
        self._has_head = len(head) == len(self._stream.envelope)

    def _finish(self) -> None:
        if not self.is_complete:
            raise self._incomplete_error()
        self._assembler.close()
        if self._assembler.invalid is not None:
            raise self._assembler.invalid
        if self._assembler.is_empty:
            raise empty_response_error(self._provider, bytes(self._first_bytes))
        self._assembler.events.append(self._assembler.build_stream_end())
        self.finished = True

    def _incomplete_error(self) -> AiLibError:
        """Return the error for a body that ended early: a stream cut short, or no stream."""
        body = None
        if self._first_bytes and not self._has_frames:
            body = decode_error_body(bytes(self._first_bytes))
        if isinstance(unwrap_error(body), Mapping):
            return remote_error(self._compiled, 200, body)
        if isinstance(body, str) and body.startswith("<"):
            return DecodeError(
                f"{self._provider} sent no stream; what it sent begins {body[:200]!r}",
                excerpt=body[:200],
            )
        return StreamTruncated(
            f"{self._provider} ended the stream before the response was complete"
        )

    def _fail(self, error: AiLibError) -> None:
        self._assembler.flush_text()
        self.failure = error
        self.finished = True
