"""Text that a provider says anew in each frame, longer each time."""

from ai_lib.errors.tree import DecodeError


class Total:
    """Knows what was said, and so what is new. Cost is linear in the bytes received."""

    def __init__(self) -> None:
        self._said = ""

    def news(self, total: str) -> str:
        """Return what `total` adds to what was said; a part of that, said again, adds nothing.

        Raises DecodeError when it is something else: what was given out can't be taken back.
        """
        if total.startswith(self._said):
            new, self._said = total[len(self._said) :], total
            return new
        if self._said.startswith(total):
            return ""
        raise DecodeError(
            f"the answer changed what it had said, to {total[:200]!r}", excerpt=total[:200]
        )
