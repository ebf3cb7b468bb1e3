"""The `operations:` part of a dialect: what a provider does beside chat, such as speech or images.

    operations:
      rerank:
        path: /v2/rerank
        body: { model: $model, query: $query, documents: $documents, top_n: $limit }
        items: { documents: $text }
        answer: { each: ["$.results[*]"], item: { index: ["@.index"], score: ["@.score"] } }
        usage: { search_units: [$.meta.billed_units.search_units] }

Templates are those of `protocol/dialect/template.py`; their placeholders are the standard names of
what a caller may give. What the caller gives and no template takes is left out and reported.
"""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase as fnmatch
from typing import Final, Literal

import msgspec

from ai_lib.errors.exceptions import ProtocolError
from ai_lib.protocol.dialect.template import find_placeholders
from ai_lib.protocol.json_merge import apply_merge_patch
from ai_lib.protocol.query.expression import compile_expression
from ai_lib.protocol.query.path import compile_path
from ai_lib.types.json import JsonDict, JsonValue

Encoding = Literal["json", "multipart", "form", "bytes", "none"]
JobState = Literal["running", "succeeded", "failed", "cancelled", "expired"]
Paths = tuple[str, ...]


class _Part(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The parent of every part: an unknown key is an error that names its path."""


class ListPart(_Part, frozen=True, kw_only=True):
    """A list in a response: its elements, and the paths of each member of one.

    `each` are paths of the elements; the first that selects something counts. An element for which
    `refused` holds was filtered, one for which `kept` does not hold is passed over.
    """

    each: Paths
    item: dict[str, Paths] = {}
    refused: str | None = None
    kept: str | None = None


class AnswerPart(_Part, frozen=True, kw_only=True):
    """How a response is read.

    `each`, `item`, `refused` and `kept` are of the main list, `lists` has others by name, as
    `words` and `segments` of a transcription. `facts` are members of the whole; where the first
    path that finds something finds several texts, they are joined. `data` are the paths of bytes
    that are `coding`, `media_type` the paths of their type, or `header:NAME`.

    `delta` is the path of a piece of text in a frame of a stream. A frame for which `final` holds
    has the whole again, one for which `partial` holds will be replaced, one for which `failed`
    holds is an error. `scale` multiplies numbers to seconds and the like, by their names.
    """

    form: Literal["json", "bytes", "text", "sse", "json_lines"] = "json"
    each: Paths = ()
    item: dict[str, Paths] = {}
    refused: str | None = None
    kept: str | None = None
    lists: dict[str, ListPart] = {}
    facts: dict[str, Paths] = {}
    data: Paths = ()
    coding: Literal["base64", "hex"] = "base64"
    media_type: Paths = ()
    delta: Paths = ()
    final: str | None = None
    partial: str | None = None
    failed: str | None = None
    scale: dict[str, float] = {}


class OptionPart(_Part, frozen=True, kw_only=True):
    """What one value of an option adds to a request."""

    query: dict[str, str] = {}
    headers: dict[str, str] = {}
    body: JsonDict = {}


class JobPart(_Part, frozen=True, kw_only=True):
    """A response that is a job: it is asked for by `status` until its state is final.

    `id` is the path of its id, `address` that of a whole address to ask, which is taken only on
    the provider's own host or one of `hosts`. `state` is the path of the provider's word for its
    state and `states` what the words mean; without a word the job is `running`, or `succeeded`
    where `done` holds and `failed` where `failed` holds. `result` is the operation that gets the
    content, by the id that `result_id` finds (the job's own without it); `cancel` the one that
    ends the job. It is asked for each `every` seconds, and given up after `after` seconds.
    """

    id: Paths = ()
    address: Paths = ()
    hosts: tuple[str, ...] = ()
    status: str
    state: Paths = ()
    states: dict[str, JobState] = {}
    done: str | None = None
    failed: str | None = None
    progress: Paths = ()
    message: Paths = ()
    result: str | None = None
    result_id: Paths = ()
    cancel: str | None = None
    every: float = 2.0
    after: float = 600.0


class PagePart(_Part, frozen=True, kw_only=True):
    """How a list goes on: `next` is the path of what asks for the next page, in `query`.

    Where `more` is given and does not hold, there is no next page.
    """

    next: Paths
    more: str | None = None
    query: str


class OperationShape(_Part, frozen=True, kw_only=True):
    """One operation.

    The `{...}` of `path` (`{+...}` where slashes stay as they are) and the placeholders of `query`,
    `headers` and `body` are filled with the caller's values. `items` writes each element of a list
    that is given, `files` names the form fields of files (a field for each file of a list). `words`
    are the provider's words for standard values, `options` what one value of an option adds,
    `required` what is sent when the caller says nothing, `needs` what the caller has to say.
    `usage.cost` is what the provider says that it cost, in `cost_unit`s of `cost_currency`.

    `limits` are the most of a number, of the characters of a text, of the elements of a list, or
    (`bytes`) of a file; `model_limits` those of models by pattern. `usage` has the paths of what
    was used by its unit, a field of `Usage` or another name: a path, `header:NAME`,
    `length:NAME` (the characters of what was sent) or `count` (the elements that came); the first
    that finds something counts. `at_most` bounds a unit before the request, for each element that
    is sent or asked for; with `element_characters`, a text is one for so many characters. Its
    `file_tokens` bound the tokens of a file, its `sound_tokens` those of a second of sound.

    With `like`, the members of another operation hold that are not given here; null takes one away.
    `before` are operations that are called first, for the same caller's values; what their answers
    have as `facts` joins the values, and a fact `address` is where this one goes, on the
    provider's own host. With `from_root`, the path begins at the host and not at the base address.
    What is `cached` has equal answers to equal requests, so that a cache may keep them.
    `streamed` names the operation that gives the same as it comes, `addressed` the one for files
    that are given by their address, `models` those for models by pattern.
    """

    path: str = ""
    from_root: bool = False
    method: str = "POST"
    encoding: Encoding = "json"
    query: dict[str, str] = {}
    headers: dict[str, str] = {}
    body: JsonValue = {}
    items: dict[str, JsonValue] = {}
    files: dict[str, str] = {}
    words: dict[str, dict[str, JsonValue]] = {}
    options: dict[str, dict[str, OptionPart]] = {}
    required: dict[str, JsonValue] = {}
    needs: tuple[str, ...] = ()
    accept: str | None = None
    answer: AnswerPart = AnswerPart()
    usage: dict[str, Paths] = {}
    cost_unit: float = 1.0
    cost_currency: str = "USD"
    limits: dict[str, float] = {}
    model_limits: dict[str, dict[str, float]] = {}
    at_most: dict[str, float] = {}
    element_characters: int | None = None
    before: tuple[str, ...] = ()
    streamed: str | None = None
    addressed: str | None = None
    models: dict[str, str] = {}
    job: JobPart | None = None
    pages: PagePart | None = None
    cached: bool = False
    redirects: bool = False
    """Whether a redirect to the same host is followed, with the key."""

    @property
    def placeholders(self) -> frozenset[str]:
        """The standard names that a request takes."""
        parts: tuple[JsonValue, ...] = (self.path, dict(self.query), dict(self.headers), self.body)
        names = frozenset().union(*(find_placeholders(part) for part in parts))
        in_items = (find_placeholders(item) - _OF_ELEMENTS for item in self.items.values())
        return names.union(*in_items, self.files, self.options, _find_path_names(self.path))


_OF_ELEMENTS: Final = frozenset({"text", "url", "data", "media_type", "address", "data_url"})


def _find_path_names(path: str) -> frozenset[str]:
    return frozenset(part.partition("}")[0].removeprefix("+") for part in path.split("{")[1:])


def resolve_operation(section: Mapping[str, object], name: str) -> JsonDict | None:
    """Return the document of an operation, over the one that its `like` names; None without one.

    Raises ProtocolError for one that is like itself.
    """
    document = section.get(name)
    if not isinstance(document, dict):
        return None
    names = [name]
    while isinstance(other := document.get("like"), str):
        base = section.get(other)
        if other in names or not isinstance(base, dict):
            raise ProtocolError(f"operations.{name} is like {other!r}, which is none or itself")
        names.append(other)
        own_members = {key: value for key, value in document.items() if key != "like"}
        document = apply_merge_patch(base, own_members)
        if "like" in base:
            document["like"] = base["like"]
    return document


def compile_operation(section: Mapping[str, object], name: str) -> OperationShape | None:
    """Return an operation of the section, its paths and expressions checked; None without one.

    Raises:
        ProtocolError: a part is unknown or misshapen, or a path does not parse.
    """
    document = resolve_operation(section, name)
    if document is None:
        return None
    document = {key: value for key, value in document.items() if value is not None}
    try:
        shape = msgspec.convert(document, OperationShape)
    except msgspec.ValidationError as error:
        raise ProtocolError(f"operations.{name}: {error}") from error
    _check_syntax(shape)
    for other in (shape.streamed, shape.addressed, *shape.before, *shape.models.values()):
        if other is not None and other not in section:
            raise ProtocolError(f"operations.{name} names {other!r}, which is no operation")
    return shape


def check_operations(section: Mapping[str, object]) -> None:
    """Check every operation of the section. Raises as `compile_operation`."""
    for name in section:
        compile_operation(section, name)


def select_for_model(shape: OperationShape, model: str) -> str | None:
    """Return the operation that stands for this one with a model, None when it does itself."""
    return next((name for pattern, name in shape.models.items() if fnmatch(model, pattern)), None)


def find_limits(shape: OperationShape, model: str) -> dict[str, float]:
    """Return the limits of a request to a model."""
    limits = dict(shape.limits)
    for pattern, own_limits in shape.model_limits.items():
        if fnmatch(model, pattern):
            limits.update(own_limits)
    return limits


def _check_syntax(shape: OperationShape) -> None:
    answer, job, pages = shape.answer, shape.job, shape.pages
    lists = [ListPart(each=answer.each, item=answer.item), *answer.lists.values()]
    groups: list[Paths] = [answer.data, answer.delta]
    for part in lists:
        groups += [part.each, *part.item.values()]
    groups += [*answer.facts.values(), *shape.usage.values(), answer.media_type]
    conditions = [answer.refused, answer.kept, answer.final, answer.partial, answer.failed]
    conditions += [condition for part in lists for condition in (part.refused, part.kept)]
    if job is not None:
        groups += [job.id, job.address, job.state, job.progress, job.message, job.result_id]
        conditions += [job.done, job.failed]
    if pages is not None:
        groups.append(pages.next)
        conditions.append(pages.more)
    for group in groups:
        for text in group:
            if is_path(text):
                compile_path(text)
    for condition in conditions:
        if condition is not None:
            compile_expression(condition)


def is_path(text: str) -> bool:
    """Whether a place is a path in the body: others are headers, lengths and counts."""
    return text.startswith(("$", "@"))
