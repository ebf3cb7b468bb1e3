"""What is written for the AI SDK is read by its own parser, in Node (`nox -s web_frameworks`)."""

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from ai_lib.serving import HEADERS, EventWriter, serialize_events
from ai_lib.testing import MockProvider, Reply
from ai_lib.types import Citation, ToolCall
from ai_lib.types.events import ImageContent, PartialContentDelta, StreamEnd

pytestmark = pytest.mark.slow
# The folder in which `ai` of npm is installed.
FOLDER = os.environ.get("AI_SDK_FOLDER", "")
PROGRAM = """\
import { DefaultChatTransport, readUIMessageStream } from "ai";

const pieces = [];
for await (const piece of process.stdin) pieces.push(piece);
const response = new Response(Buffer.concat(pieces), { headers: JSON.parse(process.argv[2]) });
const transport = new DefaultChatTransport({ api: "http://localhost/", fetch: () => response });
const stream = await transport.sendMessages({
  chatId: "c", messages: [], trigger: "submit-message", messageId: undefined,
});
const errors = [];
const onError = (error) => errors.push(String(error));
let message = null;
for await (const state of readUIMessageStream({ stream, onError })) message = state;
console.log(JSON.stringify({ message, errors }));
"""


def read_by_their_parser(written: bytes) -> tuple[dict[str, Any], list[str]]:
    """Give the message that their client makes of a stream, and its errors."""
    node = shutil.which("node")
    if node is None or not FOLDER:
        pytest.skip("needs Node, and the package ai of npm (`nox -s web_frameworks`)")
    program = Path(FOLDER) / "read_stream.mjs"
    program.write_text(PROGRAM, encoding="utf-8")
    command = [node, str(program), json.dumps(HEADERS["ai-sdk"])]
    done = subprocess.run(command, input=written, capture_output=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr.decode()
    read = json.loads(done.stdout)
    return read["message"] or {}, read["errors"]


async def serve(reply: Reply) -> bytes:
    """Give the stream of one answer, as a browser gets it."""
    async with MockProvider([reply]) as mock, mock.client("anthropic/claude-haiku-4-5") as client:
        stream = client.chat().user("Hi").stream()
        chunks = [chunk async for chunk in serialize_events(stream, "ai-sdk", run_id="run")]
    return b"".join(chunks)


async def test_an_answer_with_thinking_and_a_call() -> None:
    call = ToolCall(id="c1", name="weather", arguments={"city": "Rome", "days": [1, 2]})
    reply = Reply(thinking="Rome, then.", text="It is sunny.", tool_calls=[call])
    message, errors = read_by_their_parser(await serve(reply))
    assert errors == []
    assert (message["id"], message["role"]) == ("run", "assistant")
    step, reasoning, text, tool = message["parts"]
    assert step == {"type": "step-start"}
    assert (reasoning["type"], reasoning["text"]) == ("reasoning", "Rome, then.")
    assert (text["type"], text["text"], text["state"]) == ("text", "It is sunny.", "done")
    assert (tool["type"], tool["toolCallId"]) == ("tool-weather", "c1")
    assert (tool["state"], tool["input"]) == ("input-available", call.arguments)


def test_sources_and_files() -> None:
    writer = EventWriter("ai-sdk", run_id="run")
    cited = PartialContentDelta(content="Sunny.", citations=(Citation(url="https://h", title="H"),))
    written = writer.start() + writer.write(cited)
    written += writer.write(ImageContent(data="aGk=", media_type="image/png"))
    written += writer.write(StreamEnd(termination_reason="max_tokens")) + writer.end()
    message, errors = read_by_their_parser(written)
    assert errors == []
    kinds = [part["type"] for part in message["parts"]]
    assert sorted(kinds) == ["file", "source-url", "step-start", "text"]
    (source,) = [part for part in message["parts"] if part["type"] == "source-url"]
    assert (source["url"], source["title"]) == ("https://h", "H")
    (file,) = [part for part in message["parts"] if part["type"] == "file"]
    assert (file["url"], file["mediaType"]) == ("data:image/png;base64,aGk=", "image/png")


async def test_a_failure_is_an_error_there() -> None:
    _, errors = read_by_their_parser(await serve(Reply(status=401)))
    assert errors == ["Error: the answer failed: authentication"]
