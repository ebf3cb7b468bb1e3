"""The key of a question holds neither the API key nor whether the answer is streamed."""

from pathlib import Path

import msgspec
import pytest

from ai_lib import Message
from ai_lib.cache import CacheKeyGenerator
from ai_lib.client.call.call import Call
from ai_lib.client.call.prepared_request import prepare_chat
from ai_lib.client.interceptors.cache_key import cache_key
from ai_lib.client.target.settings import CallOptions, ClientSettings
from ai_lib.types.request import ChatRequest

MANIFEST = """
id: house
protocol_version: "2.0"
dialect: openai_chat
endpoint: {{ base_url: "https://host.example" }}
auth: {{ {auth} }}
endpoints: {{ chat: {{ path: /chat }} }}
"""


@pytest.mark.parametrize("auth", ["type: query_param, param_name: key", "type: bearer"])
def test_api_key_and_streaming_do_not_count(tmp_path: Path, auth: str) -> None:
    providers = tmp_path / "v1" / "providers"
    providers.mkdir(parents=True)
    (providers / "house.yaml").write_text(MANIFEST.format(auth=auth), "utf-8")
    keys: set[str] = set()
    for api_key in ("canary-one", "canary-two"):
        settings = ClientSettings(model="house/m", protocol_dir=tmp_path, api_key=api_key)
        target = settings.make_target()
        for stream in (True, False):
            request = ChatRequest(messages=(Message.user("?"),), stream=stream)
            prepared = prepare_chat(target, request, CallOptions(), "idempotency")
            wire = prepared.wire
            assert api_key in f"{wire.url} {wire.headers}"
            call = Call("chat", request, CallOptions(), lambda: 0.0)
            keys.add(cache_key(CacheKeyGenerator(), call, prepared))
            other = msgspec.structs.replace(request, parameters={"temperature": 0.5})
            other_prepared = prepare_chat(target, other, CallOptions(), "idempotency")
            assert cache_key(CacheKeyGenerator(), call, other_prepared) not in keys
    assert len(keys) == 1
