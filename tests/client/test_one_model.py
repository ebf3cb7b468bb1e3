"""A model is one model by every name it has: what is sent and what it costs is the same."""

from datetime import date

import pytest

from ai_lib.client import AiClient
from ai_lib.errors import AiLibError
from ai_lib.protocol.bundle import find_bundled_manifest, list_bundled_names
from ai_lib.protocol.catalog import ManifestCatalog
from ai_lib.protocol.manifest.model_names import NameIndex
from ai_lib.protocol.manifest.models import read_manifest_models
from ai_lib.request.chat import build_chat
from ai_lib.testing import MockProvider, Reply
from ai_lib.tokens import estimate_cost
from ai_lib.types.message import Message
from ai_lib.types.request import ChatRequest
from ai_lib.types.usage import Usage

CATALOG = ManifestCatalog()
PARAMETERS = {
    "temperature": 0.5,
    "top_p": 0.9,
    "top_k": 3,
    "n": 2,
    "max_tokens": 9,
    "seed": 7,
    "stop_sequences": ["."],
    "frequency_penalty": 0.1,
    "presence_penalty": 0.2,
    "logprobs": True,
    "top_logprobs": 2,
    "parallel_tool_calls": False,
    "reasoning_effort": "high",
}


def test_every_alias_of_every_bundled_model_compiles_like_its_model() -> None:
    catalog = ManifestCatalog()
    compared = 0
    for provider in list_bundled_names("manifests"):
        compiled = catalog.load(provider)
        for record in read_manifest_models(find_bundled_manifest(provider), provider):
            for alias in record.keys[1:]:
                of_model, of_alias = (
                    catalog.find_model(compiled, name) for name in (record.name, alias)
                )
                assert of_alias.name == alias
                assert of_alias.listed_name == of_model.listed_name == record.name
                for part in ("entry", "record", "prices", "lifecycle", "embedding"):
                    assert getattr(of_alias, part) == getattr(of_model, part), alias
                tokens = compiled.dialect.tokens
                assert tokens.find_encoding(of_alias.pattern_name) == tokens.find_encoding(
                    of_model.pattern_name
                )
                assert tokens.find_image_shape(of_alias.pattern_name) == tokens.find_image_shape(
                    of_model.pattern_name
                )
                if compiled.can_chat:
                    assert _compile(provider, alias, {}) == _compile(provider, record.name, {})
                    for name, value in PARAMETERS.items():
                        both = [_compile(provider, key, {name: value}) for key in record.keys]
                        assert all(one == both[0] for one in both), (alias, name)
                compared += 1
    assert compared > 30


def _compile(provider: str, model: str, parameters: dict[str, object]) -> object:
    """Return the body but for the model's name, and what was changed; or the refusal."""
    request = ChatRequest(messages=(Message.user("Hi"),), parameters=parameters)
    compiled = CATALOG.load(provider)
    try:
        built = build_chat(
            request, compiled, model=model, credential=None, base_url="https://h.example"
        )
    except AiLibError as error:  # a refusal is the same for both
        return type(error), str(error).replace(model, "")
    notes = [note.replace(model, "") for note in built.adaptations]
    return {**built.body, "model": ""}, notes


def test_a_name_is_found_with_and_without_its_date_and_by_pattern() -> None:
    names = NameIndex(
        [
            ("house-4", ("house",)),
            ("house-3-20250101", ("house-3-fast",)),
            ("house-3-20250601", ()),
            ("house-2*", ()),
            ("house-2-mini*", ()),
        ]
    )
    found = {
        "house-4": "house-4",
        "house": "house-4",
        "house-4-2026-01-31": "house-4",
        "house-latest": "house-4",
        "house-4@20260131": "house-4",
        "house-3": "house-3-20250601",
        "house-3-latest": "house-3-20250601",
        "house-3-20250101": "house-3-20250101",
        "house-3-fast": "house-3-20250101",
        "house-2-large": "house-2*",
        "house-2-mini-x": "house-2-mini*",
        "house-4-turbo": None,
        "house-5": None,
        "my-house-4": None,
    }
    assert {name: names.find(name) for name in found} == found


async def test_a_deployment_costs_what_its_model_costs(anyio_backend: str) -> None:
    usage = Usage(prompt_tokens=1000, completion_tokens=100, total_tokens=1100)
    async with MockProvider([Reply(text="ok", usage=usage)] * 2) as mock:
        builder = AiClient.builder().model("azure/chat-of-ours", listed_as="openai/gpt-5-mini")
        builder = builder.api_key("k").base_url(mock.base_url("azure"))
        async with await builder.build() as client:
            request = client.chat().user("Hi").temperature(0.5)
            response = await request.execute()
            bounds = request.would_cost()
        unlisted = AiClient.builder().model("azure/chat-of-ours").api_key("k")
        async with await unlisted.base_url(mock.base_url("azure")).build() as client:
            unknown = await client.chat().user("Hi").execute()
    assert response.cost is not None
    assert unknown.cost is not None
    expected = estimate_cost(1000, 100, "openai/gpt-5-mini").total_cost
    assert response.cost.total_cost == expected
    assert bounds.upper is not None
    assert "temperature left out: azure does not take it" in response.adaptations
    assert unknown.cost.total_cost is None


def test_a_life_is_that_of_the_model_whatever_it_is_called() -> None:
    catalog = ManifestCatalog()
    compiled = catalog.load("openai")
    for name in ("gpt-4o", "gpt-4o-2024-11-20", "gpt-4o-latest"):
        assert catalog.find_model(compiled, name).lifecycle.retires_on == date(2027, 1, 14), name


@pytest.mark.parametrize("name", ["gpt-9", "house/x", ""])
def test_what_nothing_lists_has_nothing_known(name: str) -> None:
    model = ManifestCatalog().load("openai").find_model(name)
    assert (model.name, model.listed_name, model.record) == (name, "", None)
