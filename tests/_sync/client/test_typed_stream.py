# Generated from tests/client/test_typed_stream.py by codegen; do not edit.
"""A typed answer as it comes."""

import json
from typing import Any, Literal

import msgspec
import pydantic
import pytest
from typing_extensions import Self

from ai_lib_sync.client import CancelToken
from ai_lib_sync.errors import (
    AnswerCutShort,
    AnswerRefused,
    InvalidOutput,
    RequestError,
    StreamTruncated,
)
from ai_lib_sync.structured import JsonMode
from ai_lib_sync.testing import MockProvider, Reply
from ai_lib_sync.types import ToolDefinition


class Person(msgspec.Struct):
    name: str
    tags: list[str] = []


PIECES = ['{"na', 'me": "An', 'na", "tags"', ': ["a", "', 'b"]}']
PROVIDERS = [
    "openai/gpt-4o",
    "anthropic/claude-sonnet-4-5",
    "gemini/gemini-2.5-flash",
    "cohere/command-a-03-2025",
    "deepseek/deepseek-chat",
]


def copied(item: object) -> object:
    """Give a partial object as it is now; it grows."""
    return json.loads(json.dumps(item)) if isinstance(item, dict | list) else item


@pytest.mark.parametrize("model", PROVIDERS)
def test_the_object_grows_and_the_value_comes_last(model: str) -> None:
    with MockProvider([Reply(text=PIECES)]) as mock, mock.client(model) as client:
        stream = client.chat().user("Who?").stream_as(Person)
        items = [copied(item) for item in stream]

    assert items[-1] == Person(name="Anna", tags=["a", "b"])
    assert items[:-1] == [
        {},
        {"name": "An"},
        {"name": "Anna"},
        {"name": "Anna", "tags": ["a", ""]},
        {"name": "Anna", "tags": ["a", "b"]},
    ]
    output = stream.output()
    assert (output.value, output.asks) == (items[-1], 1)
    assert output.response.content == "".join(PIECES)
    assert len(output.response.attempts) == 1


def test_members_are_read_like_the_values() -> None:
    with MockProvider([Reply(text=PIECES)]) as mock:
        with mock.client("openai/gpt-4o") as client:
            names: list[Any] = []
            for person in client.chat().user("Who?").stream_as(Person):
                names.append(person.name)  # noqa: PERF401 (the object grows)

    assert names == [None, "An", "Anna", "Anna", "Anna", "Anna"]


def test_what_is_no_object_comes_in_parts_too() -> None:
    pieces = ['{"value": [1', ", 2", ", 3]}"]
    with MockProvider([Reply(text=pieces)]) as mock:
        with mock.client("openai/gpt-4o") as client:
            stream = client.chat().user("?").stream_as(list[int])
            assert [copied(item) for item in stream] == [[], [1], [1, 2, 3], [1, 2, 3]]


def test_an_answer_by_tool_comes_in_parts() -> None:
    reply = Reply(tool_calls=[("Person", {"name": "Anna", "tags": ["a"]})])
    with MockProvider([reply]) as mock, mock.client("openai/gpt-4o") as client:
        stream = client.chat().user("?").stream_as(Person, mode=JsonMode.TOOL)
        items = [copied(item) for item in stream]

    assert items[-1] == Person(name="Anna", tags=["a"])
    assert items[-2] == {"name": "Anna", "tags": ["a"]}


def test_a_wrong_answer_is_asked_for_again() -> None:
    replies = [Reply(text=['{"name": ', "1}"]), Reply(text=PIECES)]
    with MockProvider(replies) as mock, mock.client("openai/gpt-4o") as client:
        stream = client.chat().user("?").stream_as(Person)
        items = [copied(item) for item in stream]
        complaint = mock.requests[1].messages[-1].text

    assert items[:3] == [{}, {"name": 1}, {}]
    assert items[-1] == Person(name="Anna", tags=["a", "b"])
    assert "/name: found 1, allowed is string" in complaint
    assert stream.output().asks == 2
    assert len(stream.output().response.attempts) == 2


