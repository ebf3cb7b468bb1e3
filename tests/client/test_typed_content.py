"""Typed content reaches the caller in every dialect, plain and streamed, and goes back."""

import base64
from typing import Any

import pytest

from ai_lib.testing import MockProvider, Reply
from ai_lib.types.content import AudioBlock, Citation, ImageBlock, TokenLogprob
from ai_lib.types.events import AudioDelta, ImageContent, LogprobsDelta
from ai_lib.types.message import Message
from ai_lib.types.response import ChatResponse
from ai_lib.types.tool import ToolCall, ToolDefinition

PNG = "iVBORw0KGgoAAAANSUhEUg=="
TARGETS: dict[str, tuple[str, str | None]] = {
    "chat": ("openai/gpt-4o", None),
    "responses": ("openai/gpt-5.1", "responses"),
    "messages": ("anthropic/claude-sonnet-4-5", None),
    "generate": ("gemini/gemini-2.5-flash", None),
    "chat v2": ("cohere/command-a-03-2025", None),
}
CITED = Reply(
    text="Grüße, low tide.",
    citations=[
        Citation(url="https://e.com/1", title="T", start=7, end=16, source_id="d1"),
        Citation(url="https://e.com/2", title="U", start=0, end=5, source_id="d2"),
    ],
)
TOKENS = [
    TokenLogprob(token="Lo", token_id=1, logprob=-0.25),
    TokenLogprob(token="w", token_id=2, logprob=-0.5),
]
SOUND = AudioBlock(data="AAAA", media_type="audio/wav", transcript="Low.", id="a_1", expires_at=9)
PICTURE = ImageBlock(data=PNG, media_type="image/png")


async def ask(dialect: str, reply: Reply, streamed: bool) -> tuple[ChatResponse, list[Any], Any]:
    """Give the response, its events and the next request's body."""
    model, family = TARGETS[dialect]
    async with MockProvider([reply, Reply(text="So.")]) as mock:
        builder = mock.builder(model)
        builder = builder.api_family(family) if family else builder
        async with await builder.build() as client:
            chat = client.chat().user("Hi")
            events: list[Any] = []
            if streamed:
                stream = chat.stream()
                events = [event async for event in stream]
                response = stream.response()
            else:
                response = await chat.execute()
            results = [Message.tool(call.id, "done") for call in response.tool_calls]
            turns = [Message.user("Hi"), response.to_message(), *results, Message.user("And?")]
            await client.chat().messages(turns).execute()
        return response, events, mock.requests[1].body


STREAMED = pytest.mark.parametrize("streamed", [False, True], ids=["plain", "streamed"])


@STREAMED
@pytest.mark.parametrize("dialect", TARGETS)
async def test_sources(dialect: str, streamed: bool) -> None:
    response, events, _ = await ask(dialect, CITED, streamed)
    assert response.content == CITED.text
    # A source says more in some dialects than in others.
    places = {"messages": None}.get(dialect, [(7, 16), (0, 5)])
    if places is not None:
        assert [(c.start, c.end) for c in response.citations] == places
    assert [(c.url, c.title) for c in response.citations] == [
        ("https://e.com/1", "T"),
        ("https://e.com/2", "U"),
    ]
    if streamed:
        given = [c for e in events if e.is_content_delta for c in e.as_content_delta.citations]
        assert given == response.citations
    assert "https://e.com/1" in response._repr_markdown_()


@STREAMED
@pytest.mark.parametrize("dialect", ["chat", "responses", "generate", "chat v2"])
async def test_probabilities(dialect: str, streamed: bool) -> None:
    response, events, _ = await ask(dialect, Reply(text="Low", logprobs=TOKENS), streamed)
    assert [(t.token, t.logprob) for t in response.logprobs] == [("Lo", -0.25), ("w", -0.5)]
    if streamed:
        tokens = [t for e in events if isinstance(e, LogprobsDelta) for t in e.logprobs]
        assert tokens == list(response.logprobs)


@STREAMED
@pytest.mark.parametrize("dialect", ["chat", "generate"])
async def test_sound(dialect: str, streamed: bool) -> None:
    response, events, sent = await ask(dialect, Reply(audio=SOUND), streamed)
    assert response.audio is not None
    assert response.audio.to_bytes() == base64.b64decode("AAAA")
    if dialect == "chat":
        assert (response.audio.transcript, response.audio.id) == ("Low.", "a_1")
        assert sent["messages"][1] == {"role": "assistant", "audio": {"id": "a_1"}}
        assert "Low." in response._repr_markdown_()
    if streamed:
        assert any(isinstance(event, AudioDelta) for event in events)


@STREAMED
@pytest.mark.parametrize("dialect", ["chat", "responses", "generate"])
async def test_pictures(dialect: str, streamed: bool) -> None:
    response, events, _ = await ask(dialect, Reply(text="Here.", images=[PICTURE]), streamed)
    (image,) = response.images
    assert (image.data, image.media_type) == (PNG, "image/png")
    assert f"data:image/png;base64,{PNG}" in response._repr_markdown_()
    if streamed:
        assert sum(isinstance(event, ImageContent) for event in events) == 1


@STREAMED
@pytest.mark.parametrize("dialect", ["chat", "responses"])
async def test_refusals_and_custom_calls(dialect: str, streamed: bool) -> None:
    response, _, _ = await ask(dialect, Reply(refusal="I can't do that."), streamed)
    assert response.refusal == response.content == "I can't do that."
    assert response.termination_reason == "refusal"
    call = ToolCall(id="c1", name="patch", arguments={"input": '{"x" *** y'}, is_custom=True)
    response, _, sent = await ask(dialect, Reply(tool_calls=[call]), streamed)
    assert response.tool_calls == [call]
    assert response.termination_reason == "tool_use"
    turns = sent["messages"] if dialect == "chat" else sent["input"]
    written = turns[1]["tool_calls"][0]["custom"] if dialect == "chat" else turns[1]
    assert (written["name"], written["input"]) == ("patch", '{"x" *** y')


async def test_what_a_model_drew_or_cited_acts_on_nobody_who_reads_it() -> None:
    evil = '"><script>alert(1)</script>'
    shown = Reply(
        text="Here.",
        images=[ImageBlock(url=f"https://e.com/a.png{evil}")],
        citations=[
            Citation(url=f"javascript:{evil}", title=evil),
            Citation(url=f"https://e{evil}"),
        ],
    )
    response, _, _ = await ask("chat", shown, False)
    markdown = response._repr_markdown_()
    assert "<script" not in markdown
    assert "<img" not in markdown
    assert 'href="javascript' not in markdown


@pytest.mark.parametrize("dialect", ["chat", "responses"])
async def test_a_custom_tool_is_run_with_its_text(dialect: str) -> None:
    texts: list[str] = []

    def patch(input: str) -> str:
        """Apply a patch."""
        texts.append(input)
        return "done"

    call = ToolCall(id="c1", name="patch", arguments={"input": "*** x"}, is_custom=True)
    custom = {"type": "custom", "name": "patch"}
    wire = {"type": "custom", "custom": {"name": "patch"}} if dialect == "chat" else custom
    model, family = TARGETS[dialect]
    async with MockProvider([Reply(tool_calls=[call]), Reply(text="So.")]) as mock:
        builder = mock.builder(model)
        builder = builder.api_family(family) if family else builder
        async with await builder.build() as client:
            tool = ToolDefinition.of_provider(wire, function=patch)
            run = await client.chat().user("Hi").run_tools([tool])
    assert (texts, run.content) == (["*** x"], "So.")
