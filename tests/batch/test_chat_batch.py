"""Prompts and requests put to one client, with the client's retries and nobody else's."""

from ai_lib import AiClient
from ai_lib.batch import BatchConfig, BatchExecutor, batch_execute
from ai_lib.errors import RemoteError
from ai_lib.resilience import JitterStrategy, RetryConfig
from ai_lib.testing import MockProvider, Reply
from ai_lib.types import ChatResponse, Message, ResponseFormat, ToolChoice, ToolDefinition


async def test_prompts_of_every_kind_are_asked() -> None:
    async with MockProvider() as mock:
        async with await mock.client("openai/m") as client:
            tool = ToolDefinition.from_function(name="look", description="", parameters={})
            built = client.chat().system("Be brief.").user("three").temperature(0.5)
            built.tools([tool]).tool_choice("none").extra({"user": "me"})
            request = built.response_format("json_object").build()
            prompts = ["one", [Message.system("?"), Message.user("two")], request]
            result = await batch_execute(prompts, client, 1)

    assert result.get_successful_results()[0].content == "You said: one"
    one, two, three = mock.requests
    assert one.messages == [Message.user("one")]
    assert two.messages == [Message.system("?"), Message.user("two")]
    assert three.messages == [Message.system("Be brief."), Message.user("three")]
    assert isinstance(three.body, dict)
    assert (three.body["temperature"], three.body["user"]) == (0.5, "me")
    assert three.body["response_format"] == {"type": "json_object"}
    assert three.tool_choice == ToolChoice(mode="none")
    assert [t.name for t in three.tools] == ["look"]
    assert request.response_format == ResponseFormat(type="json_object")


async def test_the_client_tries_again_and_nobody_else_does() -> None:
    script = [Reply(status=503)] * 3 + [Reply(text="at last")] + [Reply(status=503)] * 4
    quick = RetryConfig(max_retries=3, min_delay_ms=1, jitter=JitterStrategy.NONE)
    async with MockProvider(script) as mock:
        made = AiClient.builder().model("openai/m").api_key("k").with_retry(quick)
        async with await made.base_url(mock.base_url("openai")).build() as client:
            result = await batch_execute(["a", "b"], client, max_concurrent=1)

    assert len(mock.requests) == 8
    first, second = result.results
    assert isinstance(first, ChatResponse)
    assert (first.content, len(first.attempts)) == ("at last", 4)
    assert second is None
    error = result.errors[1]
    assert isinstance(error, RemoteError)
    assert len(error.attempts) == 4


async def test_functions_do_too() -> None:
    async def double(number: int) -> int:
        return number * 2

    seen: list[tuple[int, int | None]] = []
    result = await batch_execute(
        [1, 2], double, 1, on_progress=lambda done, total: seen.append((done, total))
    )
    assert result.results == [2, 4]
    assert seen == [(1, 2), (2, 2)]


async def test_answers_come_back_from_the_journal_as_they_were(tmp_path: object) -> None:
    config = BatchConfig(journal=f"{tmp_path}/batch.jsonl")
    async with MockProvider([Reply(text="hm", thinking="why")]) as mock:
        async with await mock.client("openai/m") as client:
            first = await batch_execute(["a", "b"], client, 1, config=config)
            again = await batch_execute(["a", "b"], client, 1, config=config)

    assert again.results == first.results
    assert all(isinstance(response, ChatResponse) for response in again.results)
    assert again.resumed_count == 2
    assert len(mock.requests) == 2


async def test_the_readme_s_questions() -> None:
    async with MockProvider() as mock:

        async def process_question(question: str) -> str:
            client = await mock.client("openai/gpt-4o")
            response = await client.chat().user(question).execute()
            await client.close()
            return response.content

        questions = ["What is AI?", "What is Python?", "What is async?"]

        executor = BatchExecutor(process_question, max_concurrent=5)
        result = await executor.execute(questions)

    assert (result.successful_count, result.failed_count) == (3, 0)
    assert result.get_successful_results() == [f"You said: {one}" for one in questions]
    assert len(mock.requests) == 3
