# Generated from tests/client/test_show.py by codegen; do not edit.
"""`show()` where there is no notebook: plain text on standard output, as it comes."""

from __future__ import annotations

import pytest

from ai_lib.types.response import ChatResponse
from ai_lib_sync.client import AiClient
from ai_lib_sync.errors import StreamTruncated
from ai_lib_sync.testing import MockProvider, Reply


def get_weather(city: str) -> str:
    """Tell the weather in a city."""
    return f"sunny in {city}"


def test_a_reply_is_written_with_its_figures(capsys: pytest.CaptureFixture[str]) -> None:
    with MockProvider([Reply(thinking="Hm.", text="One two.")]) as mock:
        with mock.client("openai/gpt-4o") as client:
            response = client.chat().user("Hi").stream().show()

    said, figures = capsys.readouterr().out.rstrip("\n").split("\n")
    assert said == "One two."
    # 1 token at 2.5 and 3 at 10 dollars a million.
    expected = "[openai/gpt-4o · 1 tokens in, 3 out (1 thinking) · 0.0000325 USD · "
    assert figures.startswith(expected)
    assert type(response) is ChatResponse
    assert response.content == "One two."


def test_a_run_of_tools_writes_its_calls(capsys: pytest.CaptureFixture[str]) -> None:
    with MockProvider() as mock:
        with mock.client("openai/gpt-4o") as client:
            asked = client.chat().user('Use get_weather for "Lisbon"')
            run = asked.stream_tools([get_weather]).show()

    call, said, figures = capsys.readouterr().out.rstrip("\n").split("\n")
    assert call == '[calls get_weather({"city":"Lisbon"})]'
    assert said == "The tool answered: sunny in Lisbon"
    assert figures.endswith(" · 2 rounds]")
    assert run.rounds == 2


def test_what_came_is_written_and_then_the_error_is_raised(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with MockProvider([Reply(text="so far so good", truncate=3)]) as mock:
        client: AiClient = mock.client("openai/gpt-4o")
        with client:
            with pytest.raises(StreamTruncated):
                client.chat().user("Hi").stream().show()

    assert capsys.readouterr().out == "so far\n[ended by StreamTruncated]\n"


def test_a_typed_answer_is_returned_with_its_value() -> None:
    with MockProvider([Reply(text='{"city": "Lisbon"}')]) as mock:
        with mock.client("openai/gpt-4o") as client:
            output = client.chat().user("Where?").stream_as(dict[str, str]).show()

    assert output.value == {"city": "Lisbon"}
