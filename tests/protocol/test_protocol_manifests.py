"""Every manifest of the protocol's tree drives a call: over a socket, in every runtime."""

from pathlib import Path

import pytest

from ai_lib.client import AiClient
from ai_lib.errors.exceptions import CapabilityError, RequestError
from ai_lib.testing import MockProvider, Reply
from ai_lib.types.tool import ToolDefinition
from ai_lib.types.usage import Usage
from tests.protocol.protocol_tree import TREE, compiled_file, manifest_files, name_of

FILES = manifest_files()
pytestmark = pytest.mark.skipif(not FILES, reason="the protocol's tree is not beside the checkout")

LOOKUP = ToolDefinition.from_function(
    name="lookup",
    description="Looks a word up.",
    parameters={"type": "object", "properties": {"word": {"type": "string"}}},
)
HELLO = Reply(
    text=["Good ", "day, ", "☀"],
    usage=Usage(prompt_tokens=11, completion_tokens=3, total_tokens=14),
)
CALL = Reply(
    tool_calls=[("lookup", {"word": "tre\u0301s"})],
    usage=Usage(prompt_tokens=20, completion_tokens=5, total_tokens=25),
)


def silent(path: Path) -> bool:
    return not compiled_file(path).can_chat


SPEAKING = [path for path in FILES if not silent(path)]
SILENT = [path for path in FILES if silent(path)]


async def client_for(path: Path, mock: MockProvider) -> AiClient:
    provider = compiled_file(path).id
    builder = AiClient.builder().protocol_dir(path).model(f"{provider}/any/model-1")
    return await builder.api_key("a key").base_url(mock.base_url(provider)).build()


@pytest.mark.parametrize("path", SPEAKING, ids=name_of)
async def test_every_manifest_answers_a_chat_plain_and_streamed(path: Path) -> None:
    async with MockProvider([HELLO, HELLO], manifests=[path]) as mock:
        async with await client_for(path, mock) as client:
            plain = await client.chat().system("Be kind.").user("Hello?").execute()
            stream = client.chat().user("Hello?").stream()
            texts = [event.text async for event in stream if event.is_content_delta]
            streamed = stream.response()
        first, second = mock.requests
    assert plain.content == streamed.content == "Good day, ☀"
    assert "".join(texts) == "Good day, ☀"
    assert plain.termination_reason == streamed.termination_reason == "end_turn"
    assert plain.usage.prompt_tokens == streamed.usage.prompt_tokens == 11
    assert plain.usage.completion_tokens == streamed.usage.completion_tokens == 3
    assert [message.text for message in first.messages] == ["Be kind.", "Hello?"]
    assert [first.model, second.model] == ["any/model-1"] * 2
    assert [first.streamed, second.streamed] == [False, True]


@pytest.mark.parametrize(
    "path",
    [path for path in SPEAKING if "tools" in compiled_file(path).manifest.capabilities],
    ids=name_of,
)
async def test_every_manifest_that_declares_tools_calls_them(path: Path) -> None:
    async with MockProvider([CALL, CALL], manifests=[path]) as mock:
        async with await client_for(path, mock) as client:
            plain = await client.chat().user("Look it up").tools([LOOKUP]).execute()
            stream = client.chat().user("Look it up").tools([LOOKUP]).stream()
            events = [event async for event in stream]
            streamed = stream.response()
        sent_tools = [request.tools for request in mock.requests]
    for response in (plain, streamed):
        (call,) = response.tool_calls
        assert (call.name, call.arguments) == ("lookup", {"word": "tre\u0301s"})
        assert call.id
        assert response.content == ""
        assert response.usage.completion_tokens == 5
    assert sum(event.is_tool_call_ended for event in events) == 1
    assert [[tool.name for tool in tools] for tools in sent_tools] == [["lookup"], ["lookup"]]


@pytest.mark.parametrize("path", SILENT, ids=name_of)
async def test_a_manifest_without_a_dialect_loads_and_says_why_it_can_not_chat(path: Path) -> None:
    compiled = compiled_file(path)
    builder = AiClient.builder().protocol_dir(path).model(f"{compiled.id}/any").api_key("a key")
    async with await builder.build() as client:
        with pytest.raises(RequestError) as caught:
            await client.chat().user("Hello?").execute()
    declared = compiled.manifest.hints
    assert str(path) in str(caught.value)
    for words in (declared.get("payload_format", ()), ["`wire:`", "`dialect:`"]):
        assert all(word in str(caught.value) for word in words)


def test_the_tree_is_read_whole() -> None:
    versions = {name_of(path).partition("/")[0] for path in FILES}
    assert versions == {"v1", "v1-legacy", "v2", "dist"}
    assert (TREE / "dist" / "v2-alpha" / "providers" / "gemini.json") in FILES


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_what_a_manifest_forbids_is_refused_before_sending(path: Path) -> None:
    from ai_lib.request.chat import build_chat
    from ai_lib.types.content import ContentBlock
    from ai_lib.types.message import Message
    from ai_lib.types.request import ChatRequest

    compiled = compiled_file(path)
    if not compiled.can_chat:
        pytest.skip("it does not chat")
    picture = Message.user([ContentBlock.image_url("https://example.com/a.png")])
    request = ChatRequest(messages=[picture])
    if "vision" in compiled.manifest.capabilities:
        build_chat(request, compiled, model="m", credential=None)
        return
    with pytest.raises(CapabilityError) as caught:
        build_chat(request, compiled, model="m", credential=None)
    assert caught.value.capability == "vision"
    assert caught.value.standard_code.code == "E1005"
