"""Reads a plain response that is one text and no more, as most are, without making events."""

from collections.abc import Callable, Mapping
from typing import Final

from ai_lib.pipeline.assembly.text_fragments import has_surrogate
from ai_lib.pipeline.assembly.usage import read_usage
from ai_lib.pipeline.rules.sink import Fields, FindingKind
from ai_lib.protocol.compiled import CompiledManifest
from ai_lib.types.content import TextBlock
from ai_lib.types.response import Candidate, ChatResponse
from ai_lib.types.usage import Usage

_PLAIN_TEXT_FIELDS: Final = frozenset({"content", "index"})


class SingleTextReader:
    """Takes the findings of such a response: a text, a finish reason, usage, each at most once.

    `is_single_text` says that nothing else was found, `is_empty` that neither text nor reason was.
    Otherwise what it holds is not the whole
    response, and the frame must be read by an `EventAssembler`.
    """

    __slots__ = ("_candidate", "_compiled", "_reason", "_text", "_usage", "is_single_text")

    def __init__(self, compiled: CompiledManifest) -> None:
        self.is_single_text = True
        self._compiled = compiled
        self._candidate: int | None = None
        self._text = ""
        self._reason = ""
        self._usage: Usage | None = None

    @property
    def is_empty(self) -> bool:
        return not (self._text or self._reason)

    def build_response(self, head: Mapping[str, str], **facts: object) -> ChatResponse:
        """Return the response, if it is a single text; `facts` are further fields of it."""
        text, reason = self._text, self._reason or None
        candidate = Candidate(
            index=self._candidate or 0,
            blocks=(TextBlock(text=text),) if text else (),
            finish_reason=reason,
            termination_reason=self._compiled.termination.get(reason, "other") if reason else None,
        )
        return ChatResponse(
            candidates=(candidate,),
            usage=self._usage or Usage(),
            id=head.get("id") or None,
            model=head.get("model") or None,
            **facts,  # type: ignore[arg-type]
        )

    def add(self, kind: FindingKind, candidate: int, fields: Fields) -> None:
        _ADDERS[kind](self, candidate, fields)

    def id_for(self, element: object, is_new: bool) -> str | None:
        self.is_single_text = False
        return None

    def _add_text(self, candidate: int, fields: Fields) -> None:
        text = fields.get("content")
        if not isinstance(text, str) or (len(fields) > 1 and not _is_plain(fields)):
            self.is_single_text = False
        elif not text:
            pass  # an empty text makes no candidate
        elif (
            self._text
            or not self._is_only_candidate(candidate)
            or (not text.isascii() and has_surrogate(text))
        ):
            self.is_single_text = False
        else:
            self._text = text

    def _add_finish_reason(self, candidate: int, fields: Fields) -> None:
        reason = fields.get("finish_reason")
        if not isinstance(reason, str) or not reason:
            pass  # the candidate has not ended
        elif self._reason or len(fields) > 1 or not self._is_only_candidate(candidate):
            self.is_single_text = False
        else:
            self._reason = reason

    def _add_usage(self, candidate: int, fields: Fields) -> None:
        usage = fields.get("usage")
        if not isinstance(usage, dict) or self._usage is not None:
            self.is_single_text = False
        else:
            self._usage = read_usage(self._compiled.usage, usage)

    def _add_thinking(self, candidate: int, fields: Fields) -> None:
        self.is_single_text = self.is_single_text and fields == {"thinking": ""}

    def _add_more(self, candidate: int, fields: Fields) -> None:
        self.is_single_text = False

    def _is_only_candidate(self, candidate: int) -> bool:
        if self._candidate is None:
            self._candidate = candidate
        return self._candidate == candidate


_ADDERS: Final[Mapping[FindingKind, Callable[[SingleTextReader, int, Fields], None]]] = {
    "text": SingleTextReader._add_text,
    "thinking": SingleTextReader._add_thinking,
    "tool_call": SingleTextReader._add_more,
    "tool_call_end": SingleTextReader._add_more,
    "opaque": SingleTextReader._add_more,
    "citation": SingleTextReader._add_more,
    "source": SingleTextReader._add_more,
    "logprobs": SingleTextReader._add_more,
    "media": SingleTextReader._add_more,
    "provider_block": SingleTextReader._add_more,
    "hosted_start": SingleTextReader._add_more,
    "hosted_delta": SingleTextReader._add_more,
    "hosted_result": SingleTextReader._add_more,
    "metadata": SingleTextReader._add_usage,
    "finish": SingleTextReader._add_finish_reason,
    "end": SingleTextReader._add_more,
    "error": SingleTextReader._add_more,
}


def _is_plain(fields: Fields) -> bool:
    return fields.keys() <= _PLAIN_TEXT_FIELDS
