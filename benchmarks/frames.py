"""What the loopback provider says: the bodies of its answers, in both of its dialects."""

import json
from dataclasses import dataclass
from functools import cache

ARGUMENT_BYTES = 200_000
Frames = tuple[bytes, ...]


def word(number: int) -> str:
    """Return the text of one frame."""
    return f" word{number % 97}"


def length_of(count: int) -> int:
    """Return how many characters the text of so many frames has."""
    return sum(len(word(number)) for number in range(count))


def _argument_pieces(count: int) -> list[str]:
    text = json.dumps({"document": "x" * (ARGUMENT_BYTES - 16)}, separators=(",", ":"))
    size = -(-len(text) // count)
    return [text[at : at + size] for at in range(0, len(text), size)]


def _data(value: object) -> bytes:
    return b"data: " + json.dumps(value, separators=(",", ":")).encode() + b"\n\n"


class Chat:
    """OpenAI's chat completions."""

    def text(self, count: int) -> Frames:
        words = [self._frame({"content": word(number)}) for number in range(count)]
        first = self._frame({"role": "assistant", "content": "", "refusal": None})
        return (first, *words, self._frame({}, "stop"), b"data: [DONE]\n\n")

    def arguments(self, count: int) -> Frames:
        start = self._call({"name": "store", "arguments": ""}, id="call_1", type="function")
        parts = [self._call({"arguments": piece}) for piece in _argument_pieces(count)]
        return (start, *parts, self._frame({}, "tool_calls"), b"data: [DONE]\n\n")

    def plain(self) -> bytes:
        message = {"role": "assistant", "content": "word " * 120, "refusal": None}
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}
        usage = {"prompt_tokens": 9, "completion_tokens": 120, "total_tokens": 129}
        head = {
            "id": "chatcmpl-benchmark",
            "object": "chat.completion",
            "created": 1_750_000_000,
            "model": "gpt-4o-2024-08-06",
        }
        return json.dumps({**head, "choices": [choice], "usage": usage}).encode()

    def _call(self, function: dict[str, object], **more: object) -> bytes:
        return self._frame({"tool_calls": [{"index": 0, **more, "function": function}]})

    def _frame(self, delta: dict[str, object], finish: str | None = None) -> bytes:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
        return _data(
            {
                "id": "chatcmpl-benchmark",
                "object": "chat.completion.chunk",
                "created": 1_750_000_000,
                "model": "gpt-4o-2024-08-06",
                "service_tier": "default",
                "system_fingerprint": "fp_50cad350e4",
                "choices": [choice],
            }
        )


class Messages:
    """Anthropic's messages."""

    def text(self, count: int) -> Frames:
        deltas = [{"type": "text_delta", "text": word(number)} for number in range(count)]
        return self._stream({"type": "text", "text": ""}, deltas, "end_turn")

    def arguments(self, count: int) -> Frames:
        block = {"type": "tool_use", "id": "toolu_1", "name": "store", "input": {}}
        deltas = [
            {"type": "input_json_delta", "partial_json": piece} for piece in _argument_pieces(count)
        ]
        return self._stream(block, deltas, "tool_use")

    def plain(self) -> bytes:
        content = [{"type": "text", "text": "word " * 120}]
        return json.dumps(self._message(content, "end_turn", 120)).encode()

    def _stream(self, block: object, deltas: list[dict[str, str]], reason: str) -> Frames:
        stop = {"stop_reason": reason, "stop_sequence": None}
        return (
            self._event("message_start", message=self._message([], None, 1)),
            self._event("content_block_start", index=0, content_block=block),
            *(self._event("content_block_delta", index=0, delta=delta) for delta in deltas),
            self._event("content_block_stop", index=0),
            self._event("message_delta", delta=stop, usage={"output_tokens": 120}),
            self._event("message_stop"),
        )

    def _message(self, content: list[dict[str, str]], reason: str | None, tokens: int) -> object:
        return {
            "id": "msg_benchmark",
            "type": "message",
            "role": "assistant",
            "model": "claude-sonnet-4-5-20250929",
            "content": content,
            "stop_reason": reason,
            "stop_sequence": None,
            "usage": {"input_tokens": 9, "output_tokens": tokens},
        }

    def _event(self, kind: str, **fields: object) -> bytes:
        return b"event: " + kind.encode() + b"\n" + _data({"type": kind, **fields})


@dataclass(frozen=True)
class Wanted:
    """What a request asks for: the dialect by its path, the rest by its model's name."""

    messages: bool
    kind: str
    numbers: tuple[int, ...] = ()

    @classmethod
    def read(cls, path: bytes, model: str) -> "Wanted":
        """Read a model's name such as `openai/bulk-5000`."""
        kind, *numbers = model.rpartition("/")[2].split("-")
        return cls(b"/messages" in path, kind, tuple(map(int, numbers)))


@cache
def frames(wanted: Wanted) -> Frames:
    """Return the frames of a stream."""
    dialect = Messages() if wanted.messages else Chat()
    make = dialect.arguments if wanted.kind == "arguments" else dialect.text
    return make(wanted.numbers[0])


@cache
def plain(messages: bool) -> bytes:
    """Return the body of a plain answer."""
    return (Messages() if messages else Chat()).plain()
