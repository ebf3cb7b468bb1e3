"""The two packages as their tests see them."""

import importlib
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).parents[2]


def rooms() -> list[str]:
    """Give the root and every room, as a suffix to either package's name."""
    inits = sorted((ROOT / "ai_lib").rglob("__init__.py"))
    folders = [init.parent for init in inits if "_WHERE" in init.read_text(encoding="utf-8")]
    return ["".join(f".{part}" for part in f.relative_to(ROOT / "ai_lib").parts) for f in folders]


def room(package: str, suffix: str) -> ModuleType:
    """Import a room of one of the packages."""
    return importlib.import_module(package + suffix)


def sources(*folders: str) -> list[Path]:
    """Give the Python files people write in these folders."""
    found = [path for folder in folders for path in (ROOT / folder).rglob("*.py")]
    return sorted(path for path in found if "_sync" not in path.relative_to(ROOT).parts)
