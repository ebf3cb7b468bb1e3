# Generated from tests/client/test_text_calls.py by codegen; do not edit.
"""Tool calls that models of local servers write into their text, in the forms they are known for.

The forms are those of the protocol's specification (docs/spec/text-tool-call), of the models'
chat templates, and of https://docs.vllm.ai/en/latest/features/tool_calling/.
"""

from typing import Any

import pytest

from ai_lib.types.tool import ToolDefinition
from ai_lib_sync.pipeline import parse_text_tool_calls
from ai_lib_sync.testing import MockProvider, Reply
from ai_lib_sync.types import PartialContentDelta, ToolCallEnded, ToolCallStarted

MANIFESTS = ["ollama/qwen3", "vllm/any", "llamacpp/any"]
BAR, SPACE = "\uff5c", "\u2581"
ARGUMENTS = '{"word": "fog", "count": 2}'
FORMS = {
    "canonical": f'<tool_call>\n{{"name": "look_up", "arguments": {ARGUMENTS}}}\n</tool_call>',
    "attribute": f'<tool_call name="look_up">{ARGUMENTS}</tool_call>',
    "wrapped": (
        f'<tool_calls>\n<tool_call id="1">{{"name": "look_up", "parameters": {ARGUMENTS}}}'
        "</tool_call>\n</tool_calls>"
    ),
    "left open": f'<tool_call>\n{{"name": "look_up", "args": {ARGUMENTS}}}',
    "bare JSON": f'{{"name": "look_up", "parameters": {ARGUMENTS}}}',
    "code block": f'```json\n{{"name": "look_up", "arguments": {ARGUMENTS}}}\n```',
    "Python": '[look_up(word="fog", count=2)]',
    "tool code": '```tool_code\nprint(look_up(word="fog", count=2))\n```',
    "escaped": (
        "<start_function_call>call:look_up{word:<escape>fog<escape>,count:2}<end_function_call>"
    ),
    "quoted": '<|tool_call>call:look_up{word:<|"|>fog<|"|>,count:2}<tool_call|>',
    "invoke": (
        '<function_calls>\n<invoke name="look_up">\n<parameter name="word">fog</parameter>\n'
        '<parameter name="count">2</parameter>\n</invoke>\n</function_calls>'
    ),
    "parameters": (
        "<tool_call>\n<function=look_up>\n<parameter=word>\nfog\n</parameter>\n"
        "<parameter=count>\n2\n</parameter>\n</function>\n</tool_call>"
    ),
    "function": f"<function=look_up>{ARGUMENTS}</function>",
    "keys": (
        "<tool_call>look_up\n<arg_key>word</arg_key>\n<arg_value>fog</arg_value>\n"
        "<arg_key>count</arg_key>\n<arg_value>2</arg_value>\n</tool_call>"
    ),
    "list": f'[TOOL_CALLS][{{"name": "look_up", "arguments": {ARGUMENTS}}}]',
    "named": f"[TOOL_CALLS]look_up[ARGS]{ARGUMENTS}",
    "python tag": f'<|python_tag|>{{"name": "look_up", "parameters": {ARGUMENTS}}}',
    "bars": (
        f"<{BAR}tool{SPACE}calls{SPACE}begin{BAR}><{BAR}tool{SPACE}call{SPACE}begin{BAR}>look_up"
        f"<{BAR}tool{SPACE}sep{BAR}>{ARGUMENTS}<{BAR}tool{SPACE}call{SPACE}end{BAR}>"
        f"<{BAR}tool{SPACE}calls{SPACE}end{BAR}>"
    ),
    "section": (
        "<|tool_calls_section_begin|><|tool_call_begin|>functions.look_up:0"
        f"<|tool_call_argument_begin|>{ARGUMENTS}<|tool_call_end|><|tool_calls_section_end|>"
    ),
    "channel": (
        "<|channel|>commentary to=functions.look_up <|constrain|>json<|message|>"
        f"{ARGUMENTS}<|call|>"
    ),
    "functools": f'functools[{{"name": "look_up", "arguments": {ARGUMENTS}}}]',
}
ALONE = {"bare JSON", "Python"}
NO_CALLS = [
    '{"name": "Bob", "count": 3}',
    '```json\n{"name": "Bob"}\n```\nThat is Bob.',
    "Write <shell>ls</shell> to list files, or [1, 2], or <tool_call>.",
    '<tool_call>{"a": 1}</tool_call> is no call.',
    "look_up is a tool. \n",
    "```python\nprint(1)\n```",
]


