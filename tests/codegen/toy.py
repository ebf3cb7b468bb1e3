"""A project small enough to read at a glance, with one file of each kind."""

import shutil
from pathlib import Path

from codegen.__main__ import main

ROOT = Path(__file__).parents[2]

ROOM = """\
\"\"\"A room.\"\"\"

from typing import TYPE_CHECKING

from ai_lib._lazy import exports

if TYPE_CHECKING:
{exported}

_WHERE = {{}}

if not TYPE_CHECKING:
    __all__, __getattr__, __dir__ = exports(__name__, _WHERE)
"""

FILES = {
    "ai_lib/_runtime/backend.py": "async def sleep(seconds: float) -> None: ...\n",
    "ai_lib_sync/_runtime/backend.py": "def sleep(seconds: float) -> None: ...\n",
    "ai_lib_sync/py.typed": "",
    "ai_lib/__init__.py": ROOM.format(exported="    from .client import Client as Client"),
    "ai_lib/types/__init__.py": ROOM.format(
        exported="    from ai_lib.types.message import Message as Message"
    ),
    "ai_lib/types/message.py": "class Message: ...\n",
    "ai_lib/client/__init__.py": ROOM.format(
        exported="    from ai_lib.types.message import Message as Message\n\n"
        "    from .chat import Client as Client"
    ),
    "ai_lib/client/chat.py": """\
from ai_lib.types.message import Message

from .._runtime.backend import sleep


class Client:
    async def chat(self) -> Message:
        await sleep(0)
        return Message()

    async def aclose(self) -> None: ...
""",
}


class Toy:
    """A project in a temporary folder."""

    def __init__(self, root: Path) -> None:
        self.root = root
        shutil.copy(ROOT / "pyproject.toml", root)
        shutil.copytree(ROOT / "ai_lib", root / "ai_lib", ignore=_all_but_lazy)
        for path, text in FILES.items():
            self.write(path, text)

    def write(self, path: str, text: str) -> None:
        """Write a file of the project."""
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")

    def read(self, path: str) -> str:
        """Read a file of the project."""
        return (self.root / path).read_text(encoding="utf-8")

    def has(self, path: str) -> bool:
        """Say whether a file exists."""
        return (self.root / path).exists()

    def generate(self) -> int:
        """Run `python -m codegen` on the project; give its exit code."""
        return main(["--root", str(self.root)])

    def check(self) -> int:
        """Run `python -m codegen --check` on the project; give its exit code."""
        return main(["--root", str(self.root), "--check"])


def _all_but_lazy(folder: str, names: list[str]) -> list[str]:
    return [name for name in names if name != "_lazy.py"]
