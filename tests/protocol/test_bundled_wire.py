"""What the bundled manifests change in their dialects: requests as written, replies as read."""

import json
from typing import Any

import pytest

from ai_lib.errors.exceptions import CapabilityError, RemoteError, RequestError
from ai_lib.pipeline import Pipeline
from ai_lib.pipeline.plain_response import read_response
from ai_lib.protocol.addresses import resolve_variables
from ai_lib.protocol.bundle import find_bundled_manifest, list_bundled_dialects, list_bundled_names
from ai_lib.protocol.catalog import ManifestCatalog
from ai_lib.protocol.compiled import CompiledManifest
from ai_lib.request.chat import BuiltRequest, build_chat
from ai_lib.types.content import TextBlock, ThinkingBlock
from ai_lib.types.message import Message, MessageRole
from ai_lib.types.request import ChatRequest, ResponseFormat
from ai_lib.types.response import ChatResponse
from tests.wire.expectation import assert_as_recorded
from tests.wire.recordings import Recording, as_parameters, recorded

FILES = ("groq", "mistral", "openrouter", "huggingface", "cerebras", "zhipu", "more")
# Recordings name a host that serves by vLLM.
NAMES = {"localhost:8000": "vllm"}
ROWS = [
    row
    for row in recorded(*FILES)
    if row.family == "openai_chat"
    and "expect" in row.row
    and row.row["provider"] not in ("openai", "snowflake")
]
# The stream ends in `event: error`; what came before it is in `partial`.
FAILING = {"groq-openai_chat-f1672063a4"}


VARIABLES = {"region": "eu-west-1", "location": "eu", "project": "mine", "resource": "mine"}
FILLED = {
    "{region}": "eu-west-1",
    "{domain}": "amazonaws.com",
    "{suffix}": "api.aws",
    "{resource}": "mine",
    "{host}": "aiplatform.eu.rep.googleapis.com",
    "{location}": "eu",
    "{project}": "mine",
}
CATALOG = ManifestCatalog()  # compiles each manifest once for all tests


def compiled(name: str) -> CompiledManifest:
    return CATALOG.load(name)


def streamed(provider: str, body: bytes) -> ChatResponse:
    """Read a stream one byte at a time."""
    pipeline = Pipeline(compiled(provider))
    for byte in body:
        pipeline.feed(bytes([byte]))
    pipeline.close()
    if pipeline.failure is not None:
        raise pipeline.failure
    return pipeline.response()


def built(
    model: str, *, base_url: str | None = None, family: str | None = None, **fields: Any
) -> BuiltRequest:
    provider, _, name = model.partition("/")
    manifest = CATALOG.load(provider, family)
    if manifest.manifest.variables:
        manifest = manifest.with_manifest(
            variable_values=resolve_variables(manifest.manifest, VARIABLES)
        )
    fields.setdefault("messages", [Message.user("Hi")])
    return build_chat(
        ChatRequest(**fields), manifest, model=name, credential="k-123", base_url=base_url
    )


@pytest.mark.parametrize("recording", as_parameters([r for r in ROWS if r.id not in FAILING]))
def test_a_recording_decodes_to_what_was_recorded(recording: Recording) -> None:
    provider = NAMES.get(recording.row["provider"], recording.row["provider"])
    if recording.streamed:
        response = streamed(provider, recording.body)
    else:
        response = read_response(compiled(provider), recording.body)
    assert_as_recorded(response, recording)


@pytest.mark.parametrize("recording", as_parameters([r for r in ROWS if r.id in FAILING]))
def test_a_recorded_failure_keeps_what_came_before(recording: Recording) -> None:
    with pytest.raises(RemoteError) as caught:
        streamed(recording.row["provider"], recording.body)
    assert caught.value.code == "tool_use_failed"
    assert caught.value.standard_code.name == "invalid_request"
    assert caught.value.partial is not None
    assert caught.value.partial.thinking == recording.row["expect"]["thinking"]


