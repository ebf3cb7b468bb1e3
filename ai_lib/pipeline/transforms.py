"""Transforms: what may stand between the selector and the event mapper, frame by frame."""

from collections.abc import Callable, Iterable, Iterator
from typing import TypeAlias

from ai_lib.pipeline.selector import JsonPathSelector

Transform: TypeAlias = Callable[[object], Iterable[object]]
"""Takes a decoded frame; gives those that go on in its place."""


class ReplicateTransform:
    """Gives every frame `count` times; with `add_index`, objects know which of them they are."""

    def __init__(self, count: int = 2, *, add_index: bool = False) -> None:
        if count < 1:
            raise ValueError("count must be at least 1")
        self._count = count
        self._add_index = add_index

    def __call__(self, frame: object) -> Iterator[object]:
        """Give the frame as often."""
        for index in range(self._count):
            if self._add_index and isinstance(frame, dict):
                yield {**frame, "_replica_index": index}
            else:
                yield frame


class SplitTransform:
    """Lets frames through for which `predicate` holds, and keeps the others in `filtered`.

    The predicate is a function, or a match expression; without one all go on. What a function
    raises is raised. With `collect_filtered=False` the others are dropped.
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
        """Give the frame if it goes on."""
        if self._predicate is None or self._predicate(frame):
            yield frame
        elif self._collects:
            self.filtered.append(frame)

    def get_filtered(self) -> list[object]:
        """Return a copy of what was kept back."""
        return list(self.filtered)

    def clear_filtered(self) -> None:
        """Forget what was kept back."""
        self.filtered.clear()


def through(transforms: Iterable[Transform], frame: object) -> Iterable[object]:
    """Return what becomes of a frame on its way through all of them."""
    frames: Iterable[object] = (frame,)
    for transform in transforms:
        frames = [after for before in frames for after in transform(before)]
    return frames