def test_a_broken_answer_by_tool_is_asked_for_again() -> None:
    replies = [
        Reply(tool_calls=[("Person", '{"name": ')]),
        Reply(tool_calls=[("Person", {"name": "Anna"})]),
    ]
    with MockProvider(replies) as mock, mock.client("openai/gpt-4o") as client:
        stream = client.chat().user("?").stream_as(Person, mode=JsonMode.TOOL)
        items = [copied(item) for item in stream]

    assert items[-1] == Person(name="Anna")
    assert stream.output().asks == 2


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (Reply(text='{"name": "An', finish="max_tokens"), AnswerCutShort),
        (Reply(text="No.", finish="refusal"), AnswerRefused),
        (Reply(text="nothing of use"), InvalidOutput),
        (Reply(text=PIECES, truncate=3), StreamTruncated),
    ],
)
def test_an_answer_that_is_none_raises_once_and_then_is_over(
    reply: Reply, kind: type[Exception]
) -> None:
    with MockProvider([reply]) as mock, mock.client("openai/gpt-4o") as client:
        stream = client.chat().user("?").stream_as(Person, max_reasks=0)
        with pytest.raises(kind):
            for _ in stream:
                pass
        assert [item for item in stream] == []
        with pytest.raises(ValueError, match="no value yet"):
            stream.output()
        assert len(mock.requests) == 1


def refusal_frames() -> bytes:
    """Refuse in the field that is there for it."""
    frames: list[dict[str, Any]] = [
        {"delta": {"refusal": "I can't."}, "finish_reason": None},
        {"delta": {}, "finish_reason": "stop"},
    ]
    lines = [json.dumps({"id": "1", "choices": [{"index": 0, **one}]}) for one in frames]
    return "".join(f"data: {line}\n\n" for line in [*lines, "[DONE]"]).encode()


def test_a_refusal_in_its_own_field_is_one() -> None:
    headers = {"content-type": "text/event-stream"}
    reply = Reply(body=refusal_frames(), headers=headers)
    with MockProvider([reply]) as mock, mock.client("openai/gpt-4o") as client:
        with pytest.raises(AnswerRefused, match="I can't"):
            for _ in client.chat().user("?").stream_as(Person):
                pass
        assert len(mock.requests) == 1


def test_it_can_be_left_early() -> None:
    with MockProvider([Reply(text=PIECES)] * 2) as mock:
        with mock.client("openai/gpt-4o") as client:
            with client.chat().user("?").stream_as(Person) as stream:
                for _ in stream:
                    break
            assert [item for item in stream] == []


def test_a_token_ends_it_without_a_value() -> None:
    token = CancelToken()
    with MockProvider([Reply(text=PIECES, pause=0.01, linger=0.01)]) as mock:
        with mock.client("openai/gpt-4o") as client:
            stream = client.chat().user("?").stream_as(Person, cancel_token=token)
            for _ in stream:
                token.cancel()
            with pytest.raises(ValueError, match="no value yet"):
                stream.output()


def test_what_can_not_be_sent_raises_once_and_then_is_over() -> None:
    tool = ToolDefinition.from_function(name="Person")
    with MockProvider() as mock, mock.client("minimax/m") as client:
        stream = client.chat().user("?").tools([tool]).stream_as(Person)
        with pytest.raises(RequestError, match="another name"):
            stream.__next__()
        assert [item for item in stream] == []


class Axis(pydantic.BaseModel):
    label: str


class Chart(pydantic.BaseModel):
    axis: Axis
    numbers: list[int]
    ratio: float
    is_final: bool = False
    note: Literal["no", "none"] | None = None

    @pydantic.model_validator(mode="after")
    def _needs_a_note(self) -> Self:
        if self.is_final and self.note is None:
            raise ValueError("what is final needs a note")
        return self


def test_parts_are_shown_as_they_settle_and_checks_see_the_whole() -> None:
    """A nested first member, numbers with signs, and a check of the model's own.

    567-labs/instructor#587 and 1993, pydantic/pydantic-ai#681, anthropic-sdk-typescript#1059,
    assistant-ui#5524
    """
    text = (
        '{"axis": {"label": "x"}, "numbers": [-1, 20], "ratio": -1.5e2, '
        '"is_final": true, "note": "none"}'
    )
    with MockProvider([Reply(text=list(text))]) as mock:
        with mock.client("openai/gpt-4o") as client:
            stream = client.chat().user("?").stream_as(Chart, max_reasks=0)
            *parts, value = [copied(item) for item in stream]
    assert value == Chart(
        axis=Axis(label="x"), numbers=[-1, 20], ratio=-150.0, is_final=True, note="none"
    )
    known: list[Any] = [part for part in parts if isinstance(part, dict)]
    assert {"axis": {"label": ""}} in known
    numbers = [part["numbers"] for part in known if "numbers" in part]
    assert [number for index, number in enumerate(numbers) if number not in numbers[:index]] == [
        [], [-1], [-1, 20],
    ]  # fmt: skip
    assert {part["ratio"] for part in known if "ratio" in part} == {-150.0}
    assert {part["note"] for part in known if "note" in part} == {"none"}
