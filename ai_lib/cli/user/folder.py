"""Finds the folder where the commands keep what is the user's."""

import os
import sys
from pathlib import Path


def find_user_folder() -> Path:
    """Return the folder of the user's data; it need not exist. `AI_LIB_HOME` names another one."""
    if folder := os.environ.get("AI_LIB_HOME"):
        return Path(folder)
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local"
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Application Support"
    else:
        base = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(base) / "ai-lib"


def make_user_folder() -> Path:
    """Return the folder, which only its owner may enter; make it if need be.

    Raises:
        OSError: it can't be made.
    """
    folder = find_user_folder()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder
