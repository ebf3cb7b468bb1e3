"""The documents this library was designed from: every block of Python in them runs.

They lie beside the checkout; where they are absent, there is nothing to run. A block leaves names
open that its reader is to have; they are supplied here, and nothing else is.
"""

import base64
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ai_lib.protocol.bundle import find_bundled_manifest
from ai_lib.protocol.manifest.reader import read_manifest
from ai_lib.testing import MockProvider
from tests.documents.blocks import COLOURS, Block, blocks_of, run_block, run_in
from tests.documents.mocked import mock_everything, module

SEEDS = Path(__file__).resolve().parents[3] / "shared" / "seeds"
BLOCKS = [block for path in sorted(SEEDS.glob("*.txt")) for block in blocks_of(path, path.stem[:3])]
# Blocks that show what a class has, in words close to Python.
SKETCHES = [block for block in BLOCKS if re.match(r"class (\w+):\n {4}(#|\w+:)", block.source)]
CODE = [block for block in BLOCKS if block not in SKETCHES]


def _parameters(blocks: list[Block]) -> list[Any]:
    if blocks:
        return [pytest.param(block, id=block.id) for block in blocks]
    return [pytest.param(None, marks=pytest.mark.skip(reason=f"there are no seeds at {SEEDS}"))]


@pytest.fixture
def mock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[MockProvider]:
    """Start the mock that every provider is."""
    mock = MockProvider().start()
    mock_everything(mock, tmp_path, monkeypatch)
    yield mock
    mock.stop()


def _open_names(colour: str) -> dict[str, Any]:
    """Give what a reader of the documents is to have: a client, a tool, messages and so on."""
    root, types = module(colour), module(colour, "types")
    client = run_in(colour, lambda: root.AiClient.create("openai/gpt-4o"))
    tool = root.ToolDefinition.from_function(name="look", description="Look.", parameters={})
    return {
        "__name__": "block",
        "AiClient": root.AiClient,
        "CancelToken": root.CancelToken,
        "Message": root.Message,
        "MessageRole": types.MessageRole,
        "base64": base64,
        "client": client,
        "manifest": read_manifest(find_bundled_manifest("openai"), "bundled manifest openai"),
        "Pipeline": module(colour, "pipeline").Pipeline,
        "messages": [root.Message.user("Hello!")],
        "payload": {"model": "gpt-4o", "messages": [{"role": "user", "content": "Hi"}]},
        "tool_definition": tool,
        "should_cancel": True,
        "total_chars": 2000,
    }


@pytest.mark.parametrize("colour", COLOURS)
@pytest.mark.parametrize("block", _parameters(SKETCHES))
def test_a_class_has_what_is_shown_of_it(block: Block, colour: str) -> None:
    name = re.findall(r"class (\w+):", block.source)[0]
    shown = re.findall(r"^ {4}(\w+)(?::| ->)", block.source, re.MULTILINE)
    assert shown
    assert [one for one in shown if not hasattr(getattr(module(colour), name), one)] == []


@pytest.mark.parametrize("colour", COLOURS)
@pytest.mark.parametrize("block", _parameters(CODE))
def test_a_block_runs(block: Block, colour: str, mock: MockProvider) -> None:
    source = block.source.replace("ai_lib_python", "ai_lib")
    source = source.replace("https://api.openai.com", mock.base_url("openai"))
    names = _open_names(colour)
    client = names["client"]
    run_block(block._replace(source=source), colour, names)
    run_in(colour, client.close)
