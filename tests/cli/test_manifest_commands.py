"""The commands about manifests, as they are typed."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

import ai_lib.cli.main
import ai_lib_sync.cli.main
from tests.protocol.shared import document, write

Main = Callable[[list[str]], int]

BOTH = pytest.mark.parametrize(
    "main", [ai_lib.cli.main.main, ai_lib_sync.cli.main.main], ids=["ai_lib", "ai_lib_sync"]
)
main = ai_lib.cli.main.main

LARGE = {
    "context_window": 1000,
    "max_output_tokens": 500,
    "aliases": ["big"],
    "pricing": {"input_per_1m": 2.5, "output_per_1m": 10},
    "model_capabilities": {"tool_call": True},
}


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the manifest of `house`, which the environment names."""
    monkeypatch.setenv("AI_PROTOCOL_DIR", str(tmp_path))
    return write(
        tmp_path / "house.yaml",
        "house",
        aliases=["home"],
        metadata={"models": {"large": LARGE}},
        retry_policy={"strategy": "exponential_backoff", "max_retries": 2},
    )


def test_providers_are_listed_with_host_dialect_and_key(
    house: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-canary")

    assert main(["providers"]) == 0
    lines = [" ".join(line.split()) for line in capsys.readouterr().out.split("\n")]

    assert lines[0] == "provider aliases dialect host key from"
    assert f"house home openai_chat house.example set HOUSE_API_KEY {house}" in lines
    assert "openai openai_chat api.openai.com found bundled" in lines
    assert "canary" not in "".join(lines)


def test_providers_can_be_read_by_programs(house: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["providers", "--json"]) == 0
    found = {row["provider"]: row for row in json.loads(capsys.readouterr().out)}

    assert found["house"]["host"] == "house.example"


def test_a_provider_that_can_t_be_used_is_told(
    house: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    house.write_text(json.dumps(document("house", status="fine")))

    assert main(["providers"]) == 1
    assert "$.status" in capsys.readouterr().err


def test_models_are_listed_with_sizes_and_prices(
    house: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["models", "BIG"]) == 0
    lines = [" ".join(line.split()) for line in capsys.readouterr().out.split("\n")]

    assert lines[:2] == [
        "model status aliases context answer in out abilities",
        "house/large - big 1000 500 2.5 10 tools",
    ]
    assert main(["models", "--json", "--provider", "house"]) == 0
    assert json.loads(capsys.readouterr().out)[0]["prices"]["input"] == 2.5
    assert main(["models", "no such model"]) == 1


def test_lint_says_what_is_wrong_and_fails(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good = write(tmp_path / "good.yaml", "good")
    odd = write(tmp_path / "odd.yaml", "odd", capabilites={})
    bad = write(tmp_path / "bad.yaml", "bad", status="fine")

    assert main(["lint", str(good)]) == 0
    assert capsys.readouterr().out == "1 file: 0 error(s), 0 warning(s)\n"
    assert main(["lint", str(good), str(odd)]) == 0
    assert main(["lint", "--strict", str(odd)]) == 1
    capsys.readouterr()
    assert main(["lint", str(good), str(odd), str(bad)]) == 1
    lines = capsys.readouterr().out.split("\n")
    assert lines[0].startswith(f"warning: {odd}:1:")
    assert lines[1].startswith(f"error: {bad}:1:")
    assert '$.status: found "fine"; allowed: "stable", "beta", "deprecated"' in lines[1]
    assert lines[2] == "3 files: 1 error(s), 1 warning(s)"


@BOTH
def test_explain_shows_the_request_and_what_applies_without_a_key(
    main: Main, house: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["--param", "temperature=0.5", "--param", "top_k=3", "--system", "Don't."]

    assert main(["explain", "big", "What is $HOME?", *arguments]) == 0
    out = capsys.readouterr().out
    page, _, curl = out.partition("\n\n")

    assert page.startswith("house/large\n")
    for line in (
        f"manifest    {house} (protocol 2.0)",
        "dialect     openai_chat",
        "key         no API key for house: set HOUSE_API_KEY",
        "retry       exponential_backoff, 2 more attempts",
        "limits      context 1000 tokens, answer 500 tokens",
        # 1000 * 2.5 / 1e6 + 500 * 10 / 1e6
        "price       USD per million tokens: 2.5 in, 10 out; the largest call costs 0.0075 USD",
        "adapted     top_k left out: house does not take it",
    ):
        assert f"  {line}" in page
    assert curl.startswith("curl https://house.example/v1/chat/completions \\\n")
    assert '-H "Authorization: Bearer $HOUSE_API_KEY"' in curl
    assert "What is $HOME?" in curl
    assert "Don'\"'\"'t." in curl


@pytest.mark.parametrize("arguments", [["nowhere/x"], ["nothing"], ["house/x", "--param", "odd"]])
@BOTH
def test_explain_of_what_can_t_be_asked_is_a_usage_error(
    main: Main, house: Path, arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["explain", *arguments]) == 2
    assert capsys.readouterr().err.startswith("ai-lib: ")


def test_a_new_manifest_passes_the_linter(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["new", "house", "--like", "openai", "--base-url", "https://house.example"]) == 0
    path = tmp_path / "house.yaml"
    path.write_text(capsys.readouterr().out)

    assert main(["lint", "--strict", str(path)]) == 0
    assert main(["new", "No Id", "--like", "openai"]) == 2
    assert main(["new", "house", "--like", "opnai"]) == 2
    assert "did you mean openai" in capsys.readouterr().err


def test_diff_is_silent_for_equals_and_fails_for_others(
    house: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = write(tmp_path / "other.yaml", "house", endpoint={"base_url": "https://o.example"})

    assert main(["diff", str(house), "house"]) == 0
    assert capsys.readouterr().out == ""
    assert main(["diff", "house", str(other)]) == 1
    assert "go to another host" in capsys.readouterr().out
    assert main(["diff", "house", str(tmp_path / "none.yaml")]) == 2
