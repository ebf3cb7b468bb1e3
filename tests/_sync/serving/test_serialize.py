# Generated from tests/serving/test_serialize.py by codegen; do not edit.
"""A stream for browsers: our own events, the AI SDK's UI message stream, AG-UI."""

import json
from typing import Any

import msgspec
import pytest

from ai_lib.types.events import ImageContent, PartialContentDelta, StreamEnd
from ai_lib_sync.serving import HEADERS, EventWriter, serialize_events
from ai_lib_sync.testing import MockProvider, Reply
from ai_lib_sync.types import Citation, Event, ToolCall

MODEL = "anthropic/claude-haiku-4-5"
REPLY = Reply(
    text="It is sunny.",
    thinking="Rome, then.",
    tool_calls=[ToolCall(id="c1", name="weather", arguments={"city": "Rome"})],
)
# https://github.com/vercel/ai: the members that each chunk must and may have.
UI_CHUNKS: dict[str, tuple[set[str], set[str]]] = {
    "start": (set(), {"messageId"}),
    "start-step": (set(), set()),
    "text-start": ({"id"}, set()),
    "text-delta": ({"id", "delta"}, set()),
    "text-end": ({"id"}, set()),
    "reasoning-start": ({"id"}, set()),
    "reasoning-delta": ({"id", "delta"}, set()),
    "reasoning-end": ({"id"}, set()),
    "tool-input-start": ({"toolCallId", "toolName"}, set()),
    "tool-input-delta": ({"toolCallId", "inputTextDelta"}, set()),
    "tool-input-available": ({"toolCallId", "toolName", "input"}, set()),
    "source-url": ({"sourceId", "url"}, {"title"}),
    "file": ({"url", "mediaType"}, set()),
    "finish-step": (set(), set()),
    "finish": (set(), {"finishReason"}),
    "error": ({"errorText"}, set()),
}


def read_frames(written: bytes) -> list[Any]:
    """Give what the frames hold; a line that is no JSON as its text."""
    frames = written.decode().split("\n\n")
    assert frames.pop() == ""
    assert all(frame.startswith("data: ") and "\n" not in frame for frame in frames)
    lines = [frame[len("data: ") :] for frame in frames]
    return [json.loads(line) if line.startswith("{") else line for line in lines]


def serve(protocol: Any, reply: Reply = REPLY) -> list[Any]:
    written = b""
    with MockProvider([reply]) as mock, mock.client(MODEL) as client:
        stream = client.chat().user("Hi").stream()
        for chunk in serialize_events(stream, protocol, run_id="r", thread_id="t"):
            assert chunk
            written += chunk
    return read_frames(written)


def test_our_own_events_are_read_back_as_they_were() -> None:
    with MockProvider([REPLY, REPLY]) as mock, mock.client(MODEL) as client:
        events = [event for event in client.chat().user("Hi").stream()]
        stream = client.chat().user("Hi").stream()
        written = b"".join([chunk for chunk in serialize_events(stream)])
    read = [msgspec.convert(frame, Event) for frame in read_frames(written)]
    assert [type(event) for event in read] == [type(event) for event in events]
    texts = [event.content for event in read if isinstance(event, PartialContentDelta)]
    assert "".join(texts) == "It is sunny."


def test_the_ai_sdk_gets_its_chunks() -> None:
    frames = serve("ai-sdk")
    assert frames.pop() == "[DONE]"
    for frame in frames:
        required, optional = UI_CHUNKS[frame["type"]]
        assert required <= frame.keys() - {"type"} <= required | optional
    kinds = [frame["type"] for frame in frames]
    merged = [kind for kind, before in zip(kinds, [None, *kinds], strict=False) if kind != before]
    assert merged == [
        "start",
        "start-step",
        "reasoning-start",
        "reasoning-delta",
        "reasoning-end",
        "text-start",
        "text-delta",
        "text-end",
        "tool-input-start",
        "tool-input-delta",
        "tool-input-available",
        "finish-step",
        "finish",
    ]
    assert "".join(f["delta"] for f in frames if f["type"] == "text-delta") == "It is sunny."
    (call,) = [frame for frame in frames if frame["type"] == "tool-input-available"]
    assert call["input"] == {"city": "Rome"}
    assert frames[-1]["finishReason"] == "tool-calls"


def test_ag_ui_gets_its_events() -> None:
    frames = serve("ag-ui")
    kinds = [frame["type"] for frame in frames]
    assert (kinds[0], kinds[-1]) == ("RUN_STARTED", "RUN_FINISHED")
    assert (frames[0]["threadId"], frames[0]["runId"]) == ("t", "r")
    for kind in ("TEXT_MESSAGE", "REASONING_MESSAGE", "TOOL_CALL"):
        assert kinds.count(f"{kind}_START") == kinds.count(f"{kind}_END") == 1
    arguments = [frame["delta"] for frame in frames if frame["type"] == "TOOL_CALL_ARGS"]
    assert json.loads("".join(arguments)) == {"city": "Rome"}


def test_ag_ui_events_are_valid_by_its_own_package() -> None:
    core = pytest.importorskip("ag_ui.core", reason="ag-ui-protocol is not installed")
    from pydantic import TypeAdapter

    adapter: TypeAdapter[Any] = TypeAdapter(core.Event)
    failed = Reply(status=503)
    writer = EventWriter("ag-ui")
    cited = PartialContentDelta(content="a", citations=(Citation(url="https://h", title="H"),))
    written = writer.start() + writer.write(cited)
    written += writer.write(ImageContent(data="aGk=", media_type="image/png"))
    written += writer.write(StreamEnd(termination_reason="end_turn")) + writer.end()
    frames = [*serve("ag-ui"), *serve("ag-ui", failed), *read_frames(written)]
    for frame in frames:
        adapter.validate_python(frame)


@pytest.mark.parametrize("protocol", HEADERS)
def test_a_failed_stream_ends_with_its_class_and_none_of_its_words(protocol: Any) -> None:
    frames = serve(protocol, Reply(status=401))
    if protocol == "ai-sdk":
        assert frames.pop() == "[DONE]"
    assert frames[-1]["type"] in ("error", "RUN_ERROR")
    assert "authentication" in json.dumps(frames[-1])
    assert "key" not in json.dumps(frames[-1]).lower()


def test_sources_and_images_are_written_and_other_candidates_are_not() -> None:
    cited = PartialContentDelta(content="", citations=(Citation(url="https://h", title="H"),))
    for protocol, kinds in {
        "ai-sdk": ["source-url", "file", "finish-step", "finish", "[DONE]"],
        "ag-ui": ["CUSTOM", "CUSTOM", "RUN_FINISHED"],
    }.items():
        serializer = EventWriter(protocol)  # type: ignore[arg-type]
        written = serializer.write(cited)
        written += serializer.write(ImageContent(data="aGk=", media_type="image/png"))
        written += serializer.write(PartialContentDelta(content="b", candidate=1))
        written += serializer.write(StreamEnd(termination_reason="end_turn")) + serializer.end()
        frames = read_frames(written)
        assert [f if isinstance(f, str) else f["type"] for f in frames] == kinds


def test_an_unknown_protocol_is_refused() -> None:
    with pytest.raises(ValueError, match="protocol='sse' is not one of ai-lib, ai-sdk, ag-ui"):
        EventWriter("sse")  # type: ignore[arg-type]
