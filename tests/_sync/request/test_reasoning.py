# Generated from tests/request/test_reasoning.py by codegen; do not edit.
"""Effort, budget and summary become what each model takes, and what was changed is said."""

from collections.abc import Iterator
from typing import Any

import pytest

from ai_lib.client.target.address import fill_address
from ai_lib.protocol.bundle import find_bundled_manifest, list_bundled_names
from ai_lib.protocol.catalog import ManifestCatalog
from ai_lib.protocol.manifest.models import read_manifest_models
from ai_lib.request.chat import BuiltRequest, build_chat
from ai_lib.types.message import Message
from ai_lib.types.request import ChatRequest
from ai_lib_sync import AiClient
from ai_lib_sync.errors import CapabilityError, RequestError
from ai_lib_sync.resilience import RetryConfig
from ai_lib_sync.testing import MockProvider, Reply
from tests.request.reasoning_words import find_words

CATALOG = ManifestCatalog()
EFFORTS = ("off", "minimal", "low", "medium", "high", "xhigh", "max", True)
BUDGETS = (None, 0, 1, 1024, 5000, 1_000_000)
MEMBERS = {
    "reasoning_effort", "reasoning", "thinking", "output_config", "generationConfig",
    "enable_thinking", "thinking_budget",
}  # fmt: skip


def build(model: str, family: str | None = None, **parameters: Any) -> BuiltRequest:
    """Return what is sent for these parameters of reasoning."""
    named = {
        name if name == "max_tokens" or name == "temperature" else f"reasoning_{name}": value
        for name, value in parameters.items()
        if value is not None
    }
    compiled, name = CATALOG.load_model(model, family)
    if family is None:
        compiled = compiled.choose_family(name)
    own_values = dict.fromkeys(compiled.manifest.variables, "us-east-1")
    compiled, _ = fill_address(compiled, own_values, "https://house.example", is_sent=False)
    request = ChatRequest(messages=(Message.user("Hi"),), parameters=named)
    return build_chat(
        request, compiled, model=name, credential=None, base_url="https://house.example"
    )


def told(built: BuiltRequest) -> dict[str, Any]:
    """Return the members of the body that are about reasoning."""
    return {name: value for name, value in built.body.items() if name in MEMBERS}


def list_reasoning_models() -> Iterator[str]:
    for provider in list_bundled_names("manifests"):
        if "text" in (CATALOG.load(provider).manifest.capabilities or ()):
            for record in read_manifest_models(find_bundled_manifest(provider), provider):
                if record.supports("text") is not False and not record.supports("embeddings"):
                    yield record.full_name


def test_every_listed_model_gets_what_it_takes() -> None:
    checked = 0
    for model in list_reasoning_models():
        accepted = find_words(model)
        for effort in (None, *EFFORTS):
            for budget in BUDGETS:
                wants_off = effort == "off" or budget == 0
                if (
                    wants_off
                    and not accepted.stops
                    and CATALOG.load_model(model)[0]
                    .find_model(model.partition("/")[2])
                    .entry.capabilities.get("reasoning")
                ):
                    with pytest.raises(CapabilityError, match="can't be turned off"):
                        build(model, effort=effort, budget=budget)
                    continue
                built = build(model, effort=effort, budget=budget)
                _check(model, built.body, effort, budget)
                checked += 1
    assert checked > 3000


def _check(model: str, body: Any, effort: object, budget: int | None) -> None:
    accepted, case = find_words(model), (model, effort, budget)
    limit = body.get("max_tokens") or body.get("inferenceConfig", {}).get("maxTokens")
    body = {**body, **body.get("additionalModelRequestFields", {})}
    config = body.get("generationConfig", {}).get("thinkingConfig", {})
    words = [
        body.get("reasoning_effort"),
        body.get("reasoning", {}).get("effort"),
        body.get("output_config", {}).get("effort"),
        config.get("thinkingLevel"),
        body.get("reasoningConfig", {}).get("maxReasoningEffort"),
    ]
    sent_words = {word for word in words if word is not None}
    assert sent_words <= accepted.efforts, case
    thinking = body.get("thinking", {})
    if thinking:
        assert thinking["type"] in accepted.types, case
    tokens = [
        thinking.get("budget_tokens", thinking.get("token_budget")),
        config.get("thinkingBudget"),
        body.get("thinking_budget"),
    ]
    for count in tokens:
        if count is not None and count not in (-1, 0):
            assert accepted.tokens[0] <= count <= accepted.tokens[1], case
            if "budget_tokens" in thinking:
                # Bedrock's Converse takes the model's own limit where none is sent.
                assert count < (limit or 64000 * model.startswith("bedrock/")), case
        if count == 0:
            assert accepted.stops, case
    if effort == "off" or budget == 0:
        is_on = thinking.get("type") in ("enabled", "adaptive") or body.get("enable_thinking")
        assert not is_on, case
        assert sent_words <= {"none"}, case


