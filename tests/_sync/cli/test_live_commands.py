# Generated from tests/cli/test_live_commands.py by codegen; do not edit.
"""`ai-lib models --live`, and how `doctor --check` compares a live list with the registry."""

import json

import pytest

from ai_lib.protocol.catalog import ManifestCatalog
from ai_lib_sync.cli.live_commands import describe_difference
from ai_lib_sync.cli.main import main
from ai_lib_sync.testing import MockProvider

RECORDS = [r for r in ManifestCatalog().build_registry().list_models() if r.provider == "openai"]
LIVING = {record.model_id for record in RECORDS if not record.lifecycle.is_retired()}


def test_the_live_list_is_written(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from ai_lib_sync.cli.live_commands import list_live_models

    monkeypatch.setenv("OPENAI_API_KEY", "mock-key")
    with MockProvider() as mock:
        url = mock.base_url("openai")
        assert list_live_models("openai", base_url=url, as_json=False) == 0
        lines = capsys.readouterr().out.split("\n")
        assert lines[0].split() == ["model", "created", "owner", "context", "answer"]
        assert ["gpt-6-luna", "2026-09-22", "openai", "-", "-"] in [line.split() for line in lines]
        assert list_live_models("openai", base_url=url, as_json=True) == 0
        assert {model["id"] for model in json.loads(capsys.readouterr().out)} == LIVING


def test_the_command_says_what_is_missing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PERPLEXITY_API_KEY", "mock-key")
    assert main(["models", "--live", "perplexity"]) == 2
    assert "perplexity has no list of models" in capsys.readouterr().err
    assert main(["models", "--live", "nobody-knows"]) == 2


def test_what_is_new_and_what_is_gone_is_named() -> None:
    assert describe_difference("openai", LIVING, RECORDS) == ""
    # A dated name of a listed model is not new, nor is the model then gone.
    dated = (LIVING - {"gpt-4o"}) | {"gpt-4o-2024-11-20"}
    assert describe_difference("openai", dated, RECORDS) == ""
    changed = (LIVING - {"gpt-6-luna"}) | {"gpt-7", "gpt-4"}
    assert describe_difference("openai", changed, RECORDS) == "openai: new: gpt-7; gone: gpt-6-luna"
