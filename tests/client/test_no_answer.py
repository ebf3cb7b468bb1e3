"""A response that says nothing is an error, and one that ended in a fault is no answer."""

import json

import pytest

from ai_lib.errors import (
    AnswerCutShort,
    AnswerFailure,
    AnswerRefused,
    EmptyResponse,
    RemoteError,
)
from ai_lib.resilience import JitterStrategy, RetryConfig
from ai_lib.testing import MockProvider, Reply
from ai_lib.types import ChatResponse

OPENAI, GEMINI, CLAUDE, COHERE = (
    "openai/gpt-4o",
    "gemini/gemini-2.5-flash",
    "anthropic/claude-sonnet-4-5",
    "cohere/command-a-03-2025",
)
QUICK = RetryConfig(max_retries=2, min_delay_ms=1, max_delay_ms=5, jitter=JitterStrategy.NONE)
NEVER = RetryConfig(max_retries=0)
# By model: a body that says nothing, and the frames of a stream that does.
SILENT = {
    OPENAI: ({"id": "c1", "choices": None}, [{"id": "c1", "choices": []}, "[DONE]"]),
    GEMINI: ({"candidates": [{"content": {}}]}, None),
    CLAUDE: ({"type": "message", "content": []}, [{"type": "message_stop"}]),
    COHERE: (
        {"id": "c1", "message": {"role": "assistant"}},
        [{"type": "message-end", "delta": {}}],
    ),
}


def body(value: object) -> Reply:
    return Reply(body=json.dumps(value).encode(), headers={"content-type": "application/json"})


def frames(*values: object) -> Reply:
    texts = [value if isinstance(value, str) else json.dumps(value) for value in values]
    data = "".join(f"data: {text}\n\n" for text in texts).encode()
    return Reply(body=data, headers={"content-type": "text/event-stream"})


@pytest.mark.parametrize("model", SILENT)
async def test_a_body_that_says_nothing_is_no_answer(model: str) -> None:
    async with MockProvider([body(SILENT[model][0])]) as mock:
        async with await mock.builder(model).with_retry(NEVER).build() as client:
            with pytest.raises(EmptyResponse) as caught:
                await client.chat().user("Hi").execute()
    assert json.dumps(SILENT[model][0]) == caught.value.excerpt
    assert caught.value.retryable
    assert caught.value.fallbackable


@pytest.mark.parametrize("model", [model for model, (_, stream) in SILENT.items() if stream])
async def test_a_stream_that_says_nothing_is_no_answer(model: str) -> None:
    async with MockProvider([frames(*SILENT[model][1] or ())]) as mock:
        async with await mock.builder(model).with_retry(NEVER).build() as client:
            with pytest.raises(EmptyResponse) as caught:
                [event async for event in client.chat().user("Hi").stream()]
    assert caught.value.excerpt.startswith("data: {")


async def test_it_shows_how_a_long_answer_begins() -> None:
    async with MockProvider([body({"detail": "ü" * 1000})]) as mock:
        async with await mock.builder(OPENAI).with_retry(NEVER).build() as client:
            with pytest.raises(EmptyResponse) as caught:
                await client.chat().user("Hi").execute()
    assert len(caught.value.excerpt) == 200
    assert caught.value.excerpt[:15] == '{"detail": "\\u0'


@pytest.mark.parametrize("streamed", [False, True])
async def test_it_is_asked_again(streamed: bool) -> None:
    silent = frames("[DONE]") if streamed else body({})
    async with MockProvider([silent, Reply(text="Hello.")]) as mock:
        async with await mock.builder(OPENAI).with_retry(QUICK).build() as client:
            chat = client.chat().user("Hi")
            if streamed:
                stream = chat.stream()
                assert [event async for event in stream]
                response = stream.response()
            else:
                response = await chat.execute()
    assert response.content == "Hello."
    assert [attempt.error for attempt in response.attempts] == ["EmptyResponse", None]


async def test_another_model_is_asked() -> None:
    async with MockProvider([body({}), Reply(text="Hello.")]) as mock:
        builder = mock.builder(OPENAI).with_retry(NEVER).with_fallbacks([CLAUDE])
        builder = builder.base_url_for(CLAUDE, mock.base_url("anthropic"))
        async with await builder.api_key_for(CLAUDE, "k").build() as client:
            response = await client.chat().user("Hi").execute()
    assert response.content == "Hello."


@pytest.mark.parametrize("status", ["failed", "cancelled"])
@pytest.mark.parametrize("streamed", [False, True])
async def test_a_status_that_is_no_answer_raises(status: str, streamed: bool) -> None:
    said = {"id": "r1", "status": status, "error": None, "output": []}
    replies = (
        [frames({"type": "response.completed", "response": said})] if streamed else [body(said)]
    )
    async with MockProvider(replies) as mock:
        builder = mock.builder("openai/gpt-5.1").api_family("responses").with_retry(NEVER)
        async with await builder.build() as client:
            chat = client.chat().user("Hi")
            with pytest.raises(RemoteError):
                if streamed:
                    [event async for event in chat.stream()]
                else:
                    await chat.execute()


