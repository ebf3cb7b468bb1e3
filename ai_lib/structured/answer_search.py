"""Finds the answer among the JSON values of a text: not a draft, not an example, the last one."""

import re
from collections.abc import Iterator
from typing import Final

import msgspec

from ai_lib.structured.partial_json import PartialJson
from ai_lib.types.json import JsonValue
from ai_lib.types.schema.reading import decode_exactly, read_fraction

# Elements in which models think aloud or show forms.
_ASIDE: Final = re.compile(
    r"<(think|thinking|thought|reasoning|scratchpad|draft|examples?|template)\b[^<>]{0,200}>.*?</\1>",
    re.IGNORECASE | re.DOTALL,
)
_FORM: Final = re.compile(
    r"\b(?:drafts?|first (?:try|attempt|version)|rough|wrong|incorrect|invalid|mistaken|not|"
    r"instead of|rather than|(?:the|this) (?:form|format|shape|structure)|"
    r"template|schema|placeholders?|entwurf|falsch|vorlage|brouillon|borrador)\b[^{}\[\]]{0,40}\Z"
    r"|(?:草稿|模板|格式)[^{}\[\]]{0,20}\Z",
    re.IGNORECASE,
)
_EXAMPLE: Final = re.compile(
    r"(?:\b(?:examples?|e\.g\.|for instance|such as|like this|z\.\s?b\.|zum beispiel|beispiel|"
    r"par exemple|por ejemplo|esempio)|例)[^{}\[\]]{0,40}\Z",
    re.IGNORECASE,
)
_ALTERNATIVE: Final = re.compile(
    r"\b(?:or|alternatively|either|another (?:option|possibility)|option \w+|oder|ou|o bien)\b"
    r"|或者|または|もしくは",
    re.IGNORECASE,
)
_LEAD: Final = 80  # characters before a value that say what it is


class FoundJson(msgspec.Struct, frozen=True, kw_only=True):
    """A JSON value in a text, what introduces it, and whether it stands alone in a code fence."""

    value: JsonValue
    lead: str
    is_fenced: bool = False

    @property
    def is_form(self) -> bool:
        """Whether it is introduced as a draft, or as the form of an answer."""
        return _FORM.search(self.lead) is not None

    @property
    def is_example(self) -> bool:
        """Whether it is introduced as an example."""
        return _EXAMPLE.search(self.lead) is not None

    @property
    def is_alternative(self) -> bool:
        """Whether it is one of two that compete."""
        return _ALTERNATIVE.search(self.lead) is not None


def list_json(text: str) -> list[FoundJson]:
    """Return the JSON values of a text in their order; cost is linear.

    A text that is JSON as a whole has one; what stands in an element for thoughts is passed over.
    """
    decoded = _decode(text)
    if decoded is not None:
        return [FoundJson(value=decoded[0], lead="")]
    spoken_text = _ASIDE.sub(" ", text)
    return [*_list_fenced(spoken_text), *_list_in_prose(spoken_text)]


def choose_answer(fitting: list[FoundJson]) -> list[FoundJson]:
    """Return the one that answers; several when they compete, none when all are forms.

    Of values alone in code fences and others, the former count.
    """
    answers = [json for json in fitting if not json.is_form]
    answers = [json for json in answers if not json.is_example] or answers
    answers = [json for json in answers if json.is_fenced] or answers
    if len(answers) > 1 and answers[-1].is_alternative and answers[-1].value != answers[-2].value:
        return answers[-2:]
    return answers[-1:]


def _list_fenced(text: str) -> Iterator[FoundJson]:
    pieces = text.split("```")
    for before, fence in zip(pieces[::2], pieces[1::2], strict=False):
        decoded = _decode(fence.partition("\n")[2])
        if decoded is not None:
            yield FoundJson(value=decoded[0], lead=before.rstrip()[-_LEAD:], is_fenced=True)


def _list_in_prose(text: str) -> Iterator[FoundJson]:
    position = 0
    while position < len(text):
        partial = PartialJson(read_fraction=read_fraction)
        partial.feed(text, position)
        if not partial.is_complete:
            return
        lead = text[max(position, partial.start - _LEAD) : partial.start]
        yield FoundJson(value=partial.value, lead=lead)
        position = partial.end


def _decode(text: str) -> tuple[JsonValue] | None:
    try:
        return (decode_exactly(text.strip()),)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return None
