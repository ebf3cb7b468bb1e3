"""What a client says of a call before it is made."""

import shlex
import subprocess
from itertools import pairwise
from pathlib import Path

import pytest

from ai_lib.client import AiClient, Explanation
from ai_lib.testing import MockProvider
from ai_lib.types.message import Message
from tests.protocol.shared import write

CANARY = "sk-canary-4f1c"


def as_a_shell_reads(command: str) -> list[str]:
    """Return the arguments that a shell gives to `curl`."""
    script = f'curl() {{ printf "%s\\0" "$@"; }}\n{command}'
    done = subprocess.run(["sh", "-c", script], capture_output=True, check=True)
    return done.stdout.decode().split("\0")[:-1]


async def test_the_command_sends_what_the_client_would(monkeypatch: pytest.MonkeyPatch) -> None:
    """The shown text, read back as a shell reads it, is the request the client sends."""
    async with MockProvider() as mock:
        async with await mock.client("anthropic/claude", api_key=CANARY) as client:
            request = client.chat().system('Say "it\'s $HOME".').user("Hi").max_tokens(9).build()
            shown = client.explain(request)
            builder = client.chat().messages(request.messages).max_tokens(9)
            await builder.execute()
        (sent,) = mock.requests

    monkeypatch.setenv("ANTHROPIC_API_KEY", CANARY)
    address, *arguments = as_a_shell_reads(shown.curl)
    headers = [value for flag, value in pairwise(arguments) if flag == "-H"]

    assert address.endswith("/anthropic/messages")
    assert f"x-api-key: {CANARY}" in headers
    assert shown.body == sent.body
    assert shlex.split(shown.curl)[0] == "curl"


async def test_no_key_is_in_an_explanation() -> None:
    for model in ("openai/gpt-4o", "anthropic/claude", "gemini/gemini-2.5-flash"):
        async with await AiClient.create(model, api_key=CANARY) as client:
            shown = client.explain()
        assert CANARY not in f"{shown}{shown!r}"
        assert shown.credential.source_kind == "explicit"


async def test_a_key_in_the_query_has_its_variable_in_its_place(tmp_path: Path) -> None:
    auth = {"type": "query_param", "param_name": "key", "token_env": "HOUSE_TOKEN"}
    endpoint = {"base_url": "https://house.example", "auth": auth}
    path = write(tmp_path / "house.yaml", "house", endpoint=endpoint)
    builder = AiClient.builder().model("house/large").protocol_dir(path).api_key(CANARY)

    async with await builder.build() as client:
        shown = client.explain()

    assert '"https://house.example/chat/completions?key=$HOUSE_TOKEN"' in shown.curl


async def test_what_is_unknown_is_said_to_be_unknown(tmp_path: Path) -> None:
    path = write(tmp_path / "house.yaml", "house")
    builder = AiClient.builder().model("house/large").protocol_dir(path).api_key(CANARY)

    async with await builder.timeout(7).build() as client:
        shown = client.explain(client.chat().messages([Message.user("Hi")]).top_k(3).build())

    assert isinstance(shown, Explanation)
    assert (shown.model_info, shown.largest_cost, shown.timeout_seconds) == (None, None, 7)
    assert shown.adaptations == ("top_k left out: house does not take it",)
    for line in ("limits      context unknown, answer unknown", "price       unknown",
                 "retry       the manifest says nothing", "timeout     7 s"):  # fmt: skip
        assert line in str(shown)
