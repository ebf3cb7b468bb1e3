"""Makes sources, probabilities of tokens, sound and images out of the findings of rules."""

import re
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

import msgspec

from ai_lib.errors.exceptions import MediaError
from ai_lib.pipeline.assembly.tool_calls import as_index
from ai_lib.pipeline.collector import Collector
from ai_lib.pipeline.rules.sink import Fields
from ai_lib.types.content import AudioBlock, Citation, ImageBlock, TextBlock, TokenLogprob
from ai_lib.types.events import (
    AudioDelta,
    Event,
    ImageContent,
    LogprobsDelta,
    OpaqueContent,
    PartialContentDelta,
)
from ai_lib.types.json import JsonObject, is_number
from ai_lib.types.media_source import from_data_url, is_data_url
from ai_lib.types.media_type import detect_media_type, to_media_type

_HEAD_LENGTH: Final = 64  # of base64: enough to see what an image is
_NUMBER: Final = "$"  # stands for a source's number in a mark of the text


class _Source(msgspec.Struct):
    """A source that the response lists, and the marks by which its text names it."""

    url: str | None = None
    title: str | None = None
    cited_text: str | None = None
    source_id: str | None = None
    raw: object = None
    marks: tuple[str, ...] = ()
    is_cited: bool = False

    def cite(self, start: int | None = None, end: int | None = None) -> Citation:
        """Return a citation of the source."""
        self.is_cited = True
        return Citation(
            url=self.url,
            title=self.title,
            start=start,
            end=end,
            cited_text=self.cited_text,
            source_id=self.source_id,
            raw=self.raw,
        )


class _CitedSegment(NamedTuple):
    """A place in the text, with the numbers of its sources; `said` is the text of the place."""

    fields: Fields
    numbers: Sequence[object]


class CitationReader:
    """Takes the sources of one candidate; those that it lists are settled at its end.

    A citation that says its source is given at once, each only once. Other citations name sources
    by number, and so do marks in the text, such as `[1]`.
    """

    def __init__(self, candidate: int) -> None:
        self._candidate = candidate
        self._sources: dict[int, _Source] = {}
        self._references: list[_CitedSegment] = []
        self._seen: list[tuple[int | None, Citation]] = []

    def add(self, fields: Fields, collector: Collector) -> Sequence[Event]:
        """Take a citation; return its event, if it can be given at once and is new."""
        numbers = fields.get("sources")
        if isinstance(numbers, list):
            if fields.get("placed") is not True:
                self._references.append(_CitedSegment(fields, numbers))
                return ()
            length = len(self._find_text(collector))
            return self._emit(
                None,
                [
                    Citation(source_id=str(number), start=length, end=length, raw=fields.get("raw"))
                    for number in numbers
                ],
            )
        citation = Citation(
            url=_as_text(fields.get("url")),
            title=_as_text(fields.get("title")),
            start=as_index(fields.get("start")),
            end=as_index(fields.get("end")),
            cited_text=_as_text(fields.get("cited_text")),
            source_id=_as_id(fields.get("source_id")),
            raw=fields.get("raw"),
        )
        return self._emit(as_index(fields.get("index")), [citation])

    def add_source(self, fields: Fields) -> None:
        """Take a source of the list; one of the same number is completed."""
        position = as_index(fields.get("index"))
        number = as_index(fields.get("number"))
        number = (
            (len(self._sources) if position is None else position) if number is None else number
        )
        source = self._sources.setdefault(number, _Source())
        source.url = source.url or _as_text(fields.get("url"))
        source.title = source.title or _as_text(fields.get("title"))
        source.cited_text = source.cited_text or _as_text(fields.get("cited_text"))
        source.source_id = source.source_id or _as_id(fields.get("source_id"))
        if source.raw is None or isinstance(source.raw, str):
            source.raw = fields.get("raw", source.raw)
        marks = fields.get("marks")
        if isinstance(marks, list):
            label = number if "number" in fields else number + 1
            source.marks = tuple(str(mark).replace(_NUMBER, str(label)) for mark in marks)

    def settle(self, collector: Collector) -> Sequence[Event]:
        """Return the event of the sources in the list, at the places where the text names them."""
        if not (self._sources or self._references):
            return ()
        text = self._find_text(collector)
        citations: list[Citation] = []
        for fields, numbers in self._references:
            start, end = _find_place(text, fields)
            sources = [self._sources.get(number) for number in numbers if type(number) is int]
            for source in sources:
                if source is not None:
                    citation = source.cite(start, end)
                    raw = {"support": fields.get("raw"), "source": source.raw}
                    citations.append(msgspec.structs.replace(citation, raw=raw))
        for source in self._sources.values():
            marks = "|".join(map(re.escape, source.marks))
            matches = re.finditer(marks, text) if marks else ()
            citations += [source.cite(*match.span()) for match in matches]
            if not source.is_cited:
                citations.append(source.cite())
        self._sources, self._references = {}, []
        return self._emit(None, citations)

    def _emit(self, index: int | None, citations: Sequence[Citation]) -> Sequence[Event]:
        new: list[Citation] = []
        for citation in citations:
            if (index, citation) not in self._seen:
                self._seen.append((index, citation))
                new.append(citation)
        if not new:
            return ()
        delta = PartialContentDelta(
            candidate=self._candidate, content="", citations=tuple(new), index=index
        )
        return (delta,)

    def _find_text(self, collector: Collector) -> str:
        """Return the text that citations without an index are of: the last one."""
        blocks = collector.find_blocks(self._candidate, TextBlock)
        return "".join(blocks[-1].texts) if blocks else ""


