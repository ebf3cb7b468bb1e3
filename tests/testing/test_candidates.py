"""Several candidates, for the dialects that have them."""

import pytest

from ai_lib.testing import Reply
from tests.testing.wire import MockServer, parse_response

ASKED = {"openai": {"n": 2}, "gemini": {"generationConfig": {"candidateCount": 2}}}


@pytest.mark.parametrize("provider", ASKED)
@pytest.mark.parametrize("stream", [False, True], ids=["plain", "streamed"])
def test_as_many_as_asked_for(mock_server: MockServer, provider: str, stream: bool) -> None:
    answer = mock_server.ask(provider, Reply(text="Hi"), stream=stream, **ASKED[provider])

    texts = [one.content for one in parse_response(provider, answer, stream).candidates]
    assert texts == ["Hi", "Hi (1)"]


def test_a_script_may_give_more(mock_server: MockServer) -> None:
    answer = mock_server.ask("openai", Reply(text="Hi", n=3))

    assert [choice["index"] for choice in answer.json["choices"]] == [0, 1, 2]


def test_a_dialect_without_candidates_gives_one(mock_server: MockServer) -> None:
    answer = mock_server.ask("anthropic", Reply(text="Hi", n=3))

    assert [block["text"] for block in answer.json["content"]] == ["Hi"]
