"""Our types as fields of pydantic models, and as bodies and responses of FastAPI."""

import json
import subprocess
import sys
from typing import Annotated, Any

import pytest
from pydantic import BaseModel, TypeAdapter, ValidationError

from ai_lib.types import ChatResponse, Citation, Message, ToolDefinition, Usage
from ai_lib.types.content import Block
from ai_lib.types.records.record import Record
from tests.types.test_record import BLOCKS, VALUES


class Talk(BaseModel):
    messages: list[Message]
    response: ChatResponse | None = None
    usage: Usage = Usage()
    block: Block | None = None


def test_a_model_with_our_types_survives_json_and_python() -> None:
    talk = Talk(
        messages=[Message.user("Hi"), Message.assistant(BLOCKS)],
        response=TypeAdapter(ChatResponse).validate_python(VALUES["response"]),
        block=BLOCKS[2],
    )
    assert Talk.model_validate_json(talk.model_dump_json()) == talk
    assert Talk.model_validate(talk.model_dump()) == talk


@pytest.mark.parametrize("value", VALUES.values())
def test_what_to_dict_wrote_is_validated(value: Record) -> None:
    adapter: TypeAdapter[Any] = TypeAdapter(type(value))
    assert adapter.validate_python(value.to_dict()) == value
    assert adapter.validate_json(adapter.dump_json(value)) == value
    assert adapter.dump_python(value, mode="json").keys() == value.to_dict().keys() - {"version"}


def test_messages_and_tools_of_another_library_are_validated() -> None:
    image = {"type": "image_url", "image_url": "https://h/a.png"}
    talk = Talk.model_validate({"messages": [{"role": "user", "content": [image]}]})
    assert talk.messages == [Message.user([image])]
    tool = {"type": "function", "function": {"name": "look"}}
    assert TypeAdapter(ToolDefinition).validate_python(tool).name == "look"


@pytest.mark.parametrize(
    ("value", "path", "words"),
    [
        ({"messages": [{"role": "usr", "content": ""}]}, "messages.0", "'usr' is no role"),
        (
            {"messages": [], "response": {"cost": {"modl": 1}}},
            "response.cost.modl",
            "Extra inputs",
        ),
        (
            {
                "messages": [],
                "response": {"candidates": [{"blocks": [{"type": "text", "text": 1}]}]},
            },
            "response.candidates.0.blocks.0.text.text",
            "valid string",
        ),
        (
            {"messages": [], "response": {"candidates": [{"blocks": [{"type": "smell"}]}]}},
            "response.candidates.0.blocks.0",
            "'smell'",
        ),
        ({"messages": [], "usage": {"version": 2}}, "usage.version", "less than or equal to 1"),
    ],
)
def test_what_does_not_fit_is_told_with_its_place(value: Any, path: str, words: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Talk.model_validate(value)
    (problem,) = caught.value.errors()
    assert ".".join(map(str, problem["loc"])) == path
    assert words in problem["msg"]
    json.dumps(problem)  # a server can tell it


@pytest.mark.parametrize("mode", ["validation", "serialization"])
def test_a_models_schema_names_our_types(mode: Any) -> None:
    schema = Talk.model_json_schema(mode=mode)
    assert {"Message", "TextBlock", "ToolUseBlock", "Usage"} <= schema["$defs"].keys()
    assert schema["properties"]["messages"]["items"] == {"$ref": "#/$defs/Message"}
    assert schema["$defs"]["Citation"]["properties"].keys() >= set(Citation.__struct_fields__)


def test_pydantic_is_imported_only_when_it_asks() -> None:
    script = (
        "import sys; from ai_lib.types import Message; "
        "Message.from_dict(Message.user('Hi').to_dict()); "
        "sys.exit('pydantic' in sys.modules or 'pydantic_core' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0


def test_fastapi_takes_and_gives_our_types() -> None:
    fastapi = pytest.importorskip("fastapi", reason="FastAPI is not installed")
    client_of = pytest.importorskip("fastapi.testclient", reason="its test client is not installed")
    app = fastapi.FastAPI()

    def take_model(body: Talk) -> Message:
        return body.messages[-1]

    def take_message(message: Annotated[Message, fastapi.Body()]) -> list[Message]:
        return [message]

    app.post("/model")(take_model)
    app.post("/message")(take_message)
    client = client_of.TestClient(app)
    hello = {"role": "user", "content": "Hi"}
    assert client.post("/model", json={"messages": [hello]}).json() == hello
    assert client.post("/message", json=hello).json() == [hello]
    refused = client.post("/model", json={"messages": [{"role": "usr", "content": ""}]})
    assert (refused.status_code, "'usr' is no role" in refused.text) == (422, True)
    schemas = client.get("/openapi.json").json()["components"]["schemas"]
    assert {"Message", "TextBlock", "Talk"} <= schemas.keys()
