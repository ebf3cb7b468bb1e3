# Generated from tests/distributed/test_topologies.py by codegen; do not edit.
"""Clusters, sentinels, sockets in the file system, and TLS, on real servers."""

from __future__ import annotations

import ssl
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme

from ai_lib.types.cost import CostBounds
from ai_lib_sync.distributed import SharedState
from ai_lib_sync.errors import BackpressureError, BudgetExceeded, SharedStateUnavailable
from tests.servers.valkey import (
    ValkeyServer,
    get_node_id,
    running_cluster,
    running_sentinel,
    running_valkey,
)

PASSWORD = "pw-canary-83"


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[ValkeyServer]]:
    """Three primaries and a replica, for the tests of this module."""
    with running_cluster(tmp_path_factory.mktemp("cluster")) as servers:
        yield servers


def connect(url: str, **settings: object) -> SharedState:
    """Return a state that says when it can't reach its store."""
    settings = {"prefix": uuid.uuid4().hex, "on_outage": "refuse", **settings}
    return SharedState.redis(url, **settings)  # type: ignore[arg-type]


def bounds(upper: float) -> CostBounds:
    """Return what an attempt costs at most."""
    return CostBounds(
        model="m", currency="USD", lower=0.0, upper=upper,
        input_tokens=1, max_input_tokens=1, max_output_tokens=1,
    )  # fmt: skip


def use_every_part(state: SharedState) -> None:
    """Use each part for ten targets, accounts and keys, which lie on all servers of a cluster."""
    limiter, cache = state.limiter(rpm=1, tpm=100), state.cache()
    budget = state.budget(1.0, tag="user")
    for number in range(10):
        target = f"p/m{number}"
        assert limiter.reserve(target, "first", 10) == 0
        assert limiter.reserve(target, "second", 10) > 50
        limiter.settle(target, "first", 5)
        lease = budget.take(bounds(0.75), {"user": target}, 60)
        assert lease is not None
        with pytest.raises(BudgetExceeded):
            budget.take(bounds(0.75), {"user": target}, 60)
        lease.settle(0.5)
        cache.set(target, {"number": number}, ttl=60)
        assert cache.get(target) == {"number": number}
        slots = state.concurrency(1, name=target)
        slot = slots.acquire_slot()
        with pytest.raises(BackpressureError):
            slots.acquire_slot(0.02)
        slot.release()
        slots.flush()
        (slots.acquire_slot(1.0)).release()


def is_there_again(state: SharedState) -> bool:
    """Return whether a command is answered; the store may be out of reach for a while."""
    try:
        state.cache().set("key", 1, ttl=60)
    except SharedStateUnavailable:
        return False
    return True


@pytest.mark.slow
def test_all_parts_work_in_a_cluster(cluster: list[ValkeyServer]) -> None:
    with connect(f"redis+cluster://127.0.0.1:{cluster[1].port}") as state:
        use_every_part(state)
        state.cache().clear()
        for number in range(10):
            assert state.cache().get(f"p/m{number}") is None


