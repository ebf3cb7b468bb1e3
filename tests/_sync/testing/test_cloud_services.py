# Generated from tests/testing/test_cloud_services.py by codegen; do not edit.
"""The mock provider of clouds: every API family at its own address, and operations by `invoke`."""

from __future__ import annotations

import pytest

from ai_lib_sync.errors import RemoteError
from ai_lib_sync.testing import MockProvider, Reply

# Provider and model, API family, the path that is called, and the headers that say how.
FAMILIES = [
    ("azure/dep", None, "/openai/v1/chat/completions", {"api-key"}),
    ("azure/dep", "responses", "/openai/v1/responses", {"api-key"}),
    ("azure/dep", "deployments", "/openai/deployments/dep/chat/completions", {"api-key"}),
    ("azure/dep", "foundry", "/models/chat/completions", {"api-key"}),
    ("azure/claude-opus-5", None, "/anthropic/v1/messages", {"x-api-key", "anthropic-version"}),
    ("bedrock/us.anthropic.claude-opus-5", None, "/converse", {"authorization"}),
    ("bedrock/us.anthropic.claude-opus-5", "messages", "/invoke", {"authorization"}),
    ("bedrock_mantle/openai.gpt-oss-120b", None, "/v1/chat/completions", {"authorization"}),
    ("bedrock_mantle/openai.gpt-5.5", None, "/openai/v1/responses", {"authorization"}),
    (
        "bedrock_mantle/anthropic.claude-opus-5",
        None,
        "/anthropic/v1/messages",
        {"authorization", "anthropic-version"},
    ),
    ("vertex/gemini-3.7-flash", None, "/gemini-3.7-flash:generateContent", {"authorization"}),
    ("vertex/claude-opus-5", None, "/claude-opus-5:rawPredict", {"authorization"}),
    ("vertex/mistral-medium-3", None, "/mistral-medium-3:rawPredict", {"authorization"}),
    ("vertex/meta/llama-5", None, "/endpoints/openapi/chat/completions", {"authorization"}),
    (
        "vertex/gemini-3.7-flash",
        "express",
        "/publishers/google/models/gemini-3.7-flash:generateContent",
        {"x-goog-api-key"},
    ),
]
HEADERS = {"api-key", "x-api-key", "authorization", "anthropic-version", "x-goog-api-key"}


def test_each_family_is_served_at_its_own_address() -> None:
    wrong: list[object] = []
    with MockProvider() as mock:
        for model, family, path, headers in FAMILIES:
            builder = mock.builder(model)
            if family is not None:
                builder.api_family(family)
            with builder.build() as client:
                plain = client.chat().user("Hi").execute()
                stream = client.chat().user("Hi").stream()
                for _ in stream:
                    pass
            first, second = mock.requests[-2:]
            sent = HEADERS & set(first.headers)
            texts = {plain.content, stream.response().content}
            if not first.path.endswith(path) or sent != headers or texts != {"You said: Hi"}:
                wrong.append((model, family, first.path, second.path, sent, texts))
    assert wrong == []


def test_operations_by_invoke_are_scripted_or_empty() -> None:
    scripted = Reply(body=b'{"action": "GUARDRAIL_INTERVENED"}')
    failed = Reply(status=403, code="AccessDeniedException", error="Not allowed.")
    with MockProvider([scripted, failed]) as mock:
        with mock.builder("bedrock/us.amazon.nova-lite-v1:0").build() as client:
            body = {"source": "INPUT", "content": [{"text": {"text": "Hi"}}]}
            reply = client.invoke("apply_guardrail", body, id="gr1", version="DRAFT")
            with pytest.raises(RemoteError, match="Not allowed"):
                client.invoke("apply_guardrail", body, id="gr1", version="DRAFT")
            profiles = client.invoke("list_inference_profiles")
            tokens = client.models.count_tokens(client.chat().user("Hi").build())
        paths = [request.path for request in mock.requests]
    assert reply == {"action": "GUARDRAIL_INTERVENED"}
    assert profiles == []
    assert tokens > 0
    assert paths == [
        *["/guardrail/gr1/version/DRAFT/apply"] * 2,
        "/inference-profiles",
        "/model/us.amazon.nova-lite-v1:0/count-tokens",
    ]
