"""Tests that wait get a blocking twin too."""

import pytest

from tests.codegen.toy import Toy

TEST = """\
import ai_lib
from ai_lib import Client
from ai_lib._runtime.backend import sleep
from ai_lib.client import Client as Other
from ai_lib.types.message import Message
from tests.client.peer import Peer
from tests.client.words import WORDS


async def test_it():
    await sleep(0)
    async with ai_lib.Client() as client, Peer() as peer:
        assert await client.chat(WORDS) == Message(), Other


def test_plain():
    assert ai_lib.Client is Client
"""


@pytest.fixture
def tested(toy: Toy) -> Toy:
    toy.write("tests/client/test_it.py", TEST)
    toy.write("tests/client/peer.py", "class Peer:\n    async def give(self): ...\n")
    toy.write("tests/client/words.py", "WORDS = 'hello'\n")
    toy.write("tests/conftest.py", "X = 1\n")
    toy.write("tests/client/conftest.py", "from ai_lib import Client\n\n\ndef f():\n    Client()\n")
    return toy


def test_the_twin_of_a_test_imports_the_blocking_package(tested: Toy) -> None:
    assert tested.generate() == 0
    assert tested.check() == 0

    assert tested.read("tests/_sync/client/test_it.py") == (
        "# Generated from tests/client/test_it.py by codegen; do not edit.\n"
        "import ai_lib_sync\n"
        "from ai_lib.types.message import Message\n"
        "from ai_lib_sync import Client\n"
        "from ai_lib_sync._runtime.backend import sleep\n"
        "from ai_lib_sync.client import Client as Other\n"
        "from tests._sync.client.peer import Peer\n"
        "from tests.client.words import WORDS\n"
        "\n"
        "\n"
        "def test_it():\n"
        "    sleep(0)\n"
        "    with ai_lib_sync.Client() as client, Peer() as peer:\n"
        "        assert client.chat(WORDS) == Message(), Other\n"
        "\n"
        "\n"
        "def test_plain():\n"
        "    assert ai_lib_sync.Client is Client\n"
    )


def test_the_fixtures_beside_a_test_come_along_but_the_shared_ones_do_not(tested: Toy) -> None:
    tested.generate()

    assert "from ai_lib_sync import Client" in tested.read("tests/_sync/client/conftest.py")
    assert not tested.has("tests/_sync/conftest.py")


def test_a_plain_helper_that_reaches_one_colour_comes_along(tested: Toy) -> None:
    tested.write("tests/client/make.py", "from ai_lib import Client\n\n\ndef f():\n    Client()\n")
    tested.write("tests/client/via.py", "from tests.client.make import f\n\ng = f\n")
    tested.write(
        "tests/client/test_more.py",
        "from tests.client.via import g\n\n\nasync def test_it():\n    g()\n",
    )

    assert tested.generate() == 0
    assert "from ai_lib_sync import Client" in tested.read("tests/_sync/client/make.py")
    assert "from tests._sync.client.make" in tested.read("tests/_sync/client/via.py")
    assert "from tests._sync.client.via" in tested.read("tests/_sync/client/test_more.py")


def test_a_test_of_one_runtime_has_no_twin(tested: Toy) -> None:
    tested.write(
        "tests/client/test_loops.py",
        "import asyncio\n\nimport pytest\n\npytestmark = pytest.mark.async_only\n\n\n"
        "async def test_it():\n    await asyncio.sleep(0)\n",
    )

    assert tested.generate() == 0
    assert not tested.has("tests/_sync/client/test_loops.py")


def test_a_test_twin_without_its_test_is_an_orphan(
    tested: Toy, capsys: pytest.CaptureFixture[str]
) -> None:
    tested.generate()
    (tested.root / "tests/client/test_it.py").unlink()

    assert tested.check() == 1
    assert "tests/_sync/client/test_it.py: orphan" in capsys.readouterr().err


REFUSED = {
    "relative import": ("from .peer import Peer", "tests import absolutely"),
    "dotted import": ("import ai_lib.client.chat", "write `from ai_lib.client.chat import name`"),
    "own path": ("HERE = __file__", "`__file__` is elsewhere"),
    "event loop": ("import anyio", "imports anyio"),
    "both kinds": ("from ai_lib.client import chat, words", "`ai_lib.client` has modules of both"),
}


@pytest.mark.parametrize(("line", "reason"), REFUSED.values(), ids=REFUSED)
def test_refused(tested: Toy, capsys: pytest.CaptureFixture[str], line: str, reason: str) -> None:
    tested.write("ai_lib/client/words.py", "WORDS = 1\n")
    tested.write("tests/client/test_bad.py", f"{line}\n\n\nasync def test_it(): ...\n")

    assert tested.generate() == 1
    said = capsys.readouterr().err
    assert "tests/client/test_bad.py:1: " in said
    assert reason in said
