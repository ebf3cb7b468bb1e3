"""What is sent next, after an answer that is no JSON, and how an answer is shown."""

import msgspec
import pytest

from ai_lib.errors import InvalidOutput, InvalidToolArguments
from ai_lib.structured.display import output_summary
from ai_lib.structured.output import StructuredOutput
from ai_lib.structured.typed_conversation import TypedConversation, start_conversation
from ai_lib.types import ChatResponse, Message
from ai_lib.types.request import ChatRequest


class Person(msgspec.Struct):
    name: str


def conversation(reasks: int) -> TypedConversation[Person]:
    return start_conversation(ChatRequest(messages=(Message.user("Who?"),)), Person, None, reasks)


def no_json(name: str) -> InvalidToolArguments:
    return InvalidToolArguments("not JSON", tool_call_id="c", tool_name=name, raw="{name: ")


def test_arguments_that_are_no_json_are_answered_with_what_is_wrong() -> None:
    talk = conversation(1)
    assert talk.read_invalid_arguments(no_json(talk.shape.name)) is None
    question, answer, complaint = talk.request.messages
    assert (question.text, answer.text) == ("Who?", "{name: ")
    assert (answer.role, complaint.role) == ("assistant", "user")
    assert "is not JSON" in complaint.text
    assert "corrected" in complaint.text

    with pytest.raises(InvalidOutput, match="after 2 asks") as caught:
        talk.read_invalid_arguments(no_json(talk.shape.name))
    assert caught.value.raw == "{name: "


def test_arguments_of_another_tool_are_not_asked_for_again() -> None:
    talk, error = conversation(1), no_json("other")
    with pytest.raises(InvalidToolArguments) as caught:
        talk.read_invalid_arguments(error)
    assert caught.value is error
    assert len(talk.request.messages) == 1


def test_the_number_of_further_asks_is_none_or_more() -> None:
    assert conversation(0).request.messages[0].text == "Who?"
    with pytest.raises(ValueError, match="negative"):
        conversation(-1)


@pytest.mark.parametrize(("asks", "shown"), [(1, False), (2, True)])
def test_a_summary_says_how_often_it_was_asked(asks: int, shown: bool) -> None:
    output = StructuredOutput(
        value=Person("A"), data={"name": "A"}, raw="", response=ChatResponse(), asks=asks
    )
    summary = output_summary(output)
    assert summary.startswith("Person")
    assert ("asks" in summary) is shown
    assert not shown or summary.endswith(" 2 asks")
