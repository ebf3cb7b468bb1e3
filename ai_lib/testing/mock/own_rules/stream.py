"""Turns a manifest's own event rules into templates of the frames that they read."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final, TypeAlias

import msgspec

from ai_lib.errors.exceptions import ProtocolError
from ai_lib.protocol.dialect.event_map import (
    Candidates,
    ManifestRule,
    find_candidates,
    is_path,
    read_manifest_rules,
)
from ai_lib.protocol.dialect.model import Dialect
from ai_lib.protocol.dialect.overlay import list_rules
from ai_lib.protocol.dialect.rule_merge import find_own_events
from ai_lib.protocol.dialect.selection import read_base_dialect
from ai_lib.protocol.dialect.template import find_placeholders
from ai_lib.protocol.manifest.model import ProtocolManifest
from ai_lib.protocol.manifest.schema import RawShape, RawStreaming, RawToolUse
from ai_lib.protocol.query.expression import compile_expression
from ai_lib.protocol.query.path import compile_path, first_index_as_wildcard
from ai_lib.testing.mock.own_rules.frame import Frame, UnwritableError, build_frame, put_value
from ai_lib.testing.mock.serve_shape import (
    BlockShape,
    ClosingShape,
    Frames,
    FrameShape,
    StreamedShape,
)

_Values: TypeAlias = Mapping[str, str]

_CONTENT_PATHS: Final = {
    "PartialContentDelta": "content_path",
    "ToolCall": "tool_call_path",
    "Metadata": "usage_path",
}
_SINGLE_FRAMES: Final = (
    "open", "candidate", "image", "audio", "citation", "sources", "finish", "usage", "close",
)  # fmt: skip
_BLOCKS: Final = ("thinking", "text", "tool_call", "refusal", "custom_tool_call")
_CLOSING: Final = ("thinking", "text", "tool_call", "finish", "close")
_NAME_OF_CALL: Final = {"tool_call_id": "$id", "tool_name": "$name", "signature": "$signature"}
_WHOLE_CALL: Final = {**_NAME_OF_CALL, "arguments": "$arguments"}


class _OwnRule(msgspec.Struct, frozen=True, kw_only=True):
    """A manifest's rule and where it stands."""

    place: str
    rule: ManifestRule

    @property
    def paths(self) -> dict[str, str]:
        """The rule's fields that are read from the frame."""
        fields = self.rule.fields.items()
        return {name: value for name, value in fields if isinstance(value, str) and is_path(value)}


def write_own_stream(
    manifest: ProtocolManifest, dialect: Dialect, shape: StreamedShape
) -> StreamedShape:
    """Return the shape of a stream that the manifest's own rules read.

    Events that the manifest reads where its dialect has them keep the dialect's frames.

    Raises:
        ProtocolError: a rule has a condition or a path for which no frame can be written; the
            message names the rule.
    """
    raw_shape = msgspec.convert(manifest.raw, RawShape, strict=False)
    if raw_shape.streaming is None:
        return shape
    tooling = raw_shape.tooling.tool_use if raw_shape.tooling else None
    own_rules = list(_read_own_rules(raw_shape.streaming, tooling))
    dialect_rules = list_rules(read_base_dialect(manifest).get("stream") or {})
    own_events = find_own_events(dialect_rules, [own_rule.rule for own_rule in own_rules])
    writer = _OwnStream(raw_shape.streaming, dialect, shape)
    own_rules = [own_rule for own_rule in own_rules if own_rule.rule.emit in own_events]
    return writer.complete(writer.replace_frames(own_rules))


def _read_own_rules(raw: RawStreaming, tooling: RawToolUse | None) -> Iterator[_OwnRule]:
    if not raw.event_map:
        for rule in read_manifest_rules(raw, tooling):
            yield _OwnRule(place=f"$.streaming.{_CONTENT_PATHS[rule.emit]}", rule=rule)
        return
    for number, raw_rule in enumerate(raw.event_map):
        single = msgspec.structs.replace(raw, event_map=[raw_rule])
        for rule in read_manifest_rules(single, tooling):
            yield _OwnRule(place=f"$.streaming.event_map[{number}]", rule=rule)


