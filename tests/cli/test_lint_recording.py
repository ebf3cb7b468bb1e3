"""`ai-lib lint --against`, as it is typed."""

import json
from pathlib import Path

import pytest

from ai_lib.cli.main import main
from ai_lib.errors import RemoteError
from ai_lib.testing import MockProvider, Reply, record


async def test_lint_lists_what_no_rule_reads_in_a_cassette(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cassette = tmp_path / "calls.jsonl"
    choice = {"index": 0, "message": {"content": "x", "odd": [1]}, "finish_reason": "stop"}
    body = json.dumps({"choices": [choice, {**choice, "index": 1}], "tier": "gold"}).encode()
    reply = Reply(body=body, headers={"content-type": "application/json"})
    replies = [reply, Reply(text="Hello."), Reply(status=400, error="no")]
    async with MockProvider(replies) as mock, record(cassette) as transport:
        async with await mock.builder("openai/gpt-4o").transport(transport).build() as client:
            await client.chat().user("?").execute()
            assert [event async for event in client.chat().user("?").stream()]
            with pytest.raises(RemoteError):
                await client.chat().user("?").execute()

    assert main(["lint", "--against", str(cassette), "openai"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "openai: $.choices[*].message.odd (in 1): [1]",
        'openai: $.service_tier (in 1): "default"',
        'openai: $.system_fingerprint (in 1): "fp_mock"',
        'openai: $.tier (in 1): "gold"',
        "2 recorded responses",
    ]
    assert main(["lint", "--strict", "--against", str(cassette), "openai"]) == 1
    cassette.write_text("no JSON")
    assert main(["lint", "--against", str(cassette), "openai"]) == 2
    assert "is no recorded exchange" in capsys.readouterr().err
