"""Several candidates, for the dialects that have them."""

import pytest

from ai_lib.testing import Reply
from tests.testing.wire import Desk, understood

ASKED = {"openai": {"n": 2}, "gemini": {"generationConfig": {"candidateCount": 2}}}


@pytest.mark.parametrize("provider", ASKED)
@pytest.mark.parametrize("stream", [False, True], ids=["plain", "streamed"])
def test_as_many_as_asked_for(desk: Desk, provider: str, stream: bool) -> None:
    answer = desk.ask(provider, Reply(text="Hi"), stream=stream, **ASKED[provider])

    texts = [one.content for one in understood(provider, answer, stream).candidates]
    assert texts == ["Hi", "Hi (1)"]


def test_a_script_may_give_more(desk: Desk) -> None:
    answer = desk.ask("openai", Reply(text="Hi", n=3))

    assert [choice["index"] for choice in answer.json["choices"]] == [0, 1, 2]


def test_a_dialect_without_candidates_gives_one(desk: Desk) -> None:
    answer = desk.ask("anthropic", Reply(text="Hi", n=3))

    assert [block["text"] for block in answer.json["content"]] == ["Hi"]
