"""The responses of operations: what all of them have, and those that are no files."""

from __future__ import annotations

import base64
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from ai_lib.client.call.call import Call
from ai_lib.operations.display import audio_html
from ai_lib.operations.files import find_ending, write_file
from ai_lib.pipeline.operations.result import OperationResult, find_number, find_text
from ai_lib.types.attempt import Attempt
from ai_lib.types.content import AudioBlock
from ai_lib.types.cost import CostEstimate
from ai_lib.types.json import JsonDict, JsonValue
from ai_lib.types.usage import Usage


class OperationResponse(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What every response to an operation has.

    `model` is the provider's name for it, or else the requested one. `usage` has tokens, and other
    units under `units`; `cost` is the cost of all `attempts` at the listed prices, or as the
    provider says it. `adaptations` lists what was left out because the provider does not take it.
    `raw_response` is the decoded body, None where it is no JSON or was changed by a guardrail.
    """

    model: str = ""
    provider: str = ""
    usage: Usage = Usage()
    cost: CostEstimate | None = None
    attempts: Sequence[Attempt] = ()
    adaptations: Sequence[str] = ()
    request_id: str | None = None
    raw_response: JsonValue = None


def make_facts(call: Call, result: OperationResult) -> JsonDict:
    """Return the members of `OperationResponse` for a call that has ended."""
    target = call.target
    return {
        "model": find_text(result.facts, "model") or (target.model if target else ""),
        "provider": target.compiled.id if target else "",
        "usage": result.usage,
        "cost": call.own_cost(),
        "attempts": tuple(call.attempts),
        "adaptations": tuple(result.adaptations),
        "request_id": result.request_id,
        "raw_response": result.document,
    }


class RankedDocument(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One document with its relevance; `index` is its position among those that were given."""

    index: int
    score: float
    document: str = ""

    @property
    def relevance_score(self) -> float:
        """The same as `score`."""
        return self.score


class RerankResponse(OperationResponse, frozen=True, kw_only=True, omit_defaults=True):
    """Documents by their relevance to a query, the most relevant first."""

    results: Sequence[RankedDocument] = ()

    @property
    def documents(self) -> list[str]:
        """The texts alone, in this order."""
        return [result.document for result in self.results]

    def __len__(self) -> int:
        return len(self.results)

    def _repr_html_(self) -> str:
        from ai_lib.types.markup.html import render_table

        rows = [(item.index, f"{item.score:.4f}", item.document) for item in self.results]
        return render_table(("index", "score", "document"), rows)


class SpeechResponse(OperationResponse, frozen=True, kw_only=True, omit_defaults=True):
    """Spoken text: `data` of `media_type`, whose type may say the rate of raw samples."""

    data: bytes = b""
    media_type: str = ""

    @property
    def format(self) -> str:
        """The usual name of the format, such as `mp3`."""
        return find_ending(self.media_type).removeprefix(".")

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write it to a file, and return its path; a path without an ending gets the format's.

        Raw samples that are saved as `.wav` get a head. Raises OSError.
        """
        return write_file(path, self.data, self.media_type)

    def to_block(self) -> AudioBlock:
        """Return it as a content block, for a message."""
        data = base64.b64encode(self.data).decode()
        return AudioBlock(data=data, media_type=self.media_type)

    def __repr__(self) -> str:
        return f"SpeechResponse({self.model!r}, {self.media_type!r}, {len(self.data)} bytes)"

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        return {"text/plain": repr(self), "text/html": audio_html(self.data, self.media_type)}


class ModerationResult(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What one input was found to be: `categories` that hold or not, and `scores` of each."""

    flagged: bool
    categories: Mapping[str, bool] = {}
    scores: Mapping[str, float] = {}

    @property
    def flagged_categories(self) -> list[str]:
        """The categories that hold."""
        return [name for name, holds in self.categories.items() if holds]


class ModerationResponse(OperationResponse, frozen=True, kw_only=True, omit_defaults=True):
    """One result for each input, in their order."""

    results: Sequence[ModerationResult] = ()

    @property
    def flagged(self) -> bool:
        """Whether any input was flagged."""
        return any(result.flagged for result in self.results)


def make_moderation(item: JsonDict) -> ModerationResult:
    """Return one result; where the provider does not say it, flagged is what a category is."""
    categories = item.get("categories")
    categories = categories if isinstance(categories, Mapping) else {}
    scores = item.get("scores")
    flagged = item.get("flagged")
    return ModerationResult(
        flagged=flagged if isinstance(flagged, bool) else any(categories.values()),
        categories={str(name): bool(holds) for name, holds in categories.items()},
        scores=dict(scores) if isinstance(scores, Mapping) else {},
    )


class OcrImage(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A picture in a page, by the name that the text has for it; `data` is base64 or a data URL."""

    id: str = ""
    data: str | None = None


class OcrPage(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The text of one page as Markdown; `index` counts from 0."""

    index: int
    markdown: str = ""
    images: Sequence[OcrImage] = ()
    width: float | None = None
    height: float | None = None


class OcrResponse(OperationResponse, frozen=True, kw_only=True, omit_defaults=True):
    """The pages of a document, in their order."""

    pages: Sequence[OcrPage] = ()

    @property
    def text(self) -> str:
        """The text of all pages."""
        return "\n\n".join(page.markdown for page in self.pages)


def make_page(index: int, item: JsonDict) -> OcrPage:
    """Return one page of what was read."""
    images = item.get("images")
    number = find_number(item, "index")
    return OcrPage(
        index=index if number is None else int(number),
        markdown=find_text(item, "markdown") or "",
        images=[
            OcrImage(id=str(image.get("id", "")), data=image.get("image_base64"))
            for image in (images if isinstance(images, list) else [])
            if isinstance(image, Mapping)
        ],
        width=find_number(item, "width"),
        height=find_number(item, "height"),
    )
