"""OperationStreamReader: the pieces of a streamed response to an operation, without waiting."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from ai_lib.errors.exceptions import AiLibError, DecodeError, StreamTruncated
from ai_lib.pipeline.decoders.frame import MAX_FRAME_BYTES, Decoder, Frame
from ai_lib.pipeline.decoders.json import JsonLinesDecoder
from ai_lib.pipeline.decoders.json_text import decode_json
from ai_lib.pipeline.decoders.sse import SseDecoder
from ai_lib.pipeline.errors import remote_error
from ai_lib.pipeline.operations.read import read_document, read_usage
from ai_lib.pipeline.operations.result import OperationResult
from ai_lib.protocol.compiled import CompiledManifest
from ai_lib.protocol.dialect.operations import OperationShape
from ai_lib.protocol.query.path import find_first
from ai_lib.types.json import JsonDict, JsonValue
from ai_lib.types.usage import Usage

_DONE = b"[DONE]"


class OperationDelta(msgspec.Struct, frozen=True, kw_only=True):
    """What came at once of a stream: bytes, a piece of text, or whole elements.

    With `is_partial`, the elements will be replaced by later ones; with `is_final`, they are the
    whole again.
    """

    data: bytes = b""
    text: str = ""
    items: Sequence[JsonDict] = ()
    lists: Mapping[str, Sequence[JsonDict]] = {}
    is_partial: bool = False
    is_final: bool = False


class OperationStreamReader:
    """Reads a body as it comes; feed it, then close it, then ask for the result.

    The bytes of a stream are not kept; its elements and its text are.

    Raises:
        RemoteError: a frame is an error.
        DecodeError: a frame is no JSON.
        StreamTruncated: the body ended before the frame that ends it.
    """

    def __init__(
        self,
        compiled: CompiledManifest,
        shape: OperationShape,
        headers: Mapping[str, str],
        values: Mapping[str, JsonValue],
        max_frame_bytes: int = MAX_FRAME_BYTES,
    ) -> None:
        self._compiled = compiled
        self._shape = shape
        self._headers = headers
        self._values = values
        self._decoder = _make_decoder(shape, max_frame_bytes)
        self._is_over = False
        self._text: list[str] = []
        media_type = headers.get("content-type") or ""
        if shape.answer.form != "bytes":
            media_type = next(iter(shape.answer.media_type), "")
        self._result = OperationResult(headers=headers, media_type=media_type)
        self._has_usage = False

    def feed(self, chunk: bytes) -> list[OperationDelta]:
        """Take bytes as they come; return what they complete."""
        if self._decoder is None:
            return [OperationDelta(data=chunk)] if chunk else []
        return self._read_frames(self._decoder.feed(chunk))

    def close(self) -> list[OperationDelta]:
        """End the body; return what ends with it."""
        if self._decoder is None:
            return []
        pieces = self._read_frames(self._decoder.close())
        if self._shape.answer.final is not None and not self._is_over:
            raise StreamTruncated(
                f"the stream of {self._compiled.id} ended before its last frame",
                provider=self._compiled.id,
            )
        return pieces

    def result(self) -> OperationResult:
        """Return what has come so far, without bytes."""
        result = self._result
        if not result.text and self._text:
            result.text = "".join(self._text).strip()
            result.facts["text"] = result.text
        if not self._has_usage:
            # Nothing said what was used: it is counted, as far as it can be.
            result.usage = read_usage(
                self._shape, None, self._headers, self._values, len(result.items)
            )
        return result

    def _read_frames(self, frames: Sequence[Frame]) -> list[OperationDelta]:
        return [
            piece
            for frame in frames
            if frame.data.strip() != _DONE and (piece := self._read_frame(frame)) is not None
        ]

    def _read_frame(self, frame: Frame) -> OperationDelta | None:
        compiled, shape = self._compiled, self._shape
        document = decode_json(frame.data, f"a frame of {compiled.id}")
        if frame.event == b"error" or (isinstance(document, Mapping) and document.get("error")):
            raise remote_error(compiled, 200, document)
        frame_result = read_document(compiled, shape, document, self._headers, self._values)
        self._take(frame_result)
        text = find_first(shape.answer.delta, document)
        text = text if isinstance(text, str) else ""
        self._text.append(text)
        piece = OperationDelta(
            data=frame_result.data,
            text=text,
            items=frame_result.items,
            lists=frame_result.lists,
            is_partial=frame_result.is_partial,
            is_final=frame_result.is_final,
        )
        has_content = (
            frame_result.data or text or frame_result.items or any(frame_result.lists.values())
        )
        return piece if has_content else None

    def _take(self, frame_result: OperationResult) -> None:
        result = self._result
        self._is_over = self._is_over or frame_result.is_final
        result.facts.update(frame_result.facts)
        result.text = frame_result.text or result.text
        result.media_type = frame_result.media_type or result.media_type
        result.refused += frame_result.refused
        if frame_result.usage != Usage(units=frame_result.usage.units) or _is_told(
            self._shape, frame_result.usage
        ):
            result.usage = frame_result.usage
            self._has_usage = True
        if not frame_result.is_partial:
            result.items = [*(() if frame_result.is_final else result.items), *frame_result.items]
        for name, elements in frame_result.lists.items():
            if elements:
                result.lists.setdefault(name, []).extend(elements)


def check_stream_kind(compiled: CompiledManifest, shape: OperationShape, content_type: str) -> bool:
    """Whether a response of this content type is the stream that the operation answers with."""
    if "html" in content_type:
        return False
    if shape.answer.form == "bytes":
        return "json" not in content_type
    if shape.answer.form == "sse":
        return "event-stream" in content_type or not content_type
    return True


def error_of_body(compiled: CompiledManifest, content_type: str, body: bytes) -> AiLibError:
    """Return the error for a whole body that came in place of a stream."""
    try:
        document = decode_json(body, f"the answer of {compiled.id}")
    except DecodeError:
        document = None
    if isinstance(document, Mapping) and (document.get("error") or document.get("message")):
        return remote_error(compiled, 200, document)
    excerpt = body[:200].decode("utf-8", "replace")
    return DecodeError(
        f"{compiled.id} answered with {content_type!r} in place of a stream; it begins {excerpt!r}",
        excerpt=excerpt,
        provider=compiled.id,
    )


def _is_told(shape: OperationShape, usage: Usage) -> bool:
    """Whether any unit is one that only a provider can say."""
    counted = {
        unit
        for unit, paths in shape.usage.items()
        if any(
            path == "count" or path.startswith(("length:", "value:", "header:")) for path in paths
        )
    }
    return any(unit not in counted for unit in usage.units)


def _make_decoder(shape: OperationShape, max_frame_bytes: int) -> Decoder | None:
    if shape.answer.form == "bytes":
        return None
    if shape.answer.form == "sse":
        return SseDecoder(max_frame_bytes)
    return JsonLinesDecoder(max_frame_bytes)
