"""A plain reply that is one text and no more, as most are: read without a detour over events."""

from typing import Final

from ai_lib.pipeline.assembly.text_fragments import has_half
from ai_lib.pipeline.assembly.usage import read_usage
from ai_lib.pipeline.rules.sink import Fields
from ai_lib.protocol.compiled import CompiledManifest
from ai_lib.types.content import TextBlock
from ai_lib.types.response import Candidate, ChatResponse
from ai_lib.types.usage import Usage

_OF_PLAIN_TEXT: Final = frozenset({"content", "index", "citations"})


class SingleTextReader:
    """The sink of such a reply: a text, why it ended, the usage, each at most once.

    `is_all` says that nothing else was found. Otherwise what it has is not the whole reply, and
    the frame must be read by an `Assembly`, which alone knows what else there can be.
    """

    __slots__ = ("_candidate", "_compiled", "_reason", "_text", "_usage", "is_all")

    def __init__(self, compiled: CompiledManifest) -> None:
        self.is_all = True
        self._compiled = compiled
        self._candidate: int | None = None
        self._text = ""
        self._reason = ""
        self._usage: Usage | None = None

    def response(self, heads: dict[str, str], **facts: object) -> ChatResponse:
        """Return the reply, if this is all of it; `facts` are further fields of ChatResponse."""
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
            id=heads.get("id") or None,
            model=heads.get("model") or None,
            **facts,  # type: ignore[arg-type]
        )

    def text(self, candidate: int, fields: Fields) -> None:
        text = fields.get("content")
        if not isinstance(text, str) or (len(fields) > 1 and not _is_plain(fields)):
            self.is_all = False
        elif not text:
            pass  # who says nothing is no candidate
        elif self._text or not self._is_of(candidate) or has_half(text):
            self.is_all = False
        else:
            self._text = text

    def finish(self, candidate: int, fields: Fields) -> None:
        reason = fields.get("finish_reason")
        if not isinstance(reason, str) or not reason:
            pass  # it has not ended
        elif self._reason or not self._is_of(candidate):
            self.is_all = False
        else:
            self._reason = reason

    def metadata(self, candidate: int, fields: Fields) -> None:
        usage = fields.get("usage")
        if not isinstance(usage, dict) or self._usage is not None:
            self.is_all = False
        else:
            self._usage = read_usage(self._compiled.usage, usage)

    def thinking(self, candidate: int, fields: Fields) -> None:
        self.is_all = self.is_all and fields == {"thinking": ""}

    def more(self, candidate: int, fields: Fields) -> None:
        """Take what does not belong to one text."""
        self.is_all = False

    tool_call = tool_call_end = opaque = foreign_block = end = error = more

    def made_id(self, element: object, is_new: bool) -> str | None:
        self.is_all = False
        return None

    def _is_of(self, candidate: int) -> bool:
        if self._candidate is None:
            self._candidate = candidate
        return self._candidate == candidate


def _is_plain(fields: Fields) -> bool:
    return fields.keys() <= _OF_PLAIN_TEXT and fields.get("citations", []) == []
