"""Reads what a provider's own tools did out of the parts in which the provider tells it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple

import msgspec

from ai_lib.protocol.dialect.hosted_tools import HostedPartShape, OutputShape
from ai_lib.protocol.query.expression import compile_expression
from ai_lib.protocol.query.path import MISSING, compile_path
from ai_lib.types.content import HostedOutput, ImageBlock, Source, TextBlock
from ai_lib.types.events import Event, HostedToolEnded, HostedToolStarted, OpaqueContent
from ai_lib.types.json import JsonObject, find_member, is_object
from ai_lib.types.media_source import from_data_url, is_data_url

_MOST_OUTPUTS: Final = 1000
Shapes = Sequence[HostedPartShape]


class _ToolUse(NamedTuple):
    """What one part says of a use of a tool."""

    kind: str
    id: str
    name: str
    input: JsonObject
    server: str | None


def make_part_events(
    shapes: Shapes, candidate: int, parts: Sequence[JsonObject], begun_ids: set[str]
) -> list[Event]:
    """Return the events of parts that only their provider understands, in their order.

    Those that tell of a tool are typed. `begun_ids` are the uses whose start was told, and grows.
    """
    events: list[Event] = []
    for part in parts:
        shape = _find_shape(shapes, part)
        if shape is not None:
            events += _read_part(shape, candidate, part, begun_ids)
        elif events and type(events[-1]) is OpaqueContent:
            events[-1] = OpaqueContent(candidate=candidate, raw=(*events[-1].raw, part))
        else:
            events.append(OpaqueContent(candidate=candidate, raw=(part,)))
    return events


def make_start_event(
    shapes: Shapes, candidate: int, part: JsonObject, begun_ids: set[str]
) -> HostedToolStarted | None:
    """Return the event of a part that has only begun; None where it is no tool, or was told."""
    shape = _find_shape(shapes, part)
    if shape is None or shape.is_result:
        return None
    facts = _read_facts(shape, part)
    if not facts.id or facts.id in begun_ids:
        return None
    begun_ids.add(facts.id)
    return HostedToolStarted(candidate=candidate, **facts._asdict())


def make_result_events(
    fields: Mapping[str, object], candidate: int, begun_ids: set[str]
) -> list[Event]:
    """Return the events of a use that the response tells beside its parts; none the second time."""
    key = f"{candidate} {fields!r}"
    if key in begun_ids:
        return []
    begun_ids.add(key)
    input_name, kinds = fields.get("input_name"), fields.get("kinds")
    part: JsonObject = {**fields}
    shape = msgspec.structs.replace(
        _BESIDE,
        kinds={str(word): str(kind) for word, kind in kinds.items()} if is_object(kinds) else {},
        output="@.output" if part.get("output") else "@.text",
        input_name=input_name if isinstance(input_name, str) else None,
        members=msgspec.convert(fields.get("members") or {}, OutputShape),
    )
    events = _read_part(shape, candidate, part, begun_ids)
    return [msgspec.structs.replace(event, raw=()) for event in events]


_BESIDE: Final = HostedPartShape(
    match="",
    kind="@.kind",
    name="@.name",
    input="@.input",
    output="@.output",
    status="@.status",
    error="@.error",
)


def _find_shape(shapes: Shapes, part: JsonObject) -> HostedPartShape | None:
    return next((shape for shape in shapes if compile_expression(shape.match)(part)), None)


def _read_part(
    shape: HostedPartShape, candidate: int, part: JsonObject, begun_ids: set[str]
) -> Iterator[Event]:
    facts = _read_facts(shape, part)
    raw = (part,)
    if shape.is_call:
        begun_ids.add(facts.id)
        yield HostedToolStarted(candidate=candidate, raw=raw, **facts._asdict())
        return
    if not shape.is_result and facts.id not in begun_ids:
        begun_ids.add(facts.id)
        yield HostedToolStarted(candidate=candidate, **facts._asdict())
    status, error = _read_text(shape.status, part), _read_error(shape, part)
    if error is not None or _read(shape.failed, part) is True:
        status = "failed"
    yield HostedToolEnded(
        candidate=candidate,
        output=tuple(_read_outputs(shape, _read(shape.output, part)))[:_MOST_OUTPUTS],
        status=status or "completed",
        error=error,
        raw=raw,
        **facts._asdict(),
    )


def _read_facts(shape: HostedPartShape, part: JsonObject) -> _ToolUse:
    name = _read_text(shape.name, part) or ""
    kind = _read_text(shape.kind, part) or name
    return _ToolUse(
        kind=shape.kinds.get(kind, kind),
        id=_read_text(shape.id, part) or "",
        name=name or kind,
        input=_read_input(shape, part),
        server=_read_text(shape.server, part),
    )


def _read(path: str | None, part: JsonObject) -> object:
    """Return what a path selects, or the word that stands in its place."""
    if path is None or not path.startswith(("@", "$")):
        return path
    value = compile_path(path).first(part)
    return None if value is MISSING else value


def _read_text(path: str | None, part: JsonObject) -> str | None:
    value = _read(path, part)
    return value if isinstance(value, str) else str(value) if type(value) is int else None


def _read_input(shape: HostedPartShape, part: JsonObject) -> JsonObject:
    value = _read(shape.input, part)
    if isinstance(value, str) and shape.input_name is None:
        try:
            value = msgspec.json.decode(value)
        except msgspec.DecodeError:
            return {"input": value} if value else {}
    if is_object(value):
        return value
    return {} if value is None else {shape.input_name or "input": value}


def _read_error(shape: HostedPartShape, part: JsonObject) -> str | None:
    error = _read(shape.error, part)
    if isinstance(error, Mapping):
        error = error.get("message") or error.get("code") or error.get("type")
    return error if isinstance(error, str) and error else None


def _read_outputs(shape: HostedPartShape, value: object) -> Iterator[HostedOutput]:
    if isinstance(value, str):
        if value:
            yield TextBlock(text=value)
    elif isinstance(value, list):
        for item in value:
            yield from _read_outputs(shape, item)
    elif isinstance(value, Mapping):
        yield from _read_object(shape, value)


def _read_object(shape: HostedPartShape, value: JsonObject) -> Iterator[HostedOutput]:
    members = shape.members
    url, source_id = _find_text(value, members.url), _find_text(value, members.id)
    text = _find_text(value, members.text)
    if url is not None and value.get("type") == "image":
        yield _make_image(url)
    elif url is not None or source_id is not None:
        title = _find_text(value, members.title)
        yield Source(url=url, title=title, text=text, id=source_id)
    else:
        texts = [value[name] for name in members.texts if isinstance(value.get(name), str)]
        for found_text in texts or [text]:
            if isinstance(found_text, str) and found_text:
                yield TextBlock(text=found_text)


def _make_image(url: str) -> ImageBlock:
    if is_data_url(url):
        media = from_data_url(url)
        return ImageBlock(data=media.data, media_type=media.media_type)
    return ImageBlock(url=url)


def _find_text(value: JsonObject, paths: Sequence[str]) -> str | None:
    texts = (find_member(value, path) for path in paths)
    return next((text for text in texts if isinstance(text, str) and text), None)
