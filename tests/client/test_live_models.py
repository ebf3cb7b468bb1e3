"""A provider's own list of models, and its own counts of tokens."""

import json
from datetime import datetime, timezone

import pytest

from ai_lib import AiClient
from ai_lib.client.live_models import read_models
from ai_lib.errors import RequestError
from ai_lib.protocol.catalog import ManifestCatalog
from ai_lib.protocol.dialect.listing import ListingShape
from ai_lib.testing import MockProvider
from tests.servers.scripted import Exchange, ScriptedServer

CATALOG = ManifestCatalog()
LISTING = [
    name for name in CATALOG.list_providers() if CATALOG.load(name).find_endpoint("list_models")
]


@pytest.mark.parametrize("provider", LISTING)
async def test_every_provider_that_lists_is_listed(provider: str) -> None:
    listed = {
        record.model_id
        for record in CATALOG.build_registry().list_models()
        if record.provider == provider and not record.lifecycle.is_retired()
    }
    async with MockProvider() as mock:
        async with await mock.client(f"{provider}/any") as client:
            live = await client.models.list()
            assert {model.id for model in live} == listed
            assert mock.requests[-1].method == "GET"


async def test_a_model_has_what_its_provider_says() -> None:
    async with MockProvider() as mock:
        async with await mock.client("anthropic/any") as client:
            models = {model.id: model for model in await client.models.list()}
            assert models["claude-haiku-5-5"].created == datetime(2026, 10, 7, tzinfo=timezone.utc)
        async with await mock.client("gemini/any") as client:
            models = {model.id: model for model in await client.models.list()}
            assert models["gemini-4-neon"].context_window == 1048576
            assert models["gemini-4-neon"].max_output_tokens == 65536
        async with await mock.client("openai/any") as client:
            models = {model.id: model for model in await client.models.list()}
            assert models["gpt-6-luna"].owner == "openai"


@pytest.mark.parametrize("model", ["anthropic/claude-sonnet-5-5", "gemini/gemini-4-argon"])
async def test_a_provider_that_counts_is_asked_for_the_count(model: str) -> None:
    async with MockProvider() as mock:
        async with await mock.client(model) as client:
            short = await client.models.count_tokens(client.chat().user("Hi").build())
            chat = client.chat().system("Be brief.").user("Hi there, " * 50).max_tokens(9)
            assert await client.models.count_tokens(chat.build()) > short > 0
            assert "max_tokens" not in str(mock.requests[-1].body)
            assert "Be brief." in str(mock.requests[-1].body)
            assert len(mock.requests) == 2


async def test_openai_counts_by_responses() -> None:
    async with MockProvider() as mock:
        builder = AiClient.builder().model("openai/gpt-6-luna").api_family("responses")
        builder = builder.base_url(mock.base_url("openai")).api_key("mock-key")
        async with await builder.build() as client:
            assert await client.models.count_tokens(client.chat().user("Hi").build()) > 0
            assert mock.requests[-1].path == "/responses/input_tokens"


async def test_who_has_none_says_so_and_nothing_is_sent() -> None:
    async with MockProvider() as mock:
        async with await mock.client("perplexity/sonar") as client:
            with pytest.raises(RequestError, match="perplexity has no list of models"):
                await client.models.list()
            with pytest.raises(RequestError, match="perplexity counts no tokens"):
                await client.models.count_tokens(client.chat().user("Hi").build())
        assert mock.requests == []


def test_odd_lists_are_read_as_far_as_they_make_sense() -> None:
    shape = ListingShape(created=("@.created",), owner=("@.owner",), context_window=("@.size",))
    odd = [3, {}, {"id": ""}, {"id": "m", "created": "soon", "owner": 7, "size": True}]
    (model,) = read_models(shape, {"data": odd})
    assert (model.id, model.created, model.owner, model.context_window) == ("m", None, "", None)
    assert list(read_models(shape, {"data": None})) == []
    assert list(read_models(shape, "text")) == []


PAGES: list[tuple[str, str, list[dict[str, object]]]] = [
    (
        "anthropic",
        "/models?limit=1000",
        [
            {"data": [{"id": "one"}], "has_more": True, "last_id": "one"},
            {"data": [{"id": "two"}], "has_more": False, "last_id": "two"},
        ],
    ),
    (
        "gemini",
        "/models?pageSize=1000",
        [
            {"models": [{"name": "models/one"}], "nextPageToken": "a&b"},
            {"models": [{"name": "models/two"}]},
        ],
    ),
    (
        "cohere",
        "/v1/models?page_size=1000",
        [
            {"models": [{"name": "one"}], "next_page_token": "t"},
            {"models": [{"name": "two"}], "next_page_token": ""},
        ],
    ),
]


@pytest.mark.parametrize(("provider", "first", "pages"), PAGES, ids=[row[0] for row in PAGES])
async def test_every_page_of_a_list_is_read(
    provider: str, first: str, pages: list[dict[str, object]]
) -> None:
    left = list(pages)

    def answer(exchange: Exchange) -> None:
        exchange.reply(json.dumps(left.pop(0)).encode(), 200, "content-type: application/json\r\n")

    server = ScriptedServer(answer)
    try:
        builder = AiClient.builder().model(f"{provider}/any").api_key("k").base_url(server.url)
        async with await builder.build() as client:
            assert [model.id for model in await client.models.list()] == ["one", "two"]
    finally:
        server.close()
    targets = [request.target for request in server.received]
    pattern = {"anthropic": "after_id=one", "gemini": "pageToken=a%26b", "cohere": "page_token=t"}
    assert targets[0].startswith(first)
    assert "age" not in targets[0].removeprefix(first).replace("key", "")
    assert pattern[provider] in targets[1]


async def test_a_list_that_repeats_its_pages_ends() -> None:
    page = {"models": [{"name": "models/one"}], "nextPageToken": "again"}

    def answer(exchange: Exchange) -> None:
        exchange.reply(json.dumps(page).encode(), 200, "content-type: application/json\r\n")

    server = ScriptedServer(answer)
    try:
        builder = AiClient.builder().model("gemini/any").api_key("k").base_url(server.url)
        async with await builder.build() as client:
            assert [model.id for model in await client.models.list()] == ["one"]
    finally:
        server.close()
    assert len(server.received) == 2
