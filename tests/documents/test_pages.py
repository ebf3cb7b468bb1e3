"""The pages of the documentation: every block of Python runs, and prints what the page shows.

A page's blocks are written for readers who have a client; what they are to have is in `OPEN`.
A block says by its imports in which colours it runs: one that imports `ai_lib_sync` is blocking as
it stands, one that imports asyncio, anyio or trio itself is not. A manifest that a page shows lies
beside its blocks, under its id.
"""

import logging
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import pytest

from ai_lib.testing import MockProvider
from tests.documents.blocks import Block, blocks_of, run_block, run_in
from tests.documents.mocked import PHOTO, mock_everything, module

ROOT = Path(__file__).resolve().parents[2]
PAGES = [*sorted((ROOT / "docs").rglob("*.md")), ROOT / "README.md"]
Variables = dict[str, str]
PYTHON = [block for page in PAGES for block in blocks_of(page)]


class Person(msgspec.Struct):
    """What the README's question asks for."""

    name: str


def warmth(city: str) -> str:
    """Get the weather of a city."""
    return f"20 degrees in {city}"


# What a block may use without making it, by name.
OPEN = {
    "client": lambda colour, mock: run_in(
        colour, lambda: module(colour).AiClient.create("openai/gpt-5.4-mini")
    ),
    "AiClient": lambda colour, mock: module(colour).AiClient,
    "Message": lambda colour, mock: module(colour).Message,
}
# The README is short, and leaves out what its reader can think of.
OPEN_IN_README = {"Person": lambda colour, mock: Person, "get_weather": lambda colour, mock: warmth}
# Files that lie in the folder a block runs in.
FILES = {
    "photo.jpg": PHOTO,
    "talk.wav": b"RIFF\x26\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0\x40\x1f\0\0\x80\x3e\0\0\x02\0\x10\0"
    b"data\x02\0\0\0\0\0",
    "mcp_server.py": (ROOT / "examples" / "mcp_server.py").read_bytes(),
    "report.pdf": b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n%%EOF\n",
}
# Fenced right behind a block, this is what it prints.
_SHOWN = re.compile(r'^```\n\n```text title="Output"\n(.*?)^```', re.DOTALL | re.MULTILINE)
_MANIFEST = re.compile(r"^```yaml\n((?:#[^\n]*\n)?id: (\w+)\n.*?)^```", re.DOTALL | re.MULTILINE)
_CONSOLE = re.compile(r"^```console\n(.*?)^```", re.DOTALL | re.MULTILINE)
# Commands that go on until they are ended, take long (`demo` has tests of its own), or need more.
_NOT_RUN = re.compile(r"ai-lib (demo|mock|ui|replay|doctor --check)|\$ (?!ai-lib|echo|env)")


class Command(NamedTuple):
    """A command of a console block, with the lines shown below it."""

    line: str
    shown: list[str]


def shown_of(block: Block) -> str | None:
    """Give what the page says that a block prints, when it does say so."""
    lines = _page(block.document).split("\n")
    rest = "\n".join(lines[block.line + block.source.count("\n") :])
    match = _SHOWN.match(rest)
    return match[1] if match else None


def _page(name: str) -> str:
    return next(page for page in PAGES if page.name == name).read_text(encoding="utf-8")


def _write_manifests(block: Block, monkeypatch: pytest.MonkeyPatch) -> None:
    for text, provider in _MANIFEST.findall(_page(block.document)):
        Path(f"{provider}.yaml").write_text(text, encoding="utf-8")
        for variable in re.findall(r"token_env: (\w+)", text):
            monkeypatch.setenv(variable, "mock-key")


def _run_test(test: Callable[[Any], Any], colour: str) -> None:
    """Run a test that a page shows, with the fixture it asks for."""
    mock = module(colour, "testing").MockProvider().start()
    run_in(colour, lambda: test(mock))
    mock.stop()


def colours_of(block: Block) -> list[str]:
    """Give the colours a block runs in; trio for every third, as it is asyncio's twin."""
    if "ai_lib_sync" in block.source:
        return ["asyncio"]  # it is run as it stands, and inside a running loop
    loops = re.findall(r"^(?:import|from) (asyncio|anyio|trio)\b", block.source, re.MULTILINE)
    if loops == ["trio"]:
        return ["trio"]
    if "anyio" in loops:
        return ["asyncio", "trio"]
    if loops and "asyncio.run(" not in block.source:
        return ["asyncio"]
    return ["asyncio", "blocking", *(["trio"] if block.number % 3 == 0 else [])]


