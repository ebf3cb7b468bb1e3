"""What codegen says about a file that it will not turn into its twin."""

from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Refusal:
    """One reason why a file is refused, and where it stands."""

    path: str
    line: int
    reason: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.reason}"


class Refused(Exception):
    """A file cannot be read as source or data at all."""

    def __init__(self, path: str, line: int, reason: str) -> None:
        self.refusal = Refusal(path, line, reason)
        super().__init__(str(self.refusal))
