"""What was fetched, kept on disk with its digest, in the place the system has for such things."""

import json
import os
import sys
from pathlib import Path

from ai_lib._log import LOG
from ai_lib.protocol.watch import digest


class RemoteCache:
    """Keeps fetched texts by address. A file that is not what was written is as good as none."""

    def __init__(self, folder: str | Path | None = None) -> None:
        self._folder = Path(folder) if folder is not None else _system_folder() / "manifests"

    def get(self, url: str) -> str | None:
        """Return what was kept of an address."""
        try:
            kept = json.loads(self._path(url).read_bytes())
            text, written, of = kept["text"], kept["sha256"], kept["url"]
        except (OSError, ValueError, LookupError, TypeError, RecursionError):
            return None
        intact = isinstance(text, str) and of == url and digest(text) == written
        return text if intact else None

    def put(self, url: str, text: str) -> None:
        """Keep a text; a disk that can't be written to costs a fetch, not a failure."""
        path = self._path(url)
        record = {"url": url, "sha256": digest(text), "text": text}
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            import tempfile

            handle, name = tempfile.mkstemp(dir=path.parent, suffix=".part")
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                json.dump(record, file)
            os.replace(name, path)
        except OSError as error:
            LOG.info("a fetched manifest can't be kept in %s: %s", path.parent, error)

    def _path(self, url: str) -> Path:
        return self._folder / f"{digest(url)[:32]}.json"


def _system_folder() -> Path:
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local"
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    else:
        base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "ai-lib"
