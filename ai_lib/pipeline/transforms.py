"""Transforms change frames between the selector and the event mapper."""

from collections.abc import Callable, Iterable, Iterator
from typing import TypeAlias

from ai_lib.pipeline.selector import JsonPathSelector

Transform: TypeAlias = Callable[[object], Iterable[object]]
"""Takes a decoded frame; gives the frames that replace it."""


class ReplicateTransform:
    """Repeats every frame `count` times; with `add_index`, objects get a `_replica_index`."""

    def __init__(self, count: int = 2, *, add_index: bool = False) -> None:
        if count < 1:
            raise ValueError("count must be at least 1")
        self._count = count
        self._add_index = add_index

    def __call__(self, frame: object) -> Iterator[object]:
        """Yield the frame `count` times."""
        for index in range(self._count):
            if self._add_index and isinstance(frame, dict):
                yield {**frame, "_replica_index": index}
            else:
                yield frame


class SplitTransform:
    """Passes frames on for which `predicate` holds, and keeps the others in `filtered`.

    The predicate is a function or a match expression; without one every frame passes. What a
    function raises is raised. With `collect_filtered=False` the other frames are dropped.
    """

    def __init__(
        self,
        predicate: Callable[[object], bool] | str | None = None,
        *,
        collect_filtered: bool = True,
    ) -> None:
        if isinstance(predicate, str):
            predicate = JsonPathSelector(predicate).matches
        self._predicate = predicate
        self._collects = collect_filtered
        self.filtered: list[object] = []

    def __call__(self, frame: object) -> Iterator[object]:
        """Yield the frame if it passes."""
        if self._predicate is None or self._predicate(frame):
            yield frame
        elif self._collects:
            self.filtered.append(frame)

    def get_filtered(self) -> list[object]:
        """Return a copy of the frames that did not pass."""
        return list(self.filtered)

    def clear_filtered(self) -> None:
        """Forget the frames that did not pass."""
        self.filtered.clear()


def apply_transforms(transforms: Iterable[Transform], frame: object) -> Iterable[object]:
    """Return the frames that all transforms, one after the other, make of a frame."""
    frames: Iterable[object] = (frame,)
    for transform in transforms:
        frames = [output for source in frames for output in transform(source)]
    return frames
