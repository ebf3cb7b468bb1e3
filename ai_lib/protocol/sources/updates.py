"""Keeps the manifests that `ai-lib update` put in force, in the user's cache.

Each update is a folder of its own with all manifests that it left in force; the file `current`
names the one that counts. So an update takes force at once and whole, and can be undone.
"""

import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from ai_lib._runtime.private_files import open_private
from ai_lib.errors.exceptions import ProtocolError
from ai_lib.protocol.sources.remote_address import find_cache_folder

_MOST_KEPT: Final = 10
_CURRENT: Final = "current"


class UpdateStore:
    """The updates in one folder, that of the user's cache when none is given."""

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = find_updates_folder() if folder is None else folder

    def find_current(self) -> Path | None:
        """Return the folder of the manifests in force, or None when there is no update."""
        try:
            name = (self.folder / _CURRENT).read_text("utf-8").strip()
        except (OSError, ValueError):
            return None
        path = self.folder / name
        return path if name.isdecimal() and path.is_dir() else None

    def put(self, texts: Mapping[str, str]) -> Path:
        """Put manifests in force by the names of their files, beside those of earlier updates.

        Raises ProtocolError when they can't be written.
        """
        current = self.find_current()
        earlier_paths = {path.name: path for path in current.iterdir()} if current else {}
        numbers = self._list_numbers()
        folder = self.folder / str(max(numbers, default=0) + 1)
        try:
            folder.mkdir(mode=0o700, parents=True)
            for name, path in earlier_paths.items():
                if Path(name).stem not in {Path(new).stem for new in texts}:
                    _write_private(folder / name, path.read_text("utf-8"))
            for name, text in texts.items():
                _write_private(folder / name, text)
            self._set_current(folder.name)
        except OSError as error:
            raise ProtocolError(
                f"the update can't be kept in {folder}: {error}", source=str(folder)
            ) from error
        for number in sorted(numbers)[: -_MOST_KEPT + 1]:
            shutil.rmtree(self.folder / str(number), ignore_errors=True)
        return folder

    def undo(self) -> Path | None:
        """Take the last update out of force; return the folder that counts now, or None.

        Raises ProtocolError when there is no update.
        """
        current = self.find_current()
        if current is None:
            raise ProtocolError(f"there is no update in {self.folder}", source=str(self.folder))
        earlier = [number for number in self._list_numbers() if number < int(current.name)]
        try:
            if earlier:
                self._set_current(str(max(earlier)))
            else:
                (self.folder / _CURRENT).unlink()
        except OSError as error:
            raise ProtocolError(
                f"the update can't be undone in {self.folder}: {error}", source=str(self.folder)
            ) from error
        shutil.rmtree(current, ignore_errors=True)
        return self.find_current()

    def _list_numbers(self) -> list[int]:
        if not self.folder.is_dir():
            return []
        return [int(path.name) for path in self.folder.iterdir() if path.name.isdecimal()]

    def _set_current(self, name: str) -> None:
        handle, temporary = tempfile.mkstemp(dir=self.folder, suffix=".part")
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(f"{name}\n")
        os.replace(temporary, self.folder / _CURRENT)


def find_updates_folder() -> Path:
    """Return the folder of updates in the user's cache; it need not exist."""
    return find_cache_folder() / "updates"


def _write_private(path: Path, text: str) -> None:
    with open(path, "w", encoding="utf-8", opener=open_private) as file:
        file.write(text)