def look_up(word: str, count: int = 1) -> str:
    """Look a word up."""
    return f"{word} x {count}"


def run(client: Any, *, streamed: bool) -> tuple[Any, str]:
    """Run the tools of one conversation; return the run and the text that was shown on the way."""
    chat = client.chat().user("What is fog?")
    if not streamed:
        return chat.run_tools([look_up]), ""
    stream = chat.stream_tools([look_up])
    events = [event for event in stream]
    assert any(isinstance(event, ToolCallStarted) for event in events)
    shown = [event.content for event in events if isinstance(event, PartialContentDelta)]
    return stream.result(), "".join(shown)


@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize("model", MANIFESTS)
def test_a_call_in_the_text_runs_its_tool(model: str, streamed: bool) -> None:
    texts = [form if name in ALONE else f"I look.\n\n{form}" for name, form in FORMS.items()]
    replies = [reply for text in texts for reply in (Reply(text=text), Reply(text="It is fog."))]
    failures = []
    with MockProvider(replies) as mock, mock.client(model) as client:
        for name in FORMS:
            done, shown = run(client, streamed=streamed)
            first = done.responses[0]
            calls = [(call.name, call.arguments) for call in first.tool_calls]
            expected = "" if name in ALONE else "I look."
            facts = (calls, first.content, first.termination_reason, done.content, shown)
            wanted = (
                [("look_up", {"word": "fog", "count": 2})],
                expected,
                "tool_use",
                "It is fog.",
                f"{expected}It is fog." if streamed else "",
            )
            if facts != wanted or mock.requests[-1].messages[-1].blocks[0].content != "fog x 2":
                failures.append((name, facts))
    assert failures == []


@pytest.mark.parametrize("streamed", [False, True])
def test_text_that_is_no_call_stays_as_it_is(streamed: bool) -> None:
    replies = [Reply(text=text) for text in NO_CALLS]
    with MockProvider(replies) as mock, mock.client("ollama/qwen3") as client:
        for text in NO_CALLS:
            chat = client.chat().user("Hi").tools([ToolDefinition.from_function(look_up)])
            if streamed:
                stream = chat.stream()
                events = [event for event in stream]
                pieces = [
                    event.content for event in events if isinstance(event, PartialContentDelta)
                ]
                assert "".join(pieces) == text
                response = stream.response()
            else:
                response = chat.execute()
            assert (response.content, list(response.tool_calls)) == (text, [])
            assert response.termination_reason == "end_turn"


def test_a_native_call_leaves_the_text_alone() -> None:
    text = '<tool_call>{"name": "look_up", "arguments": {"word": "hail"}}</tool_call>'
    reply = Reply(text=text, tool_calls=[("look_up", {"word": "fog"})])
    with MockProvider([reply, reply]) as mock, mock.client("vllm/any") as client:
        chat = client.chat().user("?").tools([ToolDefinition.from_function(look_up)])
        plain = chat.execute()
        stream = chat.stream()
        events = [event for event in stream]
    for response in (plain, stream.response()):
        assert [call.arguments for call in response.tool_calls] == [{"word": "fog"}]
        assert response.content == text
    assert sum(isinstance(event, ToolCallEnded) for event in events) == 1


def test_the_ids_of_streamed_calls_are_those_of_the_response() -> None:
    text = f"{FORMS['canonical']} and {FORMS['attribute']}"
    with MockProvider([Reply(text=text)]) as mock, mock.client("vllm/any") as client:
        stream = client.chat().user("?").tools([ToolDefinition.from_function(look_up)]).stream()
        started = [event for event in stream if isinstance(event, ToolCallStarted)]
    ids = [call.id for call in stream.response().tool_calls]
    assert [event.tool_call_id for event in started] == ids
    assert len(started) == 2
    assert stream.response().content == "and"


def test_without_tools_a_text_is_never_searched() -> None:
    text = FORMS["canonical"]
    with MockProvider([Reply(text=text)]) as mock, mock.client("ollama/m") as client:
        response = client.chat().user("Show me a call.").execute()
    assert (response.content, list(response.tool_calls)) == (text, [])


def test_texts_full_of_openings_are_read_once() -> None:
    offered = {"look_up": {"type": "object", "properties": {"word": {"type": "string"}}}}
    texts = ["<tool_call>", "[TOOL_CALLS]", '{"name":', "```json\n", "<tool_calls>", "[", "<"]
    for text in texts:
        whole = text * 4000
        assert parse_text_tool_calls(whole, offered=offered).text == whole
