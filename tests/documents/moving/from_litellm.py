"""The rows of litellm."""

from __future__ import annotations

from typing import Any

import pytest

import ai_lib_sync
from ai_lib_sync import AiClient
from ai_lib_sync.errors import RemoteError
from ai_lib_sync.protocol import ProtocolLoader
from ai_lib_sync.routing import ModelArray, ModelEndpoint
from ai_lib_sync.testing import MockProvider, Reply
from tests.documents.moving.rows import KEY, Client

CLIENT = Client("litellm", "litellm", "litellm", {})
OURS = "openai/gpt-5.4-mini"
MANIFEST: dict[str, Any] = {
    "id": "made-up",
    "protocol_version": "2.0",
    "name": "Made up",
    "status": "stable",
    "category": "ai_provider",
    "official_url": "https://example.com",
    "dialect": "openai_chat",
    "endpoint": {"base_url": "https://example.com/v1", "auth": {"type": "bearer"}},
    "capabilities": {"required": ["text"]},
}
HI: list[Any] = [{"role": "user", "content": "Hi"}]


def complete(mock: MockProvider, **options: Any) -> Any:
    """Ask by their function, in its way."""
    import litellm

    url = mock.base_url("openai")
    options = {"model": OURS, "messages": HI, "api_base": url, "api_key": KEY, **options}
    return litellm.completion(**options)


@CLIENT.row("`provider/model`")
def check_models(mock: MockProvider) -> None:
    complete(mock)
    with mock.client(OURS) as ours:
        ours.chat().user("Hi").execute()
    assert [request.model for request in mock.requests] == ["gpt-5.4-mini"] * 2
    assert len(ProtocolLoader().catalog.list_providers()) >= 30


@CLIENT.row("`completion` / `acompletion`")
def check_one_question(mock: MockProvider) -> None:
    import litellm

    assert litellm.acompletion
    text = complete(mock).choices[0].message.content
    url = mock.base_url("openai")
    assert ai_lib_sync.ask(OURS, "Hi", api_key=KEY, base_url=url).text == text


@CLIENT.row("`api_base=`, `api_key=`, `timeout=`, `extra_headers=`")
def check_arguments(mock: MockProvider) -> None:
    complete(mock, timeout=9, extra_headers={"X-A": "1"})
    url = mock.base_url("openai")
    with AiClient.create(OURS, base_url=url, api_key=KEY, timeout=9, headers={"X-A": "1"}) as ours:
        ours.chat().user("Hi").execute()
    assert [request.headers["x-a"] for request in mock.requests] == ["1", "1"]


@CLIENT.row("`num_retries=`")
def check_retries(mock: MockProvider) -> None:
    busy = Reply(status=503, error="busy", headers={"retry-after": "0"})
    mock.enqueue(busy, Reply(text="yes"), busy, Reply(text="yes"))
    assert complete(mock, num_retries=1).choices[0].message.content == "yes"
    with mock.client(OURS, max_retries=1) as ours:
        assert ours.chat().user("Hi").execute().text == "yes"
    assert len(mock.requests) == 4


@CLIENT.row("`drop_params=True`")
def check_left_out(mock: MockProvider) -> None:
    model = "anthropic/claude-haiku-4-5"
    complete(mock, model=model, api_base=mock.base_url("anthropic"), seed=7, drop_params=True)
    with mock.client(model) as ours:
        response = ours.chat().user("Hi").seed(7).execute()
    assert any("seed" in adaptation for adaptation in response.adaptations)
    assert not any("seed" in str(request.body) for request in mock.requests)


@CLIENT.row("`Router(model_list=[...])`")
def check_router(mock: MockProvider) -> None:
    from litellm import Router

    settings = {"model": OURS, "api_base": mock.base_url("openai"), "api_key": KEY}
    router: Any = Router(model_list=[{"model_name": "m", "litellm_params": settings}])
    assert router.completion(model="m", messages=HI).choices[0].message.content
    array = ModelArray([ModelEndpoint(OURS, base_url=mock.base_url("openai"), api_key=KEY)])
    with AiClient.builder().routing(array).build() as ours:
        assert ours.chat().user("Hi").execute().text


@CLIENT.row("`set_verbose`, module-level settings")
def check_settings(mock: MockProvider) -> None:
    import litellm

    assert hasattr(litellm, "set_verbose")
    busy = Reply(status=503, error="busy", headers={"retry-after": "0"})
    mock.enqueue(busy, busy, Reply(text="yes"))
    with mock.client(OURS, max_retries=0) as strict, mock.client(OURS, max_retries=1) as patient:
        with pytest.raises(RemoteError):
            strict.chat().user("Hi").execute()
        assert patient.chat().user("Hi").execute().text == "yes"


@CLIENT.row("`completion_cost`")
def check_cost(mock: MockProvider) -> None:
    import litellm

    assert litellm.completion_cost
    with mock.client(OURS) as ours:
        known = ours.chat().user("Hi").execute().cost
        unknown = ours.chat("openai/unheard-of").user("Hi").execute().cost
    assert known is not None
    assert known.total_cost
    assert unknown is None or unknown.total_cost is None


@CLIENT.row("`mock_response=`")
def check_mock(mock: MockProvider) -> None:
    assert complete(mock, mock_response="Hello!").choices[0].message.content == "Hello!"
    assert not mock.requests
    mock.enqueue(Reply(text="Hello!"))
    with mock.client(OURS) as ours:
        assert ours.chat().user("Hi").execute().text == "Hello!"


@CLIENT.row("a new provider in Python")
def check_manifest(mock: MockProvider) -> None:
    from litellm import CustomLLM

    assert CustomLLM
    loader = ProtocolLoader()
    loader.register_provider(MANIFEST)
    builder = AiClient.builder().protocol_loader(loader).model("made-up/m").api_key(KEY)
    with builder.base_url(mock.base_url("openai")).build() as ours:
        assert ours.chat().user("Hi").execute().text
