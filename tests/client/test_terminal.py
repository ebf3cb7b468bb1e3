"""A model's words are shown, and never act on who reads them."""

from __future__ import annotations

import pytest

from ai_lib.errors import RemoteError
from ai_lib.testing import MockProvider, Reply
from ai_lib.types.markup.markdown import sanitize_markdown

ACTING = "\x1b]52;c;aGk=\x07\x9b2J\u202eabc"


@pytest.mark.parametrize("model", ["openai/gpt-4o", "anthropic/claude-sonnet-4-5"])
async def test_a_stream_shown_in_a_terminal_is_printable(
    model: str, capsys: pytest.CaptureFixture[str]
) -> None:
    reply = Reply(text=[ACTING, "x\x1b", "[2J"], tool_calls=[("look", {"a": ACTING})])
    async with MockProvider([reply]) as mock, await mock.client(model) as client:
        response = await client.chat().user("?").stream().show()
    assert ACTING in response.content
    assert capsys.readouterr().out.replace("\n", "").isprintable()


async def test_an_error_is_printable() -> None:
    replies = [Reply(status=400, error=ACTING)]
    async with MockProvider(replies) as mock, await mock.client("openai/gpt-4o") as client:
        with pytest.raises(RemoteError) as caught:
            await client.chat().user("?").execute()
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