def _find_place(text: str, fields: Fields) -> tuple[int | None, int | None]:
    """Return offsets in characters; a place with other text than is said there is looked for."""
    start, end = as_index(fields.get("start")) or 0, as_index(fields.get("end"))
    passage = _as_text(fields.get("said"))
    if end is not None and fields.get("unit") == "bytes":
        encoded = text.encode()
        end = len(encoded[:end].decode(errors="ignore"))
        start = len(encoded[:start].decode(errors="ignore"))
    if passage is not None and (end is None or text[start:end] != passage):
        start = text.find(passage)
        return (start, start + len(passage)) if start >= 0 else (None, None)
    return (start, end) if end is not None and end <= len(text) else (None, None)


_NAMES: Final = {
    "token": "token",
    "logprob": "logprob",
    "bytes": "bytes",
    "token_id": "token_id",
    "alternatives": "alternatives",
}


def read_logprobs(fields: Fields) -> list[TokenLogprob]:
    """Return the tokens of a finding: `tokens` are objects with the members that `names` gives.

    Alternatives are a member of each, or beside them in a list of the same length. Tokens that are
    texts have their `values` beside them.
    """
    own_names = fields.get("names")
    names = {**_NAMES, **own_names} if isinstance(own_names, Mapping) else _NAMES
    tokens = fields.get("tokens")
    items = tokens if isinstance(tokens, list) else [tokens]
    beside, values = fields.get("alternatives"), fields.get("values")
    logprobs: list[TokenLogprob] = []
    for position, item in enumerate(items):
        others = _get_item(beside, position)
        if isinstance(item, str):
            logprobs += _read_named(item, _get_item(values, position), others)
        elif isinstance(item, Mapping):
            logprobs += _read_token(item, names, others)
    return logprobs


def _read_named(token: str, logprob: object, others: object) -> list[TokenLogprob]:
    if not is_number(logprob):
        return []
    pairs = others.items() if isinstance(others, Mapping) else ()
    alternatives = [
        TokenLogprob(token=name, logprob=float(value)) for name, value in pairs if is_number(value)
    ]
    return [TokenLogprob(token=token, logprob=float(logprob), alternatives=tuple(alternatives))]


def _read_token(
    item: Mapping[str, object], names: Mapping[str, str], others: object = None
) -> list[TokenLogprob]:
    logprob = item.get(names["logprob"])
    values = logprob if isinstance(logprob, list) else [logprob]
    ids = item.get(names["token_id"])
    inner_list = item.get(names["alternatives"])
    listed = others.get(names["alternatives"]) if isinstance(others, Mapping) else inner_list
    alternatives: list[TokenLogprob] = []
    for other in listed if isinstance(listed, list) else ():
        if isinstance(other, Mapping):
            alternatives += _read_token(other, {**names, "alternatives": ""})
    size = item.get(names["bytes"])
    text = _as_text(item.get(names["token"])) or ""
    return [
        TokenLogprob(
            token="" if position else text,
            logprob=float(value),
            token_id=as_index(_get_item(ids, position) if isinstance(ids, list) else ids),
            bytes=tuple(size) if isinstance(size, list) and not position else None,
            alternatives=tuple(alternatives),
        )
        for position, value in enumerate(values)
        if is_number(value)
    ]


