"""A message gives the same response however it comes: whole, in pieces, or in closing frames."""

import msgspec
import pytest

from ai_lib.pipeline import Pipeline
from ai_lib.pipeline.plain_response import read_response
from ai_lib.protocol.compiled import CompiledManifest
from ai_lib.testing.mock.reply import Reply
from ai_lib.testing.mock.reply_plan import ReplyIds, plan_reply
from ai_lib.testing.mock.request_reader import ParsedRequest
from ai_lib.testing.mock.serve_shape import read_serve_section
from ai_lib.testing.mock.stream_writer import write_body, write_frames
from ai_lib.types.content import HostedToolBlock, OpaqueBlock, TextBlock, ThinkingBlock
from ai_lib.types.json import JsonDict
from ai_lib.types.response import ChatResponse
from tests.pipeline.manifests import bundled, sse
from tests.thoroughness import sample_rows
from tests.wire.corpus import ANSWERS, FAMILIES, speaker
from tests.wire.recordings import Recording, as_parameters

REQUEST = ParsedRequest(model="m", messages=(), streamed=True, wants_usage=True)
PIECES = ["words", "one", "closing"]


def replay_plain(compiled: CompiledManifest, reply: Reply) -> ChatResponse:
    serve = read_serve_section(compiled.dialect, "test")
    plan = plan_reply(compiled.dialect, REQUEST, reply, ReplyIds(serve, 1))
    return read_response(compiled, write_body(compiled.dialect, serve, plan))


def replay_streamed(compiled: CompiledManifest, reply: Reply) -> ChatResponse:
    serve = read_serve_section(compiled.dialect, "test")
    plan = plan_reply(compiled.dialect, REQUEST, reply, ReplyIds(serve, 1))
    lines = []
    for event, data in write_frames(compiled.dialect, serve, plan):
        name = f"event: {event}\n" if event else ""
        lines.append(f"{name}data: {msgspec.json.encode(data).decode()}\n\n")
    done = compiled.dialect.stream.decoder.done_signal
    pipeline = Pipeline(compiled)
    pipeline.feed("".join([*lines, f"data: {done}\n\n" if done else ""]).encode())
    pipeline.close()
    if pipeline.failure is not None:
        raise pipeline.failure
    return pipeline.response()


def read_recorded(compiled: CompiledManifest, recording: Recording) -> ChatResponse:
    if not recording.streamed:
        return read_response(compiled, recording.body)
    pipeline = Pipeline(compiled)
    pipeline.feed(recording.body)
    pipeline.close()
    return pipeline.response()


def summarize(response: ChatResponse) -> dict[str, object]:
    """Return all that a caller sees, but for the bodies and signatures, which are made anew."""
    candidates = []
    for candidate in response.candidates:
        blocks: list[object] = []
        for block in candidate.blocks:
            match block:
                case TextBlock():
                    blocks.append(("text", block.text, bool(block.raw)))
                case ThinkingBlock():
                    blocks.append(("thinking", block.thinking, bool(block.raw)))
                case OpaqueBlock() | HostedToolBlock():
                    blocks.append(("opaque", block.raw))
                case _:
                    blocks.append("tool call")
        calls = [(call.id, call.name, dict(call.arguments)) for call in candidate.tool_calls]
        ends = candidate.finish_reason, candidate.termination_reason
        candidates.append((candidate.index, blocks, calls, ends))
    usage = msgspec.structs.replace(response.usage, raw=None)
    return {"candidates": candidates, "usage": usage, "model": response.model}


@pytest.mark.parametrize("pieces", PIECES)
@pytest.mark.parametrize("recording", as_parameters(sample_rows(ANSWERS)))
def test_streamed_equals_plain(recording: Recording, pieces: str) -> None:
    compiled = bundled(speaker(recording), FAMILIES.get(recording.family))
    recorded = read_recorded(compiled, recording)
    reply = Reply(
        text=recorded.content,
        thinking=recorded.thinking,
        tool_calls=recorded.tool_calls,
        finish=recorded.finish_reason,
        usage=recorded.usage,
    )
    one = {"text": [recorded.content], "thinking": [recorded.thinking]}
    changes = {"words": {}, "one": one, "closing": {"closing_only": True}}[pieces]
    plain = replay_plain(compiled, reply)
    streamed = replay_streamed(compiled, msgspec.structs.replace(reply, **changes))
    assert summarize(streamed) == summarize(plain)
    assert streamed.content == recorded.content
    assert not [path for path in streamed.unmapped if path.startswith("candidates")]


def close_with(family: str, body: JsonDict) -> list[JsonDict]:
    """Return the frames of a stream in which closing frames alone say what a body says."""
    if family == "openai_responses":
        return [{"type": "response.completed", "response": body}]
    if family == "cohere_chat":
        names = ("message", "finish_reason", "usage")
        delta = {name: body[name] for name in names if name in body}
        return [{"id": body["id"], "type": "message-end", "delta": delta}]
    if family != "anthropic_messages":
        return [body]  # a message in a chunk, parts in a frame
    frames: list[JsonDict] = [{"type": "message_start", "message": {**body, "content": []}}]
    for index, block in enumerate(body["content"]):
        frames.append({"type": "content_block_start", "index": index, "content_block": block})
        frames.append({"type": "content_block_stop", "index": index})
    delta = {"stop_reason": body["stop_reason"], "container": body.get("container")}
    end = {"type": "message_delta", "delta": delta, "usage": body["usage"]}
    return [*frames, end, {"type": "message_stop"}]


@pytest.mark.parametrize(
    "recording", as_parameters(sample_rows([row for row in ANSWERS if not row.streamed]))
)
def test_a_recorded_body_in_closing_frames_is_the_recorded_response(
    recording: Recording, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.urandom", bytes)  # ids that are made are the same twice
    compiled = bundled(speaker(recording), FAMILIES.get(recording.family))
    plain = read_response(compiled, recording.body)
    body = msgspec.json.decode(recording.body)
    lines = [msgspec.json.encode(frame).decode() for frame in close_with(recording.family, body)]
    done = compiled.dialect.stream.decoder.done_signal
    pipeline = Pipeline(compiled)
    pipeline.feed(sse([*lines, *([done] if done else [])]))
    pipeline.close()
    assert pipeline.failure is None
    streamed = pipeline.response()
    assert streamed.candidates == plain.candidates
    assert streamed.usage == plain.usage
    assert (streamed.id, streamed.model) == (plain.id, plain.model)
