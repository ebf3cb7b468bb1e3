"""What we compile for clouds is what the vendors' own types and service models allow.

`nox -s clouds` installs them; without one, what needs it is skipped.
"""

import json
from collections.abc import Callable
from typing import Any, Final

import pytest

from ai_lib.errors.exceptions import CapabilityError, RequestError
from ai_lib.request.chat import build_chat
from ai_lib.types.content import TextBlock, ThinkingBlock, ToolUseBlock
from ai_lib.types.message import Message
from ai_lib.types.request import ChatRequest, ResponseFormat
from tests.pipeline.manifests import bundled
from tests.request.conversations import CONVERSATIONS, LOOK, SCHEMA
from tests.request.published import validator

Body = dict[str, Any]
Check = Callable[[Body], object]

CLAUDE: Final = "us.anthropic.claude-sonnet-4-6"
NOVA: Final = "us.amazon.nova-pro-v1:0"
SIGNED: Final = [
    ThinkingBlock(thinking="Hm.", signature="Eq1"),
    ThinkingBlock(thinking="", redacted="cmVkYWN0ZWQ="),
    TextBlock(text="I look."),
    ToolUseBlock(id="call_1", name="look", input={"city": "Oslo"}),
]
# What only some models of these have: thinking that goes back, levels of it, typed answers.
OF_CLAUDE: Final[dict[str, tuple[list[Message], dict[str, Any]]]] = {
    "thinking going back": (
        [Message.user("?"), Message.assistant(SIGNED), Message.tool("call_1", "4")],
        {"tools": [LOOK], "parameters": {"reasoning_effort": "low"}},
    ),
    "a typed answer": (
        [Message.user("?")],
        {"response_format": ResponseFormat(type="json_schema", name="Answer", schema=SCHEMA)},
    ),
    "more thinking": ([Message.user("?")], {"parameters": {"reasoning_effort": "high"}}),
}


def build(provider: str, family: str | None, model: str, conversation: Any) -> Body | None:
    """Give a body; None where the provider can't be asked that, which is refused."""
    messages, more = conversation
    manifest = bundled(provider, family)
    variables = {"project": "p", "location": "global", "region": "eu-west-1", "resource": "r"}
    try:
        built = build_chat(
            ChatRequest(messages=messages, **more),
            manifest.with_manifest(variable_values={**variables, "host": "h", "domain": "d"}),
            model=model,
            credential="nobody's",
            base_url="http://127.0.0.1",
            fit_media=False,
        )
    except (CapabilityError, RequestError):
        return None
    body: Body = json.loads(built.wire.body)
    return body


def list_offenders(
    provider: str, family: str | None, model: str, check: Check, more: Any = None
) -> list[object]:
    """List the conversations whose bodies are refused, and count those that could be asked."""
    wrong: list[object] = []
    compiled = 0
    for name, conversation in {**CONVERSATIONS, **(more or {})}.items():
        body = build(provider, family, model, conversation)
        if body is None:
            continue
        compiled += 1
        try:
            check(body)
        except Exception as error:  # noqa: BLE001 (each vendor's validator has its own)
            wrong.append((name, str(error)[:300]))
    assert compiled > 20
    return wrong


@pytest.mark.parametrize("model", [CLAUDE, NOVA, "openai.gpt-oss-120b-1:0", "qwen.qwen3-32b-v1:0"])
def test_a_body_of_converse_is_one_of_the_service_model(model: str) -> None:
    session = pytest.importorskip("botocore.session")
    validate = pytest.importorskip("botocore.validate").ParamValidator().validate
    service = session.get_session().get_service_model("bedrock-runtime")
    shape = service.operation_model("Converse").input_shape

    def check(body: Body) -> None:
        report = validate({"modelId": model, **body}, shape).generate_report()
        assert report == ""

    more = OF_CLAUDE if model == CLAUDE else None
    assert list_offenders("bedrock", None, model, check, more) == []


@pytest.mark.parametrize(
    ("provider", "family", "model", "version"),
    [
        ("bedrock", "messages", "us.anthropic.claude-sonnet-4-6", "bedrock-2023-05-31"),
        ("vertex", "messages", "claude-sonnet-4-6", "vertex-2023-10-16"),
        ("bedrock_mantle", "messages", "anthropic.claude-sonnet-4-6", None),
        ("azure", "messages", "claude-sonnet-4-6", None),
    ],
)
def test_a_body_for_claude_is_one_of_the_vendors_types(
    provider: str, family: str, model: str, version: str | None
) -> None:
    def check(body: Body) -> None:
        validate = validator("messages", stream=body.get("stream", False))
        assert body.pop("anthropic_version", None) == version
        assert ("model" in body) == (version is None)
        validate(json.dumps({"model": model, **body}).encode())

    assert list_offenders(provider, family, model, check, OF_CLAUDE) == []


@pytest.mark.parametrize(
    ("provider", "family", "model", "dialect"),
    [
        ("vertex", None, "gemini-3.7-flash", "generate"),
        ("vertex", "express", "gemini-3.7-flash", "generate"),
        ("vertex", "chat_completions", "meta/llama-5", "chat"),
        ("vertex", "mistral", "mistral-medium-3", "chat"),
        ("azure", None, "my-deployment", "chat"),
        ("azure", "deployments", "my-deployment", "chat"),
        ("azure", "foundry", "my-deployment", "chat"),
        ("azure", "responses", "my-deployment", "responses"),
        ("bedrock_mantle", None, "openai.gpt-oss-120b", "chat"),
        ("bedrock_mantle", "openai_responses", "openai.gpt-5.5", "responses"),
        ("xai", "responses", "grok-5", "responses"),
    ],
)
def test_a_body_is_one_of_the_vendors_types(
    provider: str, family: str | None, model: str, dialect: str
) -> None:
    def check(body: Body) -> None:
        validator(dialect, stream=body.get("stream", False))(json.dumps(body).encode())

    assert list_offenders(provider, family, model, check) == []


def test_no_model_gets_a_parameter_that_it_has_not() -> None:
    asked = {"temperature": 0.5, "top_p": 0.5, "top_k": 5}
    bodies = {
        model: build("bedrock", None, model, ([Message.user("Hi")], {"parameters": asked}))
        for model in (
            CLAUDE,
            NOVA,
            "us.anthropic.claude-opus-5",
            "global.anthropic.claude-haiku-5-5",
        )
    }
    found = {
        model: (body.get("inferenceConfig"), body.get("additionalModelRequestFields"))
        for model, body in bodies.items()
        if body is not None
    }
    sampling = {"temperature": 0.5, "topP": 0.5}
    assert found == {
        CLAUDE: (sampling, {"top_k": 5}),
        NOVA: (sampling, {"inferenceConfig": {"topK": 5}}),
        "us.anthropic.claude-opus-5": (None, None),
        "global.anthropic.claude-haiku-5-5": (None, None),
    }