@pytest.mark.parametrize("name", list_bundled_names("manifests"))
def test_a_request_goes_to_the_declared_address_with_the_key(name: str) -> None:
    document = find_bundled_manifest(name) or {}
    if "dialect" not in document:  # it has operations alone
        with pytest.raises(RequestError):
            built(f"{name}/some-model")
        return
    if document["dialect"] not in list_bundled_dialects():
        pytest.skip(f"the dialect {document['dialect']} is not bundled")
    if "chat" not in document["endpoints"]:
        with pytest.raises(CapabilityError, match=f"{name}/some-model has no chat"):
            built(f"{name}/some-model")
        return
    base = document["endpoint"]["base_url"] + document["endpoint"].get("base_path", "")
    path = document["endpoints"]["chat"]["path"].replace("{model}", "some-model")
    for hole, value in FILLED.items():
        base, path = base.replace(hole, value), path.replace(hole, value)
    wire = built(f"{name}/some-model").wire
    assert wire.url.partition("?")[0] == base + path
    assert [value for header, value in wire.headers if header.lower() in wire.secrets] in (
        ["Bearer k-123"],
        ["k-123"],
    )


def test_a_deployment_is_called_by_its_name_with_a_version() -> None:
    wire = built(
        "azure/my-gpt", base_url="https://mine.openai.azure.com/", family="deployments"
    ).wire
    assert wire.url == (
        "https://mine.openai.azure.com/openai/deployments/my-gpt/chat/completions"
        "?api-version=2024-10-21"
    )
    assert ("api-key", "k-123") in wire.headers


def test_an_address_with_a_part_of_ones_own_is_never_guessed() -> None:
    missing = compiled("azure")
    with pytest.raises(RequestError, match=r"variable\(resource=\.\.\.\).*pass base_url="):
        build_chat(
            ChatRequest(messages=[Message.user("Hi")]), missing, model="my-gpt", credential="k"
        )


@pytest.mark.parametrize(
    "base",
    [
        "https://mine.openai.azure.com",
        "https://mine.openai.azure.com/openai/v1/",
        "https://mine.services.ai.azure.com/openai",
    ],
)
def test_the_new_address_takes_no_deployment_and_no_version(base: str) -> None:
    host = base.partition("//")[2].partition("/")[0]
    for family, path in ((None, "chat/completions"), ("responses", "responses")):
        wire = built("azure/my-gpt", base_url=base, family=family).wire
        assert wire.url == f"https://{host}/openai/v1/{path}"


def test_a_family_of_a_cloud_has_its_own_address() -> None:
    assert built("azure/grok", family="foundry").wire.url == (
        "https://mine.services.ai.azure.com/models/chat/completions?api-version=2024-05-01-preview"
    )
    claude = built("azure/claude-sonnet-5", family="messages").wire
    assert claude.url == "https://mine.services.ai.azure.com/anthropic/v1/messages"
    assert ("x-api-key", "k-123") in claude.headers
    assert ("anthropic-version", "2023-06-01") in claude.headers
    place = "https://aiplatform.eu.rep.googleapis.com/v1beta1/projects/mine/locations/eu"
    assert built("vertex/gemini-3-pro", stream=True).wire.url == (
        f"{place}/publishers/google/models/gemini-3-pro:streamGenerateContent?alt=sse"
    )
    claude_at_google = built("vertex/claude-opus-5@20260724", family="messages", stream=True)
    assert claude_at_google.wire.url == (
        f"{place}/publishers/anthropic/models/claude-opus-5@20260724:streamRawPredict"
    )
    assert claude_at_google.body["anthropic_version"] == "vertex-2023-10-16"
    assert claude_at_google.body["stream"] is True
    assert "model" not in claude_at_google.body
    assert built("vertex/xai/grok-4", family="chat_completions").wire.url == (
        f"{place}/endpoints/openapi/chat/completions"
    )
    express = built("vertex/gemini-3-pro", family="express").wire
    assert express.url == (
        "https://aiplatform.googleapis.com/v1beta1/publishers/google/models/"
        "gemini-3-pro:generateContent"
    )
    assert ("x-goog-api-key", "k-123") in express.headers