def make_media_event(
    candidate: int, fields: Fields, collector: Collector | None = None
) -> Event | None:
    """Return the event of an image or a piece of sound; of what is neither, if it is to be kept.

    Its kind is that of its media type, else the rule's `family`. With a `collector`, it is the
    whole of it, and what that has is left out.
    """
    event = _read_media(candidate, fields)
    return event if event is None or collector is None else _find_missing(event, collector)


def _read_media(candidate: int, fields: Fields) -> Event | None:
    data, url = _as_text(fields.get("data")), _as_text(fields.get("url"))
    media_type = _as_text(fields.get("media_type"))
    if url is not None and is_data_url(url):
        try:
            media = from_data_url(url)
            data, url, media_type = media.data, None, media.media_type
        except MediaError:
            pass  # the address is kept as it came
    family = _as_text(fields.get("family")) or ""
    if media_type is None and data and family == "image":
        media_type = _detect_type(data, _as_text(fields.get("format")), family)
    family = media_type.partition("/")[0].lower() if media_type else family
    facts = {
        "candidate": candidate,
        "id": _as_text(fields.get("id")),
        "media_type": media_type,
        "signature": _as_text(fields.get("signature")),
        "extra": fields.get("extra"),
        "index": as_index(fields.get("index")),
    }
    if family == "image" and (data or url):
        return ImageContent(data=data, url=url, raw=as_objects(fields.get("raw")), **facts)  # type: ignore[arg-type]
    transcript = _as_text(fields.get("transcript")) or ""
    expires_at = as_index(fields.get("expires_at"))
    if family == "audio" and (data or transcript or facts["id"] or expires_at):
        return AudioDelta(data=data or "", transcript=transcript, expires_at=expires_at, **facts)  # type: ignore[arg-type]
    raw = as_objects(fields.get("fallback"))
    return OpaqueContent(candidate=candidate, raw=raw) if raw else None


def _detect_type(data: str, format_name: str | None, family: str) -> str | None:
    if format_name is not None:
        return to_media_type(format_name, family)
    try:
        import base64

        return detect_media_type(base64.b64decode(data[:_HEAD_LENGTH]))
    except ValueError:
        return None


def _find_missing(event: Event, collector: Collector) -> Event | None:
    """Return what a closing frame's image or sound adds to what was emitted; None for nothing."""
    if isinstance(event, ImageContent):
        images = collector.find_blocks(event.candidate, ImageBlock)
        is_known = any(
            image.facts.get("data") == event.data and image.facts.get("url") == event.url
            for image in images
        )
        return None if is_known else event
    if isinstance(event, AudioDelta):
        sounds = collector.find_blocks(event.candidate, AudioBlock)
        emitted_text = "".join(text for sound in sounds for text in sound.texts)
        transcript = event.transcript.removeprefix(emitted_text)
        data = "" if any(sound.data for sound in sounds) else event.data
        is_new = data or transcript or not sounds
        return msgspec.structs.replace(event, data=data, transcript=transcript) if is_new else None
    if isinstance(event, OpaqueContent):
        emitted = collector.list_opaque(event.candidate)
        return None if all(item in emitted for item in event.raw) else event
    return event


def make_logprobs_event(
    candidate: int, fields: Fields, emitted: Sequence[TokenLogprob] = ()
) -> LogprobsDelta | None:
    """Return the event of the tokens of a finding that were not emitted; None without any."""
    logprobs = _find_missing_logprobs(read_logprobs(fields), emitted)
    if not logprobs:
        return None
    index = as_index(fields.get("index"))
    return LogprobsDelta(candidate=candidate, logprobs=tuple(logprobs), index=index)


def _find_missing_logprobs(
    logprobs: Sequence[TokenLogprob], emitted: Sequence[TokenLogprob]
) -> Sequence[TokenLogprob]:
    """Return the tokens of a closing frame that were not emitted."""
    emitted_list, count = list(emitted), len(logprobs)
    if list(logprobs[: len(emitted_list)]) == emitted_list:
        return logprobs[len(emitted_list) :]
    starts = range(len(emitted_list) - count + 1)
    is_known = any(emitted_list[start : start + count] == list(logprobs) for start in starts)
    return () if is_known else logprobs


def as_objects(value: object) -> Sequence[JsonObject]:
    """Return an object, or the objects of a list, as a tuple."""
    items = value if isinstance(value, list) else [value]
    return tuple(item for item in items if isinstance(item, Mapping))


def _get_item(values: object, position: int) -> object:
    return values[position] if isinstance(values, list) and position < len(values) else None


def _as_text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _as_id(value: object) -> str | None:
    return str(value) if isinstance(value, (int, str)) and value != "" else None
