"""Feedback of people on a response: ratings, choices, corrections."""

from collections.abc import Sequence
from datetime import datetime, timezone
from typing import Any

import msgspec


def _now() -> datetime:
    return datetime.now(timezone.utc)


class Feedback(msgspec.Struct, frozen=True, kw_only=True, tag_field="type"):
    """What every kind has: `request_id` is that of the response it is about."""

    request_id: str
    timestamp: datetime = msgspec.field(default_factory=_now)

    def to_dict(self) -> dict[str, Any]:
        """Return plain data; `type` is the kind of feedback."""
        data: dict[str, Any] = msgspec.to_builtins(self)
        return data


class RatingFeedback(Feedback, frozen=True, kw_only=True, tag="rating"):
    """A rating from 0 to `max_rating`.

    Raises:
        ValueError: the rating is outside of that.
    """

    rating: int
    max_rating: int = 5
    category: str | None = None
    comment: str | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.rating <= self.max_rating:
            raise ValueError(f"a rating is from 0 to {self.max_rating}, not {self.rating}")


class ThumbsFeedback(Feedback, frozen=True, kw_only=True, tag="thumbs"):
    """Thumbs up or down."""

    is_positive: bool
    reason: str | None = None


class ChoiceSelectionFeedback(Feedback, frozen=True, kw_only=True, tag="choice_selection"):
    """Which of several candidates was chosen, by its index.

    `latency_to_select_ms` is how long that took; `candidate_hashes` identify the
    candidates without their text, `ui_context` says where they were shown.

    Raises:
        ValueError: an index is negative, or the chosen one was rejected as well.
    """

    chosen_index: int
    rejected_indices: Sequence[int] | None = None
    latency_to_select_ms: float | None = None
    ui_context: str | None = None
    candidate_hashes: Sequence[str] | None = None

    def __post_init__(self) -> None:
        rejected = tuple(self.rejected_indices or ())
        if min((self.chosen_index, *rejected)) < 0 or self.chosen_index in rejected:
            raise ValueError("indices are 0 or more, and the chosen one is not rejected")


class TextFeedback(Feedback, frozen=True, kw_only=True, tag="text"):
    """Free text."""

    text: str
    category: str | None = None


class CorrectionFeedback(Feedback, frozen=True, kw_only=True, tag="correction"):
    """What the response should have been, as texts, or as hashes of them to reveal no content."""

    original: str | None = None
    corrected: str | None = None
    original_hash: str | None = None
    corrected_hash: str | None = None
    edit_distance: int | None = None


class RegenerateFeedback(Feedback, frozen=True, kw_only=True, tag="regenerate"):
    """Another response was requested."""

    reason: str | None = None
    regeneration_count: int = 1
    new_request_id: str | None = None


class StopFeedback(Feedback, frozen=True, kw_only=True, tag="stop"):
    """A response was stopped before it was complete."""

    reason: str | None = None
    tokens_generated: int | None = None
    elapsed_ms: float | None = None
