# Generated from tests/client/test_terminal.py by codegen; do not edit.
"""A model's words are shown, and never act on who reads them."""

from __future__ import annotations

import pytest

from ai_lib.types.markup.markdown import sanitize_markdown
from ai_lib_sync.errors import RemoteError
from ai_lib_sync.testing import MockProvider, Reply

ACTING = "\x1b]52;c;aGk=\x07\x9b2J\u202eabc"


@pytest.mark.parametrize("model", ["openai/gpt-4o", "anthropic/claude-sonnet-4-5"])
def test_a_stream_shown_in_a_terminal_is_printable(
    model: str, capsys: pytest.CaptureFixture[str]
) -> None:
    reply = Reply(text=[ACTING, "x\x1b", "[2J"], tool_calls=[("look", {"a": ACTING})])
    with MockProvider([reply]) as mock, mock.client(model) as client:
        response = client.chat().user("?").stream().show()
    assert ACTING in response.content
    assert capsys.readouterr().out.replace("\n", "").isprintable()


def test_an_error_is_printable() -> None:
    replies = [Reply(status=400, error=ACTING)]
    with MockProvider(replies) as mock, mock.client("openai/gpt-4o") as client:
        with pytest.raises(RemoteError) as caught:
            client.chat().user("?").execute()
    assert str(caught.value).isprintable()


@pytest.mark.parametrize(
    "text",
    [
        "![a](https://tracker.example/x.png)",
        "\\![a](https://tracker.example/x.png)",
        "![a][1]\n\n[1]: https://tracker.example/x.png",
        "`![a](https://tracker.example/x.png)`",
        "[![a](https://tracker.example/x.png)](https://tracker.example)",
        "```\n![a](https://tracker.example/x.png)\n```",
    ],
)
def test_no_image_is_loaded_from_a_notebook(text: str) -> None:
    assert "![" not in sanitize_markdown(text)
