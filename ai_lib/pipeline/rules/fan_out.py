"""The fan-out: takes a frame apart into what it says of each candidate."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Final

import msgspec

from ai_lib.pipeline.rules.sink import FindingSink
from ai_lib.protocol.query.path import Path, compile_path


class Position(msgspec.Struct, frozen=True, gc=False):
    """Where in a reply a finding stands: its candidate, and its position among the parts."""

    candidate: int = 0
    position: int | None = None


Step = Callable[[object, object, Position, FindingSink], bool]  # whether it found something

FIRST: Final = Position()
_MEMBER: Final = re.compile(r"^(?:\$\.)?(\w+)\[\*\]$")


class FanOut:
    """Takes apart what `path` selects; each element is of the candidate that `candidate` names.

    An element that names none, or a number below zero, is of the candidate of its position. With
    `numbered`, its position is also the `index` of what is found in it, and without `candidate`
    only that. A pipeline's rules with `each` and `candidate` run through it.

    Raises:
        ManifestSyntaxError: a path does not parse.
    """

    def __init__(
        self,
        path: str | Path = "$.choices[*]",
        candidate: str | Path | None = "@.index",
        *,
        numbered: bool = False,
    ) -> None:
        self.path = compile_path(path) if isinstance(path, str) else path
        self.candidate = compile_path(candidate) if isinstance(candidate, str) else candidate
        self.numbered = numbered
        found = _MEMBER.match(self.path.text)
        self._member = found[1] if found else None

    def over(self, step: Step) -> Step:
        """Return the step that takes `step` to every element, at its candidate's place."""
        select, numbered = self.path.select, self.numbered
        named = None if self.candidate is None else self.candidate.first

        def run(node: object, root: object, place: Position, sink: FindingSink) -> bool:
            found = False
            for position, element in enumerate(select(node, root)):
                known = place.candidate
                if named is not None:
                    index = named(element, root)
                    known = index if type(index) is int and index >= 0 else position
                own = position if numbered else place.position
                here = place
                if known != place.candidate or own != place.position:
                    here = Position(known, own)
                if step(element, root, here, sink):
                    found = True
            return found

        return run

    def split(self, frame: object) -> list[tuple[int, object]]:
        """Return the candidates in a frame: the index of each, and what the frame says of it."""
        found: list[tuple[int, object]] = []

        def note(element: object, root: object, place: Position, sink: FindingSink) -> bool:
            found.append((place.candidate, element))
            return True

        self.over(note)(frame, frame, FIRST, None)  # type: ignore[arg-type]
        return found

    def __call__(self, frame: object) -> Iterator[object]:
        """Give one frame for each element, with the frame's other members: as a transform.

        A frame in which nothing is selected is given as it is.
        """
        elements = self.split(frame)
        if not elements:
            yield frame
        rest = frame if isinstance(frame, Mapping) else {}
        beside = {name: value for name, value in rest.items() if name != self._member}
        for _, element in elements:
            own = element if isinstance(element, Mapping) else {"value": element}
            yield {**beside, **own}
