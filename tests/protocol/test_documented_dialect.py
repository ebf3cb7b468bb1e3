"""The dialect that the documentation shows works as it stands there."""

import re
from pathlib import Path

import msgspec

from ai_lib.pipeline import Pipeline
from ai_lib.pipeline.plain_response import read_response
from ai_lib.protocol.build import build_manifest
from ai_lib.protocol.compiled import CompiledManifest
from ai_lib.protocol.sources.document import read_text
from ai_lib.protocol.sources.folder import ManifestDocument
from ai_lib.request.chat import build_chat
from ai_lib.types import ChatRequest, Message

PAGE = Path(__file__).parents[2] / "docs" / "own-dialect.md"


def parrot() -> CompiledManifest:
    block = re.search(r"```yaml\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    assert block
    document = read_text(block[1], "parrot.yaml")
    return build_manifest(
        ManifestDocument(document=document, source="parrot.yaml", origin="file", text=block[1])
    )


def test_it_asks_as_the_page_says() -> None:
    request = ChatRequest(messages=[Message.system("Be kind."), Message.user("Hello")], stream=True)
    built = build_chat(request, parrot(), model="grey", credential="sunflower")

    assert built.wire.url == "https://parrot.example/talk"
    assert ("X-Seed", "sunflower") in built.wire.headers
    assert msgspec.json.decode(built.wire.body) == {
        "bird": "grey",
        "heard": [{"from": "trainer", "words": "Be kind."}, {"from": "guest", "words": "Hello"}],
        "slowly": True,
    }


def test_it_reads_a_reply_and_a_stream() -> None:
    reply = read_response(parrot(), b'{"squawk": "Hello!", "because": "tired"}')
    pipeline = Pipeline(parrot())
    events = pipeline.feed(b'{"bit": "Hel"}\n{"bit": "lo!"}\n{"because": "tired"}\n')
    events += pipeline.close()

    assert events[-1].is_stream_end
    for response in (reply, pipeline.response()):
        assert response.content == "Hello!"
        assert (response.finish_reason, response.termination_reason) == ("tired", "end_turn")