class _OwnStream:
    """Replaces the frames of a dialect by those that a manifest's rules read."""

    def __init__(self, raw: RawStreaming, dialect: Dialect, shape: StreamedShape) -> None:
        self.shape = shape
        self.candidates: Candidates = find_candidates(raw)
        self.selector = raw.frame_selector or dialect.stream.select
        self.completion = dialect.stream.complete
        self.usage_condition = "$usage_asked" if dialect.request.stream_usage else None
        self.reasons = frozenset(dialect.termination)
        self.names_events = any(frame.event for frame in (*shape.open, *shape.finish))

    def replace_frames(self, own_rules: Sequence[_OwnRule]) -> StreamedShape:
        """Return the shape with the frames of all events for which there are rules."""
        shape = self.shape
        by_event: dict[str, list[_OwnRule]] = {}
        for own_rule in own_rules:
            by_event.setdefault(own_rule.rule.emit, []).append(own_rule)
        changes: dict[str, object] = {}
        if rules := by_event.get("PartialContentDelta"):
            changes |= {"candidate": (), "closing": ClosingShape()}
            changes["text"] = BlockShape(piece=self.write_first(rules, "content", "$piece"))
        if rules := by_event.get("ThinkingDelta"):
            changes["thinking"] = self.write_thinking(rules)
            changes["closing"] = ClosingShape()
        if rules := by_event.get("ToolCall"):
            changes["tool_call"] = self.write_tool_calls(rules, by_event.get("ToolCallEnded", ()))
            changes["closing"] = ClosingShape()
        usage_rules = by_event.get("Metadata", ())
        if rules := by_event.get("FinalCandidate"):
            finish = self.write_finish(rules, usage_rules)
            keeps_usage = not usage_rules and _has_usage(shape.finish)
            changes["finish"] = (*finish, *shape.finish) if keeps_usage else finish
        if usage_rules:
            changes["open"] = ()
            changes["usage"] = self.write_first(
                usage_rules, "usage", "$usage", self.usage_condition
            )
        if rules := by_event.get("StreamEnd"):
            reads_all = usage_rules and "FinalCandidate" in by_event
            keeps_close = not reads_all and _has_usage(shape.close)
            changes["close"] = (*(shape.close if keeps_close else ()), *self.write_end(rules))
        if rules := by_event.get("StreamError"):
            changes["error"] = self.write_errors(rules)
        return msgspec.structs.replace(shape, **changes)

    def write_thinking(self, own_rules: Sequence[_OwnRule]) -> BlockShape:
        stop: Frames = ()
        signature_rules = [own_rule for own_rule in own_rules if "signature" in own_rule.paths]
        if signature_rules:
            stop = self.write_first(signature_rules, "signature", "$signature")
        texts = [own_rule for own_rule in own_rules if "thinking" in own_rule.paths]
        piece = self.write_first(texts, "thinking", "$piece") if texts else ()
        return BlockShape(piece=piece, stop=stop)

    def write_tool_calls(
        self, own_rules: Sequence[_OwnRule], end_rules: Sequence[_OwnRule]
    ) -> BlockShape:
        stop = self.write_any(end_rules, {}) if end_rules else ()
        names = [own_rule for own_rule in own_rules if "arguments" not in own_rule.paths]
        pieces = [own_rule for own_rule in own_rules if "arguments" in own_rule.paths]
        if any("tool_name" in own_rule.paths for own_rule in names) and pieces:
            start = [self.write(own_rule, _NAME_OF_CALL) for own_rule in names]
            piece = self.write_any(pieces, {"arguments": "$piece", "tool_call_id": "$id"})
            return BlockShape(start=tuple(start), piece=piece, stop=stop)
        own_rule = (pieces or own_rules)[0]
        if "index" in own_rule.paths:
            try:
                piece = (self.write(own_rule, {"arguments": "$piece"}),)
            except ProtocolError:
                pass  # the condition wants more than a piece has
            else:
                start = [self.write(own_rule, _WHOLE_CALL | {"arguments": ""})]
                return BlockShape(start=tuple(start), piece=piece, stop=stop)
        return BlockShape(start=self.write_any(pieces or own_rules, _WHOLE_CALL), stop=stop)

    def write_finish(
        self, own_rules: Sequence[_OwnRule], usage_rules: Sequence[_OwnRule]
    ) -> Frames:
        usage_paths = {own_rule.place: own_rule.paths["usage"] for own_rule in usage_rules}

        def write(own_rule: _OwnRule) -> FrameShape:
            values = {"finish_reason": "$finish_reason"}
            usage_path = usage_paths.get(own_rule.place)
            extra = {usage_path: "$usage"} if usage_path else {}
            try:
                return self.write(own_rule, values, extra)
            except ProtocolError:
                # The condition is for one reason only: the frame says another just as well.
                frame = self.write(own_rule, {}, extra)
                path = own_rule.paths.get("finish_reason")
                if path is not None and self._is_reason(frame.data, path):
                    put_reason(frame.data, path)
                return frame

        return (self._first_of(own_rules, write),)

    def _is_reason(self, frame: Frame, path: str) -> bool:
        """Whether the reason that a condition put into a frame is one of the dialect's."""
        return compile_path(path).first(frame, frame) in self.reasons

    def write_end(self, own_rules: Sequence[_OwnRule]) -> Frames:
        return self.write_any(own_rules, {"usage": "$usage", "finish_reason": "$finish_reason"})

    def write_errors(self, own_rules: Sequence[_OwnRule]) -> Frames:
        old = self.shape.error[0].data if self.shape.error else {}
        facts = old.get("error", old)
        path = own_rules[0].paths.get("error", "$")
        if path == "$":
            return self.shape.error
        try:
            frame = build_frame({}, {path: facts}, self._list_conditions(own_rules[0]))
        except UnwritableError as error:
            raise _make_error(own_rules[0], error) from error
        return (self._make_shape(frame),)

    def write_first(
        self, own_rules: Sequence[_OwnRule], name: str, value: str, condition: str | None = None
    ) -> Frames:
        """Return the frame of the first rule that has the field and can be written."""
        frames = self.write_any(
            [own_rule for own_rule in own_rules if name in own_rule.paths], {name: value}
        )
        if condition is None:
            return frames
        return tuple(
            msgspec.structs.replace(frame, data={"$when": condition, **frame.data})
            for frame in frames
        )

    def write_any(self, own_rules: Sequence[_OwnRule], values: _Values) -> Frames:
        return (self._first_of(own_rules, lambda own_rule: self.write(own_rule, values)),)

    def _first_of(
        self, own_rules: Sequence[_OwnRule], write: Callable[[_OwnRule], FrameShape]
    ) -> FrameShape:
        first_error: ProtocolError | None = None
        for own_rule in own_rules:
            try:
                return write(own_rule)
            except ProtocolError as error:
                first_error = first_error or error
        assert first_error is not None
        raise first_error

    def write(
        self, own_rule: _OwnRule, values: _Values, extra: Mapping[str, str] = {}
    ) -> FrameShape:
        """Return a frame that the rule reads, with the values that the rule has fields for."""
        paths = own_rule.paths
        all_values: dict[str, object] = {
            path: values[name] for name, path in paths.items() if name in values
        }
        if "index" in paths and own_rule.rule.emit not in ("FinalCandidate", "Metadata"):
            index_path = paths["index"]
            is_in_list = compile_path(index_path).wildcards > 0
            all_values[index_path] = "$call" if is_in_list else "$block"
        all_values |= {path: value for path, value in extra.items() if value}
        all_values |= self._place_candidate(paths)
        try:
            frame = self._build({}, all_values, self._list_conditions(own_rule))
        except UnwritableError as error:
            raise _make_error(own_rule, error) from error
        return self._make_shape(frame)

    def _build(self, data: Frame, values: Mapping[str, object], conditions: list[str]) -> Frame:
        """Return a frame with what is common to all frames, unless a condition forbids that."""
        try:
            return build_frame({**self.shape.common, **data}, values, conditions)
        except UnwritableError:
            return build_frame(dict(data), values, conditions)

    def _list_conditions(self, own_rule: _OwnRule) -> list[str]:
        return [text for text in (own_rule.rule.match, self.selector) if text]

    def _place_candidate(self, paths: Mapping[str, str]) -> dict[str, object]:
        """Return the place of the candidate's index in the list that the paths go through."""
        list_path, index_path = self.candidates.each, self.candidates.index
        for path in paths.values():
            if list_path and first_index_as_wildcard(path).startswith(f"{list_path}."):
                return {f"{list_path}{index_path[1:]}": "$candidate"}
        return {}

    def _make_shape(self, frame: Frame) -> FrameShape:
        name = frame.get("type")
        event = name if self.names_events and isinstance(name, str) else None
        return FrameShape(event=event, data=frame)

    def complete(self, shape: StreamedShape) -> StreamedShape:
        """Return the shape whose frames the selector lets through and the last of which is last."""
        if self.selector is not None and self._needs_selection(shape):
            changes: dict[str, object] = {
                name: self._select_all(getattr(shape, name)) for name in _SINGLE_FRAMES
            }
            for name in _BLOCKS:
                block: BlockShape = getattr(shape, name)
                changes[name] = BlockShape(
                    start=self._select_all(block.start),
                    piece=self._select_all(block.piece),
                    stop=self._select_all(block.stop),
                )
            closing = {name: self._select_all(getattr(shape.closing, name)) for name in _CLOSING}
            changes["closing"] = ClosingShape(**closing)
            shape = msgspec.structs.replace(shape, **changes)
        return self._end(shape)

    def _needs_selection(self, shape: StreamedShape) -> bool:
        """Whether frames were replaced, or those of the dialect are dropped."""
        assert self.selector is not None
        is_selected = compile_expression(self.selector)
        texts = shape.text.piece
        return texts is not self.shape.text.piece or not all(
            is_selected({**shape.common, **frame.data}) for frame in texts
        )

    def _select_all(self, frames: Frames) -> Frames:
        return tuple(self._select(frame) for frame in frames)

    def _select(self, frame: FrameShape) -> FrameShape:
        assert self.selector is not None
        try:
            data = self._build(frame.data, {}, [self.selector])
        except UnwritableError:
            return frame  # such a frame says nothing that is read
        return msgspec.structs.replace(frame, data=data)

    def _end(self, shape: StreamedShape) -> StreamedShape:
        if self.completion is None:
            return shape
        is_complete = compile_expression(self.completion)
        ends = (*shape.finish, *shape.usage, *shape.close)
        if any(is_complete({**shape.common, **frame.data}) for frame in ends):
            return shape
        conditions = [text for text in (self.completion, self.selector) if text]
        try:
            frame = self._build({}, {}, conditions)
        except UnwritableError as error:
            raise ProtocolError(
                f"MockProvider can't write what $.streaming.stop_condition ends with: {error}"
            ) from error
        return msgspec.structs.replace(shape, close=(*shape.close, self._make_shape(frame)))


def put_reason(frame: Frame, path: str) -> None:
    """Write the reason's placeholder over the reason that a condition put there."""
    compiled = compile_path(path)
    *_, last = compiled.syntax.segments
    parent = path[: last.start]
    holder = compile_path(parent).first(frame, frame) if parent not in ("$", "@") else frame
    if isinstance(holder, dict) and isinstance(last.key, str):
        holder[last.key] = "$finish_reason"
    else:
        put_value(frame, compiled, "$finish_reason")


def _has_usage(frames: Frames) -> bool:
    return any("usage" in find_placeholders(frame.data) for frame in frames)


def _make_error(own_rule: _OwnRule, error: UnwritableError) -> ProtocolError:
    match = f" (match: {own_rule.rule.match})" if own_rule.rule.match else ""
    return ProtocolError(
        f"MockProvider can't write a frame that {own_rule.place} reads, which emits "
        f"{own_rule.rule.emit}{match}: {error}"
    )
