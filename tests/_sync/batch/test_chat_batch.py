# Generated from tests/batch/test_chat_batch.py by codegen; do not edit.
"""Prompts and requests put to one client, with the client's retries and nobody else's."""

from ai_lib_sync import AiClient
from ai_lib_sync.batch import BatchConfig, BatchExecutor, batch_execute
from ai_lib_sync.errors import RemoteError
from ai_lib_sync.resilience import JitterStrategy, RetryConfig
from ai_lib_sync.testing import MockProvider, Reply
from ai_lib_sync.types import ChatResponse, Message, ResponseFormat, ToolChoice, ToolDefinition


def test_prompts_of_every_kind_are_asked() -> None:
    with MockProvider() as mock:
        with mock.client("openai/m") as client:
            tool = ToolDefinition.from_function(name="look", description="", parameters={})
            built = client.chat().system("Be brief.").user("three").temperature(0.5)
            built.tools([tool]).tool_choice("none").extra({"user": "me"})
            request = built.response_format("json_object").build()
            prompts = ["one", [Message.system("?"), Message.user("two")], request]
            result = batch_execute(prompts, client, 1)

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


def test_the_client_tries_again_and_nobody_else_does() -> None:
    script = [Reply(status=503)] * 3 + [Reply(text="at last")] + [Reply(status=503)] * 4
    quick = RetryConfig(max_retries=3, min_delay_ms=1, jitter=JitterStrategy.NONE)
    with MockProvider(script) as mock:
        made = AiClient.builder().model("openai/m").api_key("k").with_retry(quick)
        with made.base_url(mock.base_url("openai")).build() as client:
            result = batch_execute(["a", "b"], client, max_concurrent=1)

    assert len(mock.requests) == 8
    first, second = result.results
    assert isinstance(first, ChatResponse)
    assert (first.content, len(first.attempts)) == ("at last", 4)
    assert second is None
    error = result.errors[1]
    assert isinstance(error, RemoteError)
    assert len(error.attempts) == 4


def test_functions_do_too() -> None:
    def double(number: int) -> int:
        return number * 2

    seen: list[tuple[int, int | None]] = []
    result = batch_execute(
        [1, 2], double, 1, on_progress=lambda done, total: seen.append((done, total))
    )
    assert result.results == [2, 4]
    assert seen == [(1, 2), (2, 2)]


def test_answers_come_back_from_the_journal_as_they_were(tmp_path: object) -> None:
    config = BatchConfig(journal=f"{tmp_path}/batch.jsonl")
    with MockProvider([Reply(text="hm", thinking="why")]) as mock:
        with mock.client("openai/m") as client:
            first = batch_execute(["a", "b"], client, 1, config=config)
            again = batch_execute(["a", "b"], client, 1, config=config)

    assert again.results == first.results
    assert all(isinstance(response, ChatResponse) for response in again.results)
    assert again.resumed_count == 2
    assert len(mock.requests) == 2


def test_the_readme_s_questions() -> None:
    with MockProvider() as mock:

        def process_question(question: str) -> str:
            client = mock.client("openai/gpt-4o")
            response = client.chat().user(question).execute()
            client.close()
            return response.content

        questions = ["What is AI?", "What is Python?", "What is async?"]

        executor = BatchExecutor(process_question, max_concurrent=5)
        result = executor.execute(questions)

    assert (result.successful_count, result.failed_count) == (3, 0)
    assert result.get_successful_results() == [f"You said: {one}" for one in questions]
    assert len(mock.requests) == 3