@pytest.mark.slow
def test_keys_that_are_on_their_way_to_another_server_are_found(
    cluster: list[ValkeyServer],
) -> None:
    with connect(f"redis+cluster://127.0.0.1:{cluster[0].port}") as state:
        state.cache().set("moving", 1, ttl=60)
        key = f"{{{state._connection.prefix}:cache:moving}}:value"
        slot = int(cluster[0].ask(f"CLUSTER KEYSLOT {key}")[1:])
        source = cluster[min(slot // 5462, 2)]
        target = next(server for server in cluster[:3] if server is not source)
        target.ask(f"CLUSTER SETSLOT {slot} IMPORTING {get_node_id(source)}")
        source.ask(f"CLUSTER SETSLOT {slot} MIGRATING {get_node_id(target)}")
        state.cache().delete("moving")
        state.cache().set("moving", 2, ttl=60)
        assert state.cache().get("moving") == 2
        assert source.ask(f"CLUSTER COUNTKEYSINSLOT {slot}") == ":0\r\n"
        for server in (target, source):
            server.ask(f"CLUSTER SETSLOT {slot} NODE {get_node_id(target)}")
        assert state.cache().get("moving") == 2


@pytest.mark.slow
def test_a_replica_takes_over_in_a_cluster(tmp_path: Path) -> None:
    with running_cluster(tmp_path) as servers:
        addresses = ",".join(f"127.0.0.1:{server.port}" for server in servers)
        with connect(f"redis+cluster://{addresses}") as state:
            use_every_part(state)
            servers[0].stop()
            servers[3].wait_for("INFO replication", "role:master")
            servers[1].wait_for("CLUSTER INFO", "cluster_state:ok")
            while not is_there_again(state):
                pass
            fresh = SharedState.redis(f"redis+cluster://{addresses}", on_outage="refuse")
            use_every_part(fresh)
            fresh.close()


@pytest.mark.slow
def test_the_server_that_a_sentinel_promoted_is_used(tmp_path: Path) -> None:
    with running_sentinel(tmp_path, PASSWORD) as (primary, replica, sentinel):
        url = f"redis+sentinel://:{PASSWORD}@127.0.0.1:1,127.0.0.1:{sentinel.port}/main/0"
        with connect(url) as state:
            use_every_part(state)
            primary.stop()
            while not is_there_again(state):
                pass
            use_every_part(state)
            address = sentinel.ask("SENTINEL get-master-addr-by-name main")
            assert str(replica.port) in address
            assert PASSWORD not in repr(state)


@pytest.mark.slow
def test_sentinels_have_a_password_of_their_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with running_sentinel(tmp_path, PASSWORD, "other-canary-84") as (_, _, sentinel):
        url = f"redis+sentinel://:{PASSWORD}@127.0.0.1:{sentinel.port}/main"
        with connect(url) as state:
            with pytest.raises(SharedStateUnavailable, match="NOAUTH"):
                state.limiter(rpm=1).reserve("p/m", "a", 1)
        with connect(f"{url}?sentinel_password=other-canary-84") as state:
            assert state.limiter(rpm=1).reserve("p/m", "a", 1) == 0
            assert "canary" not in repr(state._connection.store.address)
        monkeypatch.setenv("AI_LIB_REDIS_SENTINEL_PASSWORD", "other-canary-84")
        with connect(url) as state:
            assert state.limiter(rpm=1).reserve("p/m", "a", 1) == 0


def test_an_encrypted_connection_is_checked(tmp_path: Path) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    certificate = authority.issue_cert("127.0.0.1")
    certificate.private_key_pem.write_to_path(tmp_path / "key.pem")
    certificate.cert_chain_pems[0].write_to_path(tmp_path / "cert.pem")
    files = [f"--tls-{name}-file" for name in ("key", "cert", "ca-cert")]
    names = [str(tmp_path / f"{name}.pem") for name in ("key", "cert", "ca")]
    options = [word for pair in zip(files, names, strict=True) for word in pair]
    options += ["--tls-auth-clients", "no", "--requirepass", PASSWORD]
    with running_valkey(tmp_path, *options, with_tls=True) as server:
        url = f"rediss://:{PASSWORD}@127.0.0.1:{server.port}/2"
        with connect(f"{url}?ca_file={tmp_path / 'ca.pem'}") as state:
            use_every_part(state)
        context = ssl.create_default_context(cafile=str(tmp_path / "ca.pem"))
        with connect(url, tls=context) as state:
            use_every_part(state)
        with connect(url) as state:
            with pytest.raises(SharedStateUnavailable, match="certificate"):
                use_every_part(state)


def test_a_socket_in_the_file_system_is_an_address(tmp_path: Path) -> None:
    path = tmp_path / "v.sock"
    with running_valkey(tmp_path, "--unixsocket", str(path)):
        with connect(f"unix://{path}?db=1") as state:
            use_every_part(state)
