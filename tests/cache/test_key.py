"""Whatever makes a question another one makes another key."""

from __future__ import annotations

import copy
import gc
import weakref

import pytest
from hypothesis import given, strategies as st

from ai_lib.cache import CacheKeyGenerator
from ai_lib.errors import CacheError
from ai_lib.protocol.compiled import CompiledManifest, compile_manifest
from ai_lib.protocol.manifest.reader import read_manifest
from ai_lib.types import ContentBlock, Message, ToolDefinition

KEYS = CacheKeyGenerator()
URL = "https://host.example/v1/chat"
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(0, 1) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
BODIES = st.dictionaries(st.text(), JSON, min_size=1, max_size=4)


def compiled(name: str = "house", **more: object) -> CompiledManifest:
    document = {
        "id": name,
        "protocol_version": "2.0",
        "dialect": "openai_chat",
        "endpoint": {"base_url": "https://host.example"},
        "endpoints": {"chat": {"path": "/chat"}},
        **more,
    }
    return compile_manifest(read_manifest(document, source="test"))


HOUSE = compiled()


def places(value: object, way: tuple[object, ...] = ()) -> list[tuple[object, ...]]:
    found = [way] if way else []
    items = value.items() if isinstance(value, dict) else ()
    items = enumerate(value) if isinstance(value, list) else items
    for name, inner in items:
        found += places(inner, (*way, name))
    return found


@given(BODIES, st.data())
def test_changing_any_field_of_the_body_changes_the_key(
    body: dict[str, object], data: st.DataObject
) -> None:
    way = data.draw(st.sampled_from(places(body)))
    other = copy.deepcopy(body)
    node: object = other
    for name in way[:-1]:
        node = node[name]  # type: ignore[index]
    before = node[way[-1]]  # type: ignore[index]
    after = data.draw(JSON.filter(lambda value: repr(value) != repr(before)))
    if data.draw(st.booleans()):
        node[way[-1]] = after  # type: ignore[index]
    else:
        del node[way[-1]]  # type: ignore[attr-defined]
    assert KEYS.generate_for_request(HOUSE, URL, body) != KEYS.generate_for_request(
        HOUSE, URL, other
    )


@given(BODIES)
def test_the_order_of_an_objects_fields_does_not_count(body: dict[str, object]) -> None:
    turned = dict(reversed(body.items()))
    assert KEYS.generate_for_request(HOUSE, URL, body) == KEYS.generate_for_request(
        HOUSE, URL, turned
    )


def test_provider_manifest_and_address_count() -> None:
    body = {"model": "m"}
    known = KEYS.generate_for_request(HOUSE, URL, body)
    assert known == KEYS.generate_for_request(compiled(), URL, body)
    assert known != KEYS.generate_for_request(compiled("other"), URL, body)
    assert known != KEYS.generate_for_request(compiled(name="house", status="beta"), URL, body)
    assert known != KEYS.generate_for_request(HOUSE, URL + "/x", body)
    assert known != KEYS.generate_for_request(HOUSE, "https://other.example/v1/chat", body)
    assert known != KEYS.generate_for_request(HOUSE, URL + "?version=2", body)


def test_a_key_keeps_no_manifest() -> None:
    house = compiled()
    KEYS.generate_for_request(house, URL, {"model": "m"})
    left = weakref.ref(house)
    del house
    gc.collect()
    assert left() is None


def test_tool_turns_are_told_apart() -> None:
    """The call's id, its name, its arguments and who answered are part of the question."""
    turns = [
        [Message.tool("call_1", "42")],
        [Message.tool("call_2", "42")],
        [Message.tool("call_1", "42", name="f")],
        [Message.tool("call_1", "42", is_error=True)],
        [Message.assistant([ContentBlock.tool_use("call_1", "f", {"a": 1})])],
        [Message.assistant([ContentBlock.tool_use("call_1", "f", {"a": 2})])],
        [Message.assistant([ContentBlock.tool_use("call_1", "g", {"a": 1})])],
        [Message.user("42")],
        [Message.assistant("42")],
        [{"role": "user", "content": "43"}],
        [{"role": "user", "content": "43", "tool_call_id": "1"}],
    ]
    keys = {KEYS.generate("m", turn) for turn in turns}
    assert len(keys) == len(turns)


def add(a: int, b: int) -> int:
    """Add."""
    return a + b


def test_messages_and_tools_make_keys_as_they_are() -> None:
    tool = ToolDefinition.from_function(add)
    first = KEYS.generate("m", [Message.user("x")], tools=[tool], logit_bias={50256: -100})
    assert first == KEYS.generate(
        "m",
        [Message.user("x")],
        logit_bias={50256: -100},
        tools=[ToolDefinition.from_function(add)],
    )
    assert first != KEYS.generate("m", [Message.user("x")], tools=[tool])
    assert first != KEYS.generate("n", [Message.user("x")], tools=[tool])
    assert first.startswith("ai:")
    assert len(first) == 3 + 64


def test_embeddings_have_keys_of_their_own() -> None:
    first = KEYS.generate_for_embedding("m", "x", dimensions=256)
    assert first != KEYS.generate_for_embedding("m", "x", dimensions=512)
    assert first != KEYS.generate("m", ["x"], dimensions=256)


@pytest.mark.parametrize("odd", [object(), "\ud800"])
def test_what_can_not_be_compared_is_refused(odd: object) -> None:
    with pytest.raises(CacheError, match="no cache key"):
        KEYS.generate("m", [Message.user("x")], odd=odd)