def tide(port: str) -> str:
    """Tell the tide."""
    return "low"


FAULTS = [
    (GEMINI, "MALFORMED_FUNCTION_CALL"),
    ("deepseek/deepseek-chat", "insufficient_system_resource"),
]


@pytest.mark.parametrize(("model", "word"), FAULTS)
async def test_tools_are_run_after_a_fault_is_asked_again(model: str, word: str) -> None:
    call = Reply(tool_calls=[("tide", {"port": "Ems"})])
    replies = [call, Reply(text="I", finish=word), Reply(text="Low.")]
    async with MockProvider(replies) as mock, await mock.client(model) as client:
        run = await client.chat().user("?").tool_choice("required").run_tools([tide])
    assert (run.content, run.rounds) == ("Low.", 3)
    assert [message.role.value for message in run.messages] == [
        "user",
        "assistant",
        "tool",
        "assistant",
    ]


@pytest.mark.parametrize(("model", "word"), FAULTS)
@pytest.mark.parametrize("streamed", [False, True])
async def test_two_faults_in_turn_end_a_run(model: str, word: str, streamed: bool) -> None:
    replies = [Reply(tool_calls=[("tide", {"port": "Ems"})])] + 2 * [Reply(finish=word)]
    async with MockProvider(replies) as mock, await mock.client(model) as client:
        chat = client.chat().user("?")
        with pytest.raises(AnswerFailure, match=word) as caught:
            if streamed:
                [event async for event in chat.stream_tools([tide])]
            else:
                await chat.run_tools([tide])
    assert caught.value.finish_reason == word
    assert len(caught.value.messages) == 3
    assert isinstance(caught.value.partial, ChatResponse)


async def test_a_refusal_without_a_word_ends_a_run() -> None:
    async with MockProvider([Reply(finish="refusal")]) as mock, await mock.client(OPENAI) as client:
        with pytest.raises(AnswerRefused) as caught:
            await client.chat().user("?").run_tools([tide])
    assert len(caught.value.messages) == 1


@pytest.mark.parametrize("model", [OPENAI, GEMINI, CLAUDE, COHERE])
async def test_a_run_may_end_without_a_word(model: str) -> None:
    replies = [Reply(tool_calls=[("tide", {"port": "Ems"})]), Reply()]
    async with MockProvider(replies) as mock, await mock.client(model) as client:
        run = await client.chat().user("?").run_tools([tide])
    assert (run.content, run.rounds) == ("", 2)


async def test_a_typed_answer_is_asked_for_again_after_a_fault() -> None:
    replies = [Reply(text="{", finish="MALFORMED_RESPONSE"), Reply(text='{"a": 1}')]
    async with MockProvider(replies) as mock, await mock.client(GEMINI) as client:
        output = await client.chat().user("?").execute_structured(dict[str, int])
        asked = [len(request.messages) for request in mock.requests]
    assert (output.value, output.asks, asked) == ({"a": 1}, 2, [1, 1])


async def test_the_error_of_a_typed_ask_has_its_messages() -> None:
    replies = [Reply(text="no"), Reply(text='{"a": 1}', finish="MALFORMED_RESPONSE")]
    async with MockProvider(replies) as mock, await mock.client(GEMINI) as client:
        with pytest.raises(AnswerFailure) as caught:
            await client.chat().user("?").execute_as(dict[str, int], max_reasks=1)
    assert len(caught.value.messages) == 3


@pytest.mark.parametrize(
    ("model", "word"),
    [
        (CLAUDE, "model_context_window_exceeded"),
        ("zhipu/glm-4.6", "model_context_window_exceeded"),
        ("mistral/mistral-large-latest", "model_length"),
    ],
)
async def test_a_full_context_cuts_a_typed_answer_short(model: str, word: str) -> None:
    async with MockProvider([Reply(text='{"a"', finish=word)]) as mock:
        async with await mock.client(model) as client:
            with pytest.raises(AnswerCutShort, match="context window"):
                await client.chat().user("?").execute_as(dict[str, int])
            mock.enqueue(Reply(text="Hm", finish=word))
            response = await client.chat().user("?").execute()
    assert response.termination_reason == "context_window"


@pytest.mark.parametrize("word", ["SAFETY", "OTHER", "JAILBREAK", "MODEL_ARMOR", "A_NEW_ONE"])
async def test_a_blocked_prompt_is_refused_whatever_the_word(word: str) -> None:
    async with MockProvider([body({"promptFeedback": {"blockReason": word}})]) as mock:
        async with await mock.client(GEMINI) as client:
            response = await client.chat().user("Hi").execute()
    assert (response.finish_reason, response.termination_reason) == (word, "refusal")
