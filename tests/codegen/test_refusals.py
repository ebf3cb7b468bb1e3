"""Each construct whose twin would be wrong is refused, with its file and line."""

import pytest

from codegen import output
from codegen.source import parse_source
from tests.codegen.toy import Toy

REFUSED = {
    "quoted annotation": ("async def f(x: 'int') -> None: ...", 1, "quoted annotation 'int'"),
    "quoted part": ("async def f() -> list['int']: ...", 1, "quoted annotation 'int'"),
    "quoted cast": ("async def f():\n    return cast('int', 1)", 2, "quoted annotation 'int'"),
    "await in an f-string": (
        "async def f(g):\n    return f'{await g()}'",
        2,
        "`await` inside an f-string",
    ),
    "async comprehension in an f-string": (
        "async def f(g):\n    return f'{[x async for x in g]}'",
        2,
        "`await` inside an f-string",
    ),
    "renamed name in an f-string": (
        "async def f(g):\n    return f'{g.aclose}'",
        2,
        "`aclose` inside an f-string",
    ),
    "await without a space": ("async def f(g):\n    await(g())", 2, "exactly one space"),
    "await before a continuation": ("async def f(g):\n    await \\\n        g()", 2, "exactly one"),
    "anext without a rename": ("async def f(g):\n    await anext(g)", 2, "`anext` needs a rename"),
    "class named Async": ("class AsyncPool:\n    async def f(self): ...", 1, "`AsyncPool` needs a"),
    "use of an Async name": (
        "import httpcore\n\n\nasync def f(g):\n    httpcore.AsyncConnectionPool()",
        5,
        "`AsyncConnectionPool` needs a rename",
    ),
    "docstring that names a colour": (
        '"""Wait.\n\nAn async call.\n"""\n\n\nasync def f(): ...',
        3,
        "names a colour, 'async'",
    ),
    "raise StopIteration": ("async def f():\n    raise StopIteration", 2, "`raise StopIteration`"),
    "yield in a scope": (
        "async def f(g):\n    async with g:\n        yield 1",
        3,
        "`yield` inside a `with`",
    ),
    "bare Awaitable": ("async def f(g: Awaitable) -> None: ...", 1, "bare `Awaitable`"),
    "Coroutine": ("async def f(g: Coroutine[int]) -> None: ...", 1, "`Coroutine` has no"),
    "event loop": ("import anyio.abc\n\n\nasync def f(): ...", 1, "imports anyio.abc"),
    "syntax error": ("async def f(:\n    ...", 1, "not Python"),
    "shared module, relatively": (
        "from ..types.message import Message\n\n\nasync def f(): ...",
        1,
        "`Message` exists once: a relative import means one's own colour",
    ),
    "own module, absolutely": (
        "from ai_lib.client.chat import Client\n\n\nasync def f(): ...",
        1,
        "`Client` exists once per package: an absolute import means shared",
    ),
    "own name of a room, absolutely": (
        "from ai_lib.client import Client\n\n\nasync def f(): ...",
        1,
        "`Client` exists once per package",
    ),
    "room of both kinds, absolutely": (
        "from ai_lib import client\n\n\nasync def f(): ...",
        1,
        "`ai_lib.client` exists once per package",
    ),
    "backend, absolutely": (
        "from ai_lib._runtime.backend import sleep\n\n\nasync def f(): ...",
        1,
        "`sleep` exists once per package",
    ),
    "twin imported by a file that does not wait": (
        "from .chat import Client\n",
        1,
        "this file, which does not wait, exists once",
    ),
}


@pytest.mark.parametrize(("text", "line", "reason"), REFUSED.values(), ids=REFUSED)
def test_refused(
    toy: Toy, capsys: pytest.CaptureFixture[str], text: str, line: int, reason: str
) -> None:
    toy.write("ai_lib/client/wrong.py", text + "\n")

    assert toy.generate() == 1
    first = capsys.readouterr().err.split("\n")[0]
    assert first.startswith(f"ai_lib/client/wrong.py:{line}: ")
    assert reason in first
    assert not toy.has("ai_lib_sync/client/wrong.py")