@pytest.mark.parametrize(
    ("model", "dialect"),
    [
        ("vertex/gemini-3-pro", "gemini_generate"),
        ("vertex/claude-opus-5", "anthropic_messages"),
        ("vertex/mistral-medium-3", "openai_chat"),
        ("vertex/meta/llama-4", "openai_chat"),
        ("azure/claude-opus-5", "anthropic_messages"),
        ("bedrock_mantle/anthropic.claude-opus-5", "anthropic_messages"),
        ("bedrock_mantle/openai.gpt-5.5", "openai_responses"),
        ("bedrock_mantle/openai.gpt-oss-20b", "openai_chat"),
    ],
)
def test_a_model_chooses_its_family(model: str, dialect: str) -> None:
    provider, _, name = model.partition("/")
    assert compiled(provider).choose_family(name).dialect.dialect == dialect


@pytest.mark.parametrize(
    ("model", "parameters", "sent"),
    [
        ("openai/gpt-4o", {"max_tokens": 9}, {"max_completion_tokens": 9}),
        ("openai/o3", {"temperature": 0.5, "top_p": 0.9, "parallel_tool_calls": False}, {}),
        ("openai/o3", {"reasoning_effort": "low"}, {"reasoning_effort": "low"}),
        ("openai/gpt-4.1", {"reasoning_effort": "low", "temperature": 0}, {"temperature": 0}),
        ("openai/gpt-5.1", {"temperature": 0}, {"temperature": 0}),
        ("anthropic/claude-opus-4-7", {"temperature": 1, "top_k": 5}, {"max_tokens": 4096}),
        ("groq/openai/gpt-oss-120b", {"logprobs": True, "n": 1, "seed": 1}, {"seed": 1}),
        ("mistral/m", {"seed": 1, "max_tokens": 9}, {"random_seed": 1, "max_tokens": 9}),
        ("together/m", {"top_logprobs": 2, "top_k": 4}, {"logprobs": 2, "top_k": 4}),
        ("deepseek/deepseek-v4-pro", {"seed": 1, "n": 2, "stop_sequences": ["x"]}, {"stop": ["x"]}),
        ("moonshot/kimi-k2.6", {"temperature": 0.3, "max_tokens": 9}, {"max_tokens": 9}),
        ("moonshot/moonshot-v1-8k", {"temperature": 0.3}, {"temperature": 0.3}),
        ("xai/grok-4-0709", {"stop_sequences": ["x"], "reasoning_effort": "low"}, {}),
        ("perplexity/sonar", {"seed": 1, "top_k": 3}, {"top_k": 3}),
        ("cerebras/m", {"presence_penalty": 1, "max_tokens": 9}, {"max_completion_tokens": 9}),
        ("zhipu/glm-5.2", {"seed": 1, "n": 2, "max_tokens": 9}, {"seed": 1, "max_tokens": 9}),
    ],
)
def test_parameters_are_renamed_or_left_out(
    model: str, parameters: dict[str, object], sent: dict[str, object]
) -> None:
    request = built(model, parameters=parameters)
    sent_parameters = {k: v for k, v in request.body.items() if k not in ("model", "messages")}
    assert sent_parameters == sent
    left_out = [
        name for name in parameters if any(f"{name} left out" in a for a in request.adaptations)
    ]
    renamed = [
        name for name in parameters if any(f"{name} sent as" in a for a in request.adaptations)
    ]
    assert set(parameters) == {*left_out, *renamed, *(name for name in parameters if name in sent)}


def test_a_temperature_out_of_range_is_refused_before_sending() -> None:
    with pytest.raises(RequestError, match=r"temperature=1\.5 is outside"):
        built("moonshot/moonshot-v1-8k", parameters={"temperature": 1.5})


@pytest.mark.parametrize(
    ("provider", "asks"),
    [("openai", True), ("groq", True), ("mistral", False), ("perplexity", False), ("ai21", False)],
)
def test_usage_is_asked_for_where_it_must_be(provider: str, asks: bool) -> None:
    body = built(f"{provider}/m", stream=True).body
    assert body["stream"] is True
    assert ("stream_options" in body) == asks


def test_a_response_format_that_is_not_taken_is_refused() -> None:
    with pytest.raises(CapabilityError, match="json_schema"):
        built("deepseek/m", response_format=ResponseFormat(type="json_schema", schema={}))
    body = built("deepseek/m", response_format=ResponseFormat(type="json_object")).body
    assert body["response_format"] == {"type": "json_object"}