@pytest.mark.parametrize(
    ("model", "parameters", "expected", "said"),
    [
        ("openai/gpt-5.2", {"effort": "max"}, {"reasoning_effort": "xhigh"},
         "effort max sent as xhigh"),
        ("openai/gpt-5.2", {"effort": False}, {"reasoning_effort": "none"}, ""),
        ("openai/gpt-5.2", {"effort": "none"}, {"reasoning_effort": "none"}, ""),
        ("openai/gpt-5.2", {"budget": 9000}, {"reasoning_effort": "medium"},
         "budget 9000 sent as effort medium"),
        ("openai/gpt-4o", {"effort": "high"}, {},
         "reasoning_effort left out: gpt-4o does not reason"),
        ("anthropic/claude-haiku-4-5", {"effort": "low"},
         {"thinking": {"type": "enabled", "budget_tokens": 2048}},
         "effort low sent as budget 2048"),
        ("anthropic/claude-haiku-4-5", {"budget": 5000, "max_tokens": 3073},
         {"thinking": {"type": "enabled", "budget_tokens": 3072}},
         "budget lowered to 3072 to stay below max_tokens"),
        ("anthropic/claude-haiku-4-5", {"budget": 5000, "max_tokens": 1000}, {},
         "reasoning left out: max_tokens=1000 has no room for 1024 tokens"),
        ("anthropic/claude-haiku-4-5", {"effort": "low", "temperature": 0.5},
         {"thinking": {"type": "enabled", "budget_tokens": 2048}},
         "temperature left out while claude-haiku-4-5 reasons"),
        ("anthropic/claude-opus-4-6", {"effort": "xhigh"},
         {"thinking": {"type": "adaptive"}, "output_config": {"effort": "high"}},
         "effort xhigh sent as high"),
        ("gemini/gemini-2.5-flash", {"effort": "off"},
         {"generationConfig": {"thinkingConfig": {"thinkingBudget": 0}}}, ""),
        ("gemini/gemini-3.8-flash", {"effort": "low", "summary": "auto"},
         {"generationConfig": {
             "thinkingConfig": {"thinkingLevel": "low", "includeThoughts": True}}},
         ""),
        ("mistral/mistral-large-4", {"effort": "low"}, {"reasoning_effort": "high"},
         "effort low sent as high"),
        ("groq/qwen/qwen3-32b", {"effort": "low"}, {"reasoning_effort": "default"},
         "effort low sent as the model's own"),
        ("xai/grok-4-0709", {"effort": "low"}, {},
         "reasoning_effort left out: grok-4-0709 takes no effort"),
        ("qwen/qwen-plus", {"budget": 700}, {"enable_thinking": True, "thinking_budget": 700}, ""),
        ("siliconflow/Pro/deepseek-ai/DeepSeek-V4", {"effort": "low"},
         {"enable_thinking": True, "reasoning_effort": "high"}, "effort low sent as high"),
        ("siliconflow/Qwen/Qwen3-32B", {"budget": 5},
         {"enable_thinking": True, "thinking_budget": 128}, "budget 5 sent as 128"),
        ("siliconflow/Qwen/Qwen3-32B", {"effort": "off"}, {"enable_thinking": False}, ""),
        ("openrouter/a/b", {"budget": 2000, "summary": "off"},
         {"reasoning": {"max_tokens": 2000, "exclude": True}}, ""),
    ],
)  # fmt: skip
def test_what_is_sent_and_what_is_said(
    model: str, parameters: dict[str, Any], expected: dict[str, Any], said: str
) -> None:
    built = build(model, **parameters)
    assert told(built) == expected
    assert said in (built.adaptations or ("",)), built.adaptations


def test_an_answer_keeps_its_length_when_thinking_is_added() -> None:
    assert build("anthropic/claude-haiku-4-5").body["max_tokens"] == 4096
    assert build("anthropic/claude-haiku-4-5", budget=2000).body["max_tokens"] == 6096


def test_summaries_go_where_a_family_has_them() -> None:
    built = build("openai/gpt-5", "responses", effort="low", summary="concise")
    assert built.body["reasoning"] == {"effort": "low", "summary": "concise"}
    assert built.adaptations == ()
    chat = build("openai/gpt-5", effort="low", summary="concise")
    assert chat.adaptations == ("reasoning_summary left out: gpt-5 takes none",)


@pytest.mark.parametrize(
    "parameters",
    [{"effort": "ultra"}, {"effort": 3}, {"budget": -1}, {"budget": "x"}, {"summary": "x"}],
)
def test_a_word_that_is_none_is_refused_everywhere(parameters: dict[str, Any]) -> None:
    for model in ("openai/gpt-5", "anthropic/claude-opus-5", "ollama/qwq", "openai/gpt-4o"):
        with pytest.raises(RequestError):
            build(model, **parameters)


def test_a_chain_over_three_families_is_told_in_the_words_of_each() -> None:
    script = [Reply(status=503, error="busy"), Reply(status=503, error="busy"), Reply(text="ok")]
    with MockProvider(script) as mock:
        builder = mock.builder("openai/gpt-5.2")
        chain = ("anthropic/claude-haiku-4-5", "gemini/gemini-3.8-flash")
        for name in chain:
            builder.base_url_for(name, mock.base_url(name.partition("/")[0]))
            builder.api_key_for(name, "k")
        with builder.with_fallbacks(chain).with_retry(RetryConfig(max_retries=0)).build() as client:
            response = client.chat().user("Hi").reasoning("low").execute()
        bodies = [request.body for request in mock.requests]
    assert response.content == "ok"
    assert bodies[0]["reasoning_effort"] == "low"
    assert bodies[1]["thinking"] == {"type": "enabled", "budget_tokens": 2048}
    assert bodies[2]["generationConfig"]["thinkingConfig"] == {"thinkingLevel": "low"}


def test_the_builder_checks_its_words() -> None:
    with AiClient.create("openai/gpt-5", api_key="k") as client:
        chat = client.chat()
        for arguments in ({"effort": "ultra"}, {"budget": -1}, {"summary": "loud"}):
            with pytest.raises(ValueError, match="not"):
                chat.reasoning(**arguments)  # type: ignore[arg-type]
        body = client.explain(chat.user("Hi").reasoning_effort("high").build()).body
    assert body["reasoning_effort"] == "high"
