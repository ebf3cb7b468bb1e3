"""Takes the findings that few responses have: sources, probabilities, media, opaque parts."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Final, Protocol

from ai_lib.pipeline.assembly.provider_blocks import ProviderBlocks, read_patch
from ai_lib.pipeline.assembly.tool_calls import as_index
from ai_lib.pipeline.assembly.typed_content import (
    CitationReader,
    as_objects,
    make_logprobs_event,
    make_media_event,
)
from ai_lib.pipeline.collector import Collector
from ai_lib.pipeline.rules.sink import Fields, FindingKind
from ai_lib.protocol.dialect.hosted_tools import HostedPartShape
from ai_lib.types.events import Event, HostedToolDelta, OpaqueContent
from ai_lib.types.json import JsonObject


class AssemblyState(Protocol):
    """What is known of a response while its findings are put in order."""

    events: list[Event]
    citations: dict[int, CitationReader]
    provider_blocks: defaultdict[int, ProviderBlocks]
    hosted_parts: tuple[HostedPartShape, ...]
    begun_tools: set[str]

    def collect(self) -> Collector: ...
    def flush_text(self, candidate: int | None = None) -> None: ...
    def add_event(self, event: Event) -> None: ...
    def add_parts(self, candidate: int, parts: Sequence[JsonObject]) -> None: ...
    def note(self, candidate: int) -> None: ...


def add_rare(
    assembler: AssemblyState,
    kind: FindingKind,
    candidate: int,
    fields: Fields,
    *,
    is_final: bool = False,
) -> None:
    """Take a finding; with `is_final`, one of a closing frame, which has the whole of it."""
    _ADDERS[kind](assembler, candidate, fields, is_final)


def _find_citations(assembler: AssemblyState, candidate: int) -> CitationReader:
    reader = assembler.citations.get(candidate)
    if reader is None:
        reader = assembler.citations[candidate] = CitationReader(candidate)
    return reader


def _add_citation(assembler: AssemblyState, candidate: int, fields: Fields, is_final: bool) -> None:
    reader = _find_citations(assembler, candidate)
    assembler.events += reader.add(fields, assembler.collect())


def _add_source(assembler: AssemblyState, candidate: int, fields: Fields, is_final: bool) -> None:
    _find_citations(assembler, candidate).add_source(fields)


def _add_logprobs(assembler: AssemblyState, candidate: int, fields: Fields, is_final: bool) -> None:
    index = as_index(fields.get("index"))
    emitted = assembler.collect().list_logprobs(candidate, index) if is_final else ()
    if (event := make_logprobs_event(candidate, fields, emitted)) is not None:
        assembler.events.append(event)


def _add_media(assembler: AssemblyState, candidate: int, fields: Fields, is_final: bool) -> None:
    event = make_media_event(candidate, fields, assembler.collect() if is_final else None)
    if event is not None:
        assembler.flush_text(candidate)
        assembler.add_event(event)


def _add_opaque(assembler: AssemblyState, candidate: int, fields: Fields, is_final: bool) -> None:
    if raw := as_objects(fields.get("raw")):
        assembler.add_parts(candidate, raw)
    elif "member" in fields and "value" in fields:
        # What the next request says of this response is no answer.
        body = {str(fields["member"]): fields["value"]}
        if body not in assembler.collect().list_bodies(candidate):
            assembler.events.append(OpaqueContent(candidate=candidate, body=body))


def _start_hosted_tool(
    assembler: AssemblyState, candidate: int, fields: Fields, is_final: bool
) -> None:
    from ai_lib.pipeline.assembly.hosted_parts import make_start_event

    for part in as_objects(fields.get("raw")):
        event = make_start_event(assembler.hosted_parts, candidate, part, assembler.begun_tools)
        if event is not None:
            assembler.add_event(event)


def _add_hosted_result(
    assembler: AssemblyState, candidate: int, fields: Fields, is_final: bool
) -> None:
    from ai_lib.pipeline.assembly.hosted_parts import make_result_events

    for event in make_result_events(fields, candidate, assembler.begun_tools):
        assembler.add_event(event)


def _add_hosted_delta(
    assembler: AssemblyState, candidate: int, fields: Fields, is_final: bool
) -> None:
    tool_id, text = fields.get("id"), fields.get("text")
    if isinstance(tool_id, str) and isinstance(text, str) and text:
        assembler.add_event(HostedToolDelta(candidate=candidate, id=tool_id, text=text))


def _start_provider_block(
    assembler: AssemblyState, candidate: int, fields: Fields, is_final: bool
) -> None:
    index, block = as_index(fields.get("index")), as_objects(fields.get("raw"))
    if index is not None and block:
        assembler.note(candidate)
        assembler.provider_blocks[candidate].start(index, block[0], fields.get("inside"))
    elif assembler.provider_blocks:
        assembler.provider_blocks[candidate].patch(index, read_patch(fields))


_ADDERS: Final[Mapping[FindingKind, Callable[[AssemblyState, int, Fields, bool], None]]] = {
    "citation": _add_citation,
    "source": _add_source,
    "logprobs": _add_logprobs,
    "media": _add_media,
    "opaque": _add_opaque,
    "provider_block": _start_provider_block,
    "hosted_start": _start_hosted_tool,
    "hosted_delta": _add_hosted_delta,
    "hosted_result": _add_hosted_result,
}
