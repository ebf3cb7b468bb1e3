"""The rows of LangChain's chat models."""

from __future__ import annotations

from typing import Any

import msgspec

from ai_lib_sync.batch import batch_execute
from ai_lib_sync.testing import MockProvider, Reply
from ai_lib_sync.types import Message
from tests.documents.moving.rows import KEY, Client

CLIENT = Client("LangChain's chat models", "langchain-openai", "langchain_openai", {})
MODEL = "gpt-5.4-mini"
OURS = f"openai/{MODEL}"


class Answer(msgspec.Struct):
    """What is asked for as JSON."""

    city: str


def add(a: int, b: int) -> int:
    """Add two numbers."""
    return a + b


def make_theirs(mock: MockProvider, **options: Any) -> Any:
    from langchain_openai import ChatOpenAI
    from pydantic import SecretStr

    options = {"model": MODEL, "base_url": mock.base_url("openai"), **options}
    return ChatOpenAI(api_key=SecretStr(KEY), **options)


@CLIENT.row("`ChatOpenAI`, `ChatAnthropic`, ...")
def check_clients(mock: MockProvider) -> None:
    make_theirs(mock).invoke("Hi")
    with mock.client(OURS) as ours:
        ours.chat().user("Hi").execute()
    assert [request.model for request in mock.requests] == [MODEL] * 2


@CLIENT.row("`invoke` / `ainvoke`")
def check_calls(mock: MockProvider) -> None:
    theirs = make_theirs(mock)
    assert theirs.ainvoke
    with mock.client(OURS) as ours:
        assert ours.chat().user("Hi").execute().text == theirs.invoke("Hi").content


@CLIENT.row("`stream` / `astream`")
def check_streams(mock: MockProvider) -> None:
    theirs = make_theirs(mock)
    assert theirs.astream
    texts = [chunk.content for chunk in theirs.stream("Hi") if chunk.content]
    with mock.client(OURS) as ours:
        assert list(ours.chat().user("Hi").stream().text()) == texts


@CLIENT.row("`SystemMessage`, `HumanMessage`, `AIMessage`, `ToolMessage`")
def check_messages(mock: MockProvider) -> None:
    from langchain_core.messages import AIMessage, HumanMessage, SystemMessage, ToolMessage

    result = Message.tool("c", "3").to_dict()["content"][0]
    assert ToolMessage("3", tool_call_id="c").tool_call_id == result["tool_use_id"] == "c"
    talk = [SystemMessage("Be brief."), HumanMessage("Hi"), AIMessage("Hello."), HumanMessage("?")]
    make_theirs(mock).invoke(talk)
    ours_talk = [
        Message.system("Be brief."),
        Message.user("Hi"),
        Message.assistant("Hello."),
        Message.user("?"),
    ]
    with mock.client(OURS) as ours:
        ours.chat().messages(ours_talk).execute()
    theirs_sent, ours_sent = mock.requests
    assert theirs_sent.messages == ours_sent.messages


@CLIENT.row("`convert_to_openai_messages(...)`")
def check_dicts(mock: MockProvider) -> None:
    from langchain_core.messages import AIMessage, HumanMessage, ToolMessage
    from langchain_core.messages.utils import convert_to_openai_messages

    call: Any = {"name": "add", "args": {"a": 1, "b": 2}, "id": "c", "type": "tool_call"}
    talk = [
        HumanMessage("Hi"),
        AIMessage("", tool_calls=[call]),
        ToolMessage("3", tool_call_id="c"),
    ]
    make_theirs(mock).bind_tools([add]).invoke(talk)
    with mock.client(OURS) as ours:
        ours.chat().messages(convert_to_openai_messages(talk)).tools([add]).execute()
    theirs_sent, ours_sent = mock.requests
    assert theirs_sent.messages == ours_sent.messages


@CLIENT.row("`bind_tools([function])`")
def check_tools(mock: MockProvider) -> None:
    call = Reply(tool_calls=[("add", {"a": 1, "b": 2})])
    mock.enqueue(call, call, Reply(text="3"))
    assert make_theirs(mock).bind_tools([add]).invoke("?").tool_calls[0]["args"] == {"a": 1, "b": 2}
    with mock.client(OURS) as ours:
        assert ours.chat().user("?").run_tools([add]).content == "3"


@CLIENT.row("`with_structured_output(type)`")
def check_types(mock: MockProvider) -> None:
    from pydantic import BaseModel

    class City(BaseModel):
        city: str

    mock.enqueue(*[Reply(text='{"city": "Rome"}')] * 2)
    theirs = make_theirs(mock).with_structured_output(City, method="json_schema").invoke("?")
    with mock.client(OURS) as ours:
        assert ours.chat().user("?").execute_as(Answer).city == theirs.city == "Rome"


@CLIENT.row("`with_fallbacks([...])`")
def check_fallbacks(mock: MockProvider) -> None:
    broken = Reply(status=401, error="no")
    mock.enqueue(broken, Reply(text="yes"), broken, Reply(text="yes"))
    theirs = make_theirs(mock).with_fallbacks([make_theirs(mock, model="gpt-5.4-nano")])
    assert theirs.invoke("Hi").content == "yes"
    other, url = "openai/gpt-5.4-nano", mock.base_url("openai")
    builder = mock.builder(OURS).with_fallbacks([other])
    with builder.base_url_for(other, url).api_key_for(other, KEY).build() as ours:
        assert ours.chat().user("Hi").execute().text == "yes"
    assert [request.model for request in mock.requests] == [MODEL, "gpt-5.4-nano"] * 2


@CLIENT.row("`batch([...])`")
def check_batches(mock: MockProvider) -> None:
    theirs = [answer.content for answer in make_theirs(mock).batch(["a", "b"])]
    with mock.client(OURS) as ours:
        result = batch_execute(["a", "b"], ours)
    assert [response.text for response in result.get_successful_results()] == theirs


@CLIENT.row("`answer.usage_metadata`")
def check_usage(mock: MockProvider) -> None:
    usage = make_theirs(mock).invoke("Hi").usage_metadata
    with mock.client(OURS) as ours:
        assert ours.chat().user("Hi").execute().usage.total_tokens == usage["total_tokens"] > 0
