"""What becomes of a file that waits, of a room, and of a file that does neither."""

import pytest

from tests.codegen.toy import Toy


def test_a_file_that_waits_gets_a_marked_twin_at_the_same_place(toy: Toy) -> None:
    assert toy.generate() == 0

    assert toy.read("ai_lib_sync/client/chat.py") == (
        "# Generated from ai_lib/client/chat.py by codegen; do not edit.\n"
        "from ai_lib.types.message import Message\n"
        "\n"
        "from .._runtime.backend import sleep\n"
        "\n"
        "\n"
        "class Client:\n"
        "    def chat(self) -> Message:\n"
        "        sleep(0)\n"
        "        return Message()\n"
        "\n"
        "    def close(self) -> None: ...\n"
    )


def test_a_file_that_does_not_wait_exists_once(toy: Toy) -> None:
    toy.generate()

    assert not toy.has("ai_lib_sync/types/message.py")


def test_a_room_is_copied_word_for_word_under_its_mark(toy: Toy) -> None:
    toy.generate()

    mark, _, copy = toy.read("ai_lib_sync/client/__init__.py").partition("\n")
    assert mark == "# Copied from ai_lib/client/__init__.py by codegen; do not edit."
    assert copy == toy.read("ai_lib/client/__init__.py")


def test_the_table_of_a_room_is_written_from_its_type_checking_block(toy: Toy) -> None:
    toy.generate()

    assert (
        '_WHERE = {\n    "Client": ".chat",\n    "Message": "ai_lib.types.message",\n}\n'
    ) in toy.read("ai_lib/client/__init__.py")


def test_a_package_without_names_is_copied_when_a_twin_lives_in_it(toy: Toy) -> None:
    toy.write("ai_lib/client/parts/__init__.py", '"""Parts."""\n')
    toy.write("ai_lib/client/parts/wait.py", "async def wait() -> None: ...\n")
    toy.write("ai_lib/types/parts/__init__.py", '"""Parts."""\n')

    assert toy.generate() == 0
    assert toy.has("ai_lib_sync/client/parts/__init__.py")
    assert not toy.has("ai_lib_sync/types/parts/__init__.py")


@pytest.mark.parametrize(
    ("annotation", "blocking"),
    [
        ("Callable[[], Awaitable[int]]", "Callable[[], int]"),
        ("Callable[[], Awaitable[dict[str, list[int]]]]", "Callable[[], dict[str, list[int]]]"),
        ("list[Awaitable[Awaitable[int]]]", "list[int]"),
    ],
)
def test_an_awaitable_becomes_what_it_gives(toy: Toy, annotation: str, blocking: str) -> None:
    toy.write(
        "ai_lib/client/ask.py",
        "from collections.abc import Awaitable, Callable\n\n\n"
        f"async def ask(call: {annotation}) -> Callable[[], int]: ...\n",
    )

    assert toy.generate() == 0
    twin = toy.read("ai_lib_sync/client/ask.py")
    assert f"def ask(call: {blocking}) -> Callable[[], int]: ...\n" in twin
    assert "Awaitable" not in twin


def test_examples_and_renamed_names_of_a_docstring_change_colour(toy: Toy) -> None:
    toy.write(
        "ai_lib/client/doc.py",
        '"""Ask, then call `aclose()`.\n\n'
        ">>> from ai_lib import Client\n"
        ">>> async with Client() as client:\n"
        "...     await client.chat()\n"
        '"""\n\n\n'
        "async def ask() -> None: ...\n",
    )

    assert toy.generate() == 0
    assert (
        '"""Ask, then call `close()`.\n\n'
        ">>> from ai_lib_sync import Client\n"
        ">>> with Client() as client:\n"
        "...     client.chat()\n"
    ) in toy.read("ai_lib_sync/client/doc.py")


def test_imports_are_sorted_anew_and_unused_ones_dropped(toy: Toy) -> None:
    toy.write(
        "ai_lib/client/iterate.py",
        "from collections.abc import AsyncIterator, Callable\n\n"
        "Give = Callable[[], AsyncIterator[int]]\n\n\n"
        "async def give() -> None: ...\n",
    )

    toy.generate()
    assert "from collections.abc import Callable, Iterator\n" in toy.read(
        "ai_lib_sync/client/iterate.py"
    )


def test_strings_are_turned_alike_by_every_interpreter(toy: Toy) -> None:
    """Python 3.12 reads names inside f-strings, older ones do not; nox runs this under each."""
    toy.write(
        "ai_lib/client/hard.py",
        "async def f(g, name):\n"
        "    text = f\"{g!r:>10} {{}} {[x for x in 'ab']} {name=}\"\n"
        '    return [x async for x in g], text, getattr(g, "aclose"), f"{g.close}", "the aclose"\n',
    )

    assert toy.generate() == 0
    assert toy.read("ai_lib_sync/client/hard.py").partition("\n")[2] == (
        "def f(g, name):\n"
        "    text = f\"{g!r:>10} {{}} {[x for x in 'ab']} {name=}\"\n"
        '    return [x for x in g], text, getattr(g, "close"), f"{g.close}", "the aclose"\n'
    )
