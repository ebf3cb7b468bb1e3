"""Splits a frame into what it says of each candidate."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Final

import msgspec

from ai_lib.pipeline.rules.sink import FindingSink
from ai_lib.protocol.query.path import JsonPath, compile_path


class Position(msgspec.Struct, frozen=True, gc=False):
    """The position of a finding in a response: its candidate, and the index of its part."""

    candidate: int = 0
    index: int | None = None


Step = Callable[[object, object, Position, FindingSink], bool]  # True when it found something

FIRST: Final = Position()
_MEMBER: Final = re.compile(r"^(?:\$\.)?(\w+)\[\*\]$")


class FanOut:
    """Splits what `path` selects; `candidate` is the path of each element's candidate index.

    An element without such an index, or with one below zero, belongs to the candidate of its
    position. With `numbered`, its position is also the `index` of what is found in it, with `index`
    what that path selects; without `candidate`, it is only that. A pipeline's rules with `each`
    and `candidate` run through it.

    Raises:
        ManifestSyntaxError: a path does not parse.
    """

    def __init__(
        self,
        path: str | JsonPath = "$.choices[*]",
        candidate: str | JsonPath | None = "@.index",
        *,
        numbered: bool = False,
        index: JsonPath | None = None,
    ) -> None:
        self.path = compile_path(path) if isinstance(path, str) else path
        self.candidate = compile_path(candidate) if isinstance(candidate, str) else candidate
        self.numbered = numbered
        self.index = index
        match = _MEMBER.match(self.path.text)
        self._member = match[1] if match else None

    def wrap_step(self, step: Step) -> Step:
        """Return the step that runs `step` on every element, at its candidate's position."""
        select, numbered = self.path.select, self.numbered
        read_candidate = None if self.candidate is None else self.candidate.first
        read_index = None if self.index is None else self.index.first

        def run(node: object, root: object, position: Position, sink: FindingSink) -> bool:
            has_found = False
            for number, element in enumerate(select(node, root)):
                candidate = position.candidate
                if read_candidate is not None:
                    value = read_candidate(element, root)
                    candidate = value if type(value) is int and value >= 0 else number
                index = number if numbered else position.index
                if read_index is not None:
                    value = read_index(element, root)
                    index = value if type(value) is int else index
                element_position = position
                if candidate != position.candidate or index != position.index:
                    element_position = Position(candidate, index)
                if step(element, root, element_position, sink):
                    has_found = True
            return has_found

        return run

    def split(self, frame: object) -> list[tuple[int, object]]:
        """Return the candidates in a frame: the index of each, and what the frame says of it."""
        candidates: list[tuple[int, object]] = []

        def collect(element: object, root: object, position: Position, sink: FindingSink) -> bool:
            candidates.append((position.candidate, element))
            return True

        self.wrap_step(collect)(frame, frame, FIRST, None)  # type: ignore[arg-type]
        return candidates

    def __call__(self, frame: object) -> Iterator[object]:
        """Yield one frame for each element, with the frame's other members.

        This makes a fan-out a transform. A frame in which nothing is selected is yielded as it is.
        """
        elements = self.split(frame)
        if not elements:
            yield frame
        members = frame if isinstance(frame, Mapping) else {}
        shared = {name: value for name, value in members.items() if name != self._member}
        for _, element in elements:
            element_members = element if isinstance(element, Mapping) else {"value": element}
            yield {**shared, **element_members}
