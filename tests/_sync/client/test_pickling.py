# Generated from tests/client/test_pickling.py by codegen; do not edit.
"""A builder travels as a recipe, without its keys; what belongs to one process does not."""

from __future__ import annotations

import copy
import pickle
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from ai_lib.errors.exceptions import CredentialError, PicklingError
from ai_lib.transport.credentials.lookup import Credential
from ai_lib.types.secret import Secret
from ai_lib_sync.cache import CacheConfig, CacheManager, DiskCache, MemoryCache
from ai_lib_sync.client import AiClient, CancelToken
from ai_lib_sync.client.builder import AiClientBuilder
from ai_lib_sync.embeddings import EmbeddingClient
from ai_lib_sync.resilience import (
    Backpressure,
    CircuitBreaker,
    MemoryCircuitStorage,
    RateLimiter,
    RateLimiterConfig,
    ResilientConfig,
)
from ai_lib_sync.telemetry import MetricsCollector, ProviderHealthTracker
from ai_lib_sync.tokens import Budget
from ai_lib_sync.transport import ConnectionPool, HttpTransport
from tests._sync.forks.conversation import EchoServer

CANARY = "sk-canary-5b1d"


def builder_with_key() -> AiClientBuilder[AiClient]:
    builder = AiClient.builder().model("openai/gpt-4o").api_key(CANARY).timeout(9)
    return builder.api_key_for("anthropic/claude-sonnet-4-5", CANARY)


def test_a_pickled_builder_finds_its_key_where_it_arrives(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    packed = pickle.dumps(builder_with_key())
    assert CANARY.encode() not in packed
    builder = pickle.loads(packed)  # noqa: S301 (our own bytes)
    with pytest.raises(CredentialError):
        builder.build()
    monkeypatch.setenv("OPENAI_API_KEY", "key-of-the-worker")
    client = builder.build()
    credential = client.target.credential
    assert credential is not None
    assert credential.value == "key-of-the-worker"
    assert client.target.timeout == 9
    client.close()


def test_a_builder_carries_its_keys_when_told_to() -> None:
    packed = pickle.dumps(builder_with_key().carry_keys())
    builder = pickle.loads(packed)  # noqa: S301 (our own bytes)
    assert CANARY not in repr(vars(builder))
    server = EchoServer()
    client = builder.base_url(f"{server.url}/v1").build()
    client.chat().user("hi").execute()
    client.close()
    server.close()
    assert server.received[0].headers["authorization"] == f"Bearer {CANARY}"


def test_a_builder_of_embeddings_travels_alike() -> None:
    builder = EmbeddingClient.builder().model("openai/text-embedding-3-small").api_key(CANARY)
    packed = pickle.dumps(builder.dimensions(8))
    assert CANARY.encode() not in packed
    assert isinstance(pickle.loads(packed), type(builder))  # noqa: S301 (our own bytes)


def test_a_copy_in_the_same_process_keeps_its_key() -> None:
    for twin in (copy.copy(builder_with_key()), copy.deepcopy(builder_with_key())):
        client = twin.build()
        credential = client.target.credential
        assert credential is not None
        assert credential.value == CANARY
        client.close()


def test_a_client_is_neither_pickled_nor_copied() -> None:
    client = builder_with_key().build()
    for attempt in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(PicklingError, match=r"AiClient.*pickle its builder") as caught:
            attempt(client)
        assert isinstance(caught.value, TypeError)
    with pytest.raises(PicklingError):
        pickle.dumps(client.chat())
    client.close()


def test_targets_and_credentials_leave_their_key_behind(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    client = builder_with_key().build()
    assert CANARY.encode() not in pickle.dumps(client.target.credential)
    with pytest.raises(PicklingError, match="pickle the client's builder"):
        pickle.dumps(client.target)
    packed = pickle.dumps(client.target.credential)
    with pytest.raises(CredentialError, match="carry_keys"):
        pickle.loads(packed)  # noqa: S301 (our own bytes)
    client.close()
    credential = Credential(value=CANARY, source="s", kind="manifest_env", name="SOME_API_KEY")
    packed = pickle.dumps(credential)
    assert CANARY.encode() not in packed
    monkeypatch.setenv("SOME_API_KEY", "another")
    assert pickle.loads(packed).value == "another"  # noqa: S301 (our own bytes)


def test_a_key_alone_is_not_pickled() -> None:
    with pytest.raises(PicklingError, match="carry_keys"):
        pickle.dumps([Secret(CANARY)])
    assert copy.deepcopy(Secret(CANARY)) == CANARY


class LockedLimiter:
    """A limiter of the caller's, which holds a lock."""

    def __init__(self) -> None:
        self.lock = threading.Lock()


Setting = Callable[[AiClientBuilder[AiClient]], object]
SETTINGS: dict[str, Setting] = {
    "budget": lambda builder: builder.budget(limit=1.0),
    "cache": lambda builder: builder.cache(CacheManager(CacheConfig())),
    "metrics": lambda builder: builder.metrics(MetricsCollector()),
    "health": lambda builder: builder.health(ProviderHealthTracker()),
    "transport": lambda builder: builder.transport(HttpTransport()),
    "circuit_storage": lambda builder: builder.circuit_storage(MemoryCircuitStorage()),
    "limiter": lambda builder: builder.limiter(LockedLimiter()),  # type: ignore[arg-type]
    "routing": lambda builder: builder.routing(["openai/gpt-4o"]),
}


@pytest.mark.parametrize("setting", SETTINGS)
def test_what_can_not_travel_is_refused_by_name(setting: str) -> None:
    builder = builder_with_key()
    SETTINGS[setting](builder)
    with pytest.raises(PicklingError, match=rf"a builder with {setting} .*call {setting}\(\)"):
        pickle.dumps(builder)


def test_settings_that_are_values_travel() -> None:
    builder = builder_with_key().with_rate_limit(RateLimiterConfig.from_rpm(60)).max_inflight(3)
    builder = builder.resilience(ResilientConfig.production()).with_fallbacks(["openai/gpt-4o"])
    twin = pickle.loads(pickle.dumps(builder))  # noqa: S301 (our own bytes)
    assert twin._settings.rate_limit == RateLimiterConfig.from_rpm(60)
    assert twin._settings.resilience == ResilientConfig.production()


@pytest.mark.parametrize(
    "make",
    [
        lambda _: Budget(1.0),
        lambda _: MemoryCache(),
        lambda path: DiskCache(path / "cache"),
        lambda _: CacheManager(),
        lambda _: MetricsCollector(),
        lambda _: HttpTransport(),
        lambda _: ConnectionPool(),
        lambda _: RateLimiter(),
        lambda _: CircuitBreaker(),
        lambda _: Backpressure(),
        lambda _: CancelToken(),
    ],
)
def test_state_of_one_process_says_so(make: Callable[[Path], object], tmp_path: Path) -> None:
    state = make(tmp_path)
    for attempt in (pickle.dumps, copy.copy):
        with pytest.raises(PicklingError, match=f"{type(state).__name__} belongs to this process"):
            attempt(state)
