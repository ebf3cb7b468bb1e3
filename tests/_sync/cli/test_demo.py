# Generated from tests/cli/test_demo.py by codegen; do not edit.
"""The demo streams in every dialect and makes a tool call."""

import io

import msgspec
import pytest

from ai_lib.cli.mock.demo_script import ANSWER, list_demo_dialects
from ai_lib.cli.output import Output
from ai_lib_sync.cli.mock import demo
from ai_lib_sync.cli.mock.demo import run_demo


def test_the_demo_shows_every_dialect_and_a_tool_call(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Without the pauses that make it readable; the command (test_commands.py) keeps them.
    monkeypatch.setattr(demo, "ANSWER", msgspec.structs.replace(ANSWER, pause=0))
    out = io.StringIO()

    code = run_demo(Output(out))

    shown = out.getvalue()
    assert code == 0
    assert len(list_demo_dialects()) >= 3
    for provider, dialect in list_demo_dialects():
        assert f"{provider}  ({dialect}" in shown
    assert shown.count("answer: What differs between providers") == len(list_demo_dialects())
    assert "calls: get_weather(city='Lisbon')" in shown
    assert "answer: The tool answered: 21 degrees and sunny" in shown
    assert "first token" in shown
    assert "\x1b" not in shown