def _blocks() -> Iterator[Any]:
    for block in PYTHON:
        for colour in colours_of(block):
            yield pytest.param(block, colour, id=f"{block.id}-{colour}")


def _consoles() -> Iterator[Any]:
    for page in PAGES:
        for number, match in enumerate(_CONSOLE.finditer(page.read_text(encoding="utf-8")), 1):
            yield pytest.param(match[1], id=f"{page.name}:{number}")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[MockProvider, Variables]]:
    """Start the mock that every provider is, for all pages; give the variables that say so."""
    mock = MockProvider().start()
    before = dict(os.environ)
    with pytest.MonkeyPatch.context() as patch:
        mock_everything(mock, tmp_path_factory.mktemp("pages"), patch)
        told = {name: text for name, text in os.environ.items() if before.get(name) != text}
    yield mock, told
    mock.stop()


@pytest.fixture
def mock(
    world: tuple[MockProvider, Variables], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[MockProvider]:
    """Enter that world, in a folder with the files that pages speak of."""
    logger = logging.getLogger("ai_lib")
    handlers, level = list(logger.handlers), logger.level
    mock, variables = world
    for name, text in variables.items():
        monkeypatch.setenv(name, text)
    for name, content in FILES.items():
        (tmp_path / name).write_bytes(content)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("AI_LIB_HOME", str(tmp_path / "home"))
    yield mock
    logger.handlers = handlers
    logger.setLevel(level)


@pytest.mark.parametrize(("block", "colour"), list(_blocks()))
def test_a_block_runs(
    block: Block, colour: str, mock: MockProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    _write_manifests(block, monkeypatch)
    words = set(re.findall(r"\w+", block.source))
    given = {**OPEN, **OPEN_IN_README} if block.document == "README.md" else OPEN
    names = {name: make(colour, mock) for name, make in given.items() if name in words}
    client = names.get("client")
    printed = StringIO()
    with redirect_stdout(printed):
        names = run_block(block, colour, {"__name__": "block", **names})
    for name in re.findall(r"def (test_\w+)\(mock_provider\)", block.source):
        _run_test(names[name], colour)
    if client is not None:
        run_in(colour, client.close)
    shown = shown_of(block)
    assert shown is None or printed.getvalue().rstrip() == shown.rstrip()


@pytest.mark.parametrize("text", list(_consoles()))
@pytest.mark.usefixtures("mock")
def test_a_command_does_what_is_shown(text: str) -> None:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    for command in _commands(text):
        done = subprocess.run(
            ["bash", "-o", "pipefail", "-c", command.line],
            env={**os.environ, "PATH": path, "COLUMNS": "100"},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        printed = iter((done.stdout + done.stderr).split("\n"))
        for line in command.shown:
            words = shlex.quote(line)
            assert any(_begins(found, line) for found in printed), f"{words} of {command.line}"
        assert done.returncode in (0, 1) or command.shown, done.stderr


def _begins(found: str, shown: str) -> bool:
    return found.split()[:1] == shown.split()[:1]


def _commands(text: str) -> Iterator[Command]:
    found: list[Command] = []
    for line in text.rstrip("\n").split("\n"):
        if line.startswith("$ "):
            found.append(Command(line[2:], []))
        elif found and line.strip() not in ("", "..."):
            found[-1].shown.append(line)
    return (command for command in found if not _NOT_RUN.search(f"$ {command.line}"))


def test_what_a_page_shows_is_looked_for() -> None:
    """The fences that say what a block prints are all found by their blocks."""
    pages = "\n".join(page.read_text(encoding="utf-8") for page in PAGES)

    assert pages.count('```text title="Output"') == sum(shown_of(one) is not None for one in PYTHON)


def test_what_the_front_page_claims_is_held_by_tests_that_exist() -> None:
    rows = [line for line in _page("index.md").split("\n") if line.startswith("| ")]
    claims = [row for row in rows if not row.endswith("| tests |")]
    named = [re.findall(r"`(\w+/\w+\.py)`", row) for row in claims]

    assert claims
    assert [row for row, files in zip(claims, named, strict=True) if not files] == []
    files = {name for names in named for name in names}
    assert [name for name in files if not (ROOT / "tests" / name).is_file()] == []
