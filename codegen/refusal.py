"""The reasons why codegen refuses to generate a twin of a file."""

from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Refusal:
    """One reason why a file is refused, with its line."""

    path: str
    line: int
    reason: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.reason}"


class SourceRefused(Exception):
    """A file can't be read as source or data."""

    def __init__(self, path: str, line: int, reason: str) -> None:
        self.refusal = Refusal(path, line, reason)
        super().__init__(str(self.refusal))
