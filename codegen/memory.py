"""Remembers what was derived from a text, so that the next run derives only what has changed.

The file `.codegen_cache.json` may be removed at any time. It holds for the interpreter and for the
sources of codegen that wrote it.
"""

import hashlib
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

_FILE = ".codegen_cache.json"
_T = TypeVar("_T")


class Memory:
    """Results by what they are, the path and the text; those not asked for again are dropped."""

    def __init__(self, root: Path) -> None:
        self._file = root / _FILE
        self._stamp = _compute_stamp()
        self._stored = self._load()
        self._used: dict[str, Any] = {}

    def find(self, kind: str, path: str, text: str) -> Any:
        """Return the result, or None where there is none."""
        key = _make_key(kind, path, text)
        if key in self._stored:
            self._used[key] = self._stored[key]
        return self._used.get(key)

    def store(self, kind: str, path: str, text: str, result: Any) -> None:
        """Keep a result that JSON can hold, and that is not None."""
        self._used[_make_key(kind, path, text)] = result

    def get(self, kind: str, path: str, text: str, derive: Callable[[], _T]) -> _T:
        """Return the result; where there is none, derive and keep it."""
        result: _T | None = self.find(kind, path, text)
        if result is None:
            result = derive()
            self.store(kind, path, text, result)
        return result

    def save(self) -> None:
        """Write what was asked for in this run, where it is not what was read."""
        if self._used.keys() == self._stored.keys():
            return
        temporary = self._file.with_suffix(".new")
        temporary.write_text(json.dumps([self._stamp, self._used]), encoding="utf-8")
        temporary.replace(self._file)

    def _load(self) -> dict[str, Any]:
        try:
            stamp, results = json.loads(self._file.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return dict(results) if stamp == self._stamp else {}


def _make_key(kind: str, path: str, text: str) -> str:
    return f"{kind} {path} {hashlib.sha256(text.encode()).hexdigest()}"


def _compute_stamp() -> str:
    digest = hashlib.sha256(sys.version.encode())
    for file in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(file.read_bytes())
    return digest.hexdigest()