ALLOWED = {
    "literal": "from typing import Literal\n\n\nasync def f(x: Literal['a']) -> None: ...",
    "room, relatively": "from ..client import Client\n\n\nasync def f(c: Client): ...",
    "shared name of a room": "from ai_lib.client import Message\n\n\nasync def f(m: Message): ...",
    "scope in a context manager": (
        "from contextlib import asynccontextmanager\n\n\n@asynccontextmanager\n"
        "async def f(g):\n    async with g:\n        yield 1"
    ),
    "plain f-string": "async def f(g):\n    return f'{g.close}'",
}


@pytest.mark.parametrize("text", ALLOWED.values(), ids=ALLOWED)
def test_allowed(toy: Toy, text: str) -> None:
    toy.write("ai_lib/client/right.py", text + "\n")

    assert toy.generate() == 0
    assert toy.check() == 0


ROOMS = {
    "shared, relatively": ("from .message import Message as Message", "`ai_lib.types.message` exi"),
    "own, absolutely": (
        "from ai_lib.client.chat import Client as Client",
        "`Client` of `ai_lib.client.chat` exists once per package",
    ),
    "another name": ("from ai_lib.types.message import Message as M", "re-export as `from module"),
    "the name of a module": (
        "from ai_lib.types.message import message as message",
        "`message` is also a module",
    ),
}


@pytest.mark.parametrize(("line", "reason"), ROOMS.values(), ids=ROOMS)
def test_refused_in_a_room(
    toy: Toy, capsys: pytest.CaptureFixture[str], line: str, reason: str
) -> None:
    room = toy.read("ai_lib/types/__init__.py")
    toy.write(
        "ai_lib/types/__init__.py",
        room.replace("from ai_lib.types.message import Message as Message", line),
    )

    assert toy.generate() == 1
    assert f"ai_lib/types/__init__.py:8: {reason}" in capsys.readouterr().err


def test_a_public_module_of_the_root_is_refused(
    toy: Toy, capsys: pytest.CaptureFixture[str]
) -> None:
    toy.write("ai_lib/cache.py", "SIZE = 1\n")

    assert toy.generate() == 1
    assert "ai_lib/cache.py:1: a public module of the root" in capsys.readouterr().err


def test_a_package_that_waits_is_refused(toy: Toy, capsys: pytest.CaptureFixture[str]) -> None:
    toy.write("ai_lib/cache/__init__.py", "async def wait() -> None: ...\n")

    assert toy.generate() == 1
    assert "ai_lib/cache/__init__.py:1: a package is a table" in capsys.readouterr().err


def test_an_import_of_nothing_is_refused(toy: Toy, capsys: pytest.CaptureFixture[str]) -> None:
    toy.write("ai_lib/client/ask.py", "from .gone import x\n\n\nasync def ask(): ...\n")

    assert toy.generate() == 1
    assert "ai_lib/client/ask.py:1: there is no module" in capsys.readouterr().err


def test_what_still_waits_in_a_twin_is_refused() -> None:
    twin = parse_source("x.py", "import trio\n\n\nasync def f(): ...\n")

    assert [(r.line, r.reason) for r in output.check(twin)] == [
        (4, "the generated text still waits"),
        (1, "the generated text imports trio"),
    ]


def test_the_rest_is_written_when_one_file_is_refused(toy: Toy) -> None:
    toy.generate()
    toy.write("ai_lib/client/chat.py", "async def broken(:\n")
    toy.write("ai_lib/client/other.py", "async def other() -> None: ...\n")

    assert toy.generate() == 1
    assert toy.has("ai_lib_sync/client/other.py")
    assert toy.has("ai_lib_sync/client/chat.py"), "the last good twin stays"
