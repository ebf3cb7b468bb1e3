"""Every bundled provider answers a chat, plain and streamed, over a socket."""

import pytest

from ai_lib.protocol.bundle import (
    find_bundled_manifest,
    list_bundled_dialects,
    list_bundled_names,
    load_bundled_dialect,
)
from ai_lib.testing import MockProvider, Reply
from ai_lib.types import Usage

CHATTING = [
    name
    for name in list_bundled_names("manifests")
    if "chat" in (document := find_bundled_manifest(name) or {}).get("endpoints", {})
    and document["dialect"] in list_bundled_dialects()
]
REPLY = Reply(text="4", usage=Usage(prompt_tokens=12, completion_tokens=7, reasoning_tokens=3))


@pytest.mark.parametrize("name", CHATTING)
async def test_a_plain_and_a_streamed_reply_say_the_same(name: str) -> None:
    async with MockProvider([REPLY, REPLY]) as mock, await mock.client(f"{name}/m") as client:
        plain = await client.chat().system("Be brief.").user("2+2?").execute()
        stream = client.chat().system("Be brief.").user("2+2?").stream()
        async for _ in stream:
            pass
        received = [[(m.role.value, m.text) for m in request.messages] for request in mock.requests]

    assert received == [[("system", "Be brief."), ("user", "2+2?")]] * 2
    for response in (plain, stream.response()):
        assert response.content == "4"
        assert response.termination_reason == "end_turn"
        assert (response.usage.prompt_tokens, response.usage.completion_tokens) == (12, 7)
        assert response.usage.reasoning_tokens == (3 if _counts_reasoning(name) else 0)


def _counts_reasoning(name: str) -> bool:
    document = find_bundled_manifest(name) or {}
    return "reasoning_tokens" in load_bundled_dialect(document["dialect"])["usage"]