@pytest.mark.parametrize(
    ("provider", "origin", "replayed"),
    [
        ("deepseek", "deepseek", "Hm."),
        ("deepseek", "moonshot", None),
        ("moonshot", "moonshot", "Hm."),
        ("openai", "openai", None),
    ],
)
def test_reasoning_goes_back_only_to_whom_it_came_from_and_wants_it(
    provider: str, origin: str, replayed: str | None
) -> None:
    blocks = (ThinkingBlock(thinking="Hm.", origin=origin), TextBlock(text="Yes."))
    history = [Message.user("?"), Message(MessageRole.ASSISTANT, blocks), Message.user("Go on.")]
    turns = built(f"{provider}/m", messages=history).body["messages"]
    assert turns[1]["content"] == "Yes."
    assert turns[1].get("reasoning_content") == replayed


def chat_frame(content: str, **usage: object) -> str:
    choice = {"index": 0, "delta": {"content": content}, "finish_reason": None}
    return f"data: {json.dumps({'choices': [choice], 'usage': usage})}\n\n"


def test_usage_that_grows_from_frame_to_frame_is_not_added_up() -> None:
    frames = [
        chat_frame("A", prompt_tokens=5, completion_tokens=1, total_tokens=6),
        chat_frame("B", prompt_tokens=5, completion_tokens=2, total_tokens=7),
        'data: {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}],'
        ' "usage": {"prompt_tokens": 5, "completion_tokens": 3, "total_tokens": 8}}\n\n',
    ]
    response = streamed("perplexity", "".join(frames).encode())
    assert response.content == "AB"
    assert (response.usage.prompt_tokens, response.usage.completion_tokens) == (5, 3)
    assert response.usage.total_tokens == 8


def test_reasoning_counted_apart_becomes_part_of_the_output() -> None:
    # The figures of the vendor's own example, https://docs.x.ai/docs/guides/reasoning.
    body = (
        b'{"choices": [{"index": 0, "message": {"content": "303"}, "finish_reason": "stop"}],'
        b' "usage": {"prompt_tokens": 32, "completion_tokens": 9, "total_tokens": 135,'
        b' "completion_tokens_details": {"reasoning_tokens": 94}}}'
    )
    usage = read_response(compiled("xai"), body).usage
    assert (usage.prompt_tokens, usage.completion_tokens, usage.reasoning_tokens) == (32, 103, 94)
    assert usage.total_tokens == 135


def test_usage_beside_the_usual_place_is_found() -> None:
    body = (
        b'data: {"choices": [{"index": 0, "delta": {"content": "A"}, "finish_reason": "stop"}],'
        b' "x_groq": {"usage": {"prompt_tokens": 4, "completion_tokens": 1}}}\n\ndata: [DONE]\n\n'
    )
    usage = streamed("groq", body).usage
    assert (usage.prompt_tokens, usage.completion_tokens) == (4, 1)


FAILED = '{"base_resp": {"status_code": 1008, "status_msg": "insufficient balance"}}'


def test_an_error_with_status_200_is_an_error() -> None:
    for read in (
        lambda: read_response(compiled("minimax"), FAILED.encode()),
        lambda: streamed("minimax", f"data: {FAILED}\n\n".encode()),
    ):
        with pytest.raises(RemoteError, match="insufficient balance") as caught:
            read()
        assert caught.value.code == "1008"
        assert caught.value.standard_code.name == "quota_exhausted"


def test_success_said_in_the_same_place_is_no_error() -> None:
    body = (
        b'{"choices": [{"index": 0, "message": {"content": "A"}, "finish_reason": "stop"}],'
        b' "base_resp": {"status_code": 0, "status_msg": ""}}'
    )
    assert read_response(compiled("minimax"), body).content == "A"


def test_an_error_inside_a_stream_is_classified_by_the_status_it_names() -> None:
    frame = (
        b'data: {"error": {"code": 429, "message": "slow down"},'
        b' "choices": [{"index": 0, "delta": {}, "finish_reason": "error"}]}\n\n'
    )
    with pytest.raises(RemoteError) as caught:
        streamed("openrouter", frame)
    assert caught.value.standard_code.name == "rate_limited"
