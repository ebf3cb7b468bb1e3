"""Addresses of stores: how they are read, and that no password is shown or travels."""

import pickle

import pytest

from ai_lib.distributed import SharedState
from ai_lib.distributed.address import ServerAddress, parse_address

PASSWORD = "pw-canary-57"


def test_each_kind_of_address_is_read() -> None:
    single = parse_address(f"rediss://ops:{PASSWORD}@[::1]:7000/3?ca_file=/ca.pem")
    assert (single.nodes, single.database) == ((ServerAddress("::1", 7000),), 3)
    assert (single.uses_tls, single.username, single.ca_file) == (True, "ops", "/ca.pem")
    assert single.find_password() == PASSWORD
    cluster = parse_address("redis+cluster://a:1,b")
    assert (cluster.mode, cluster.nodes) == (
        "cluster",
        (ServerAddress("a", 1), ServerAddress("b", 6379)),
    )
    sentinel = parse_address("redis+sentinel://a,b:7/main/2")
    assert (sentinel.mode, sentinel.service, sentinel.database) == ("sentinel", "main", 2)
    assert sentinel.nodes == (ServerAddress("a", 26379), ServerAddress("b", 7))
    assert parse_address("unix:///run/v.sock?db=1").nodes == (ServerAddress("", 0, "/run/v.sock"),)


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://host", "scheme is unknown"),
        ("redis://", "names no host"),
        ("redis://h:99999", "a port"),
        ("redis://h/x", "database"),
        ("redis+cluster://h/2", "0 in a cluster"),
        ("redis+sentinel://h", "names no service"),
        ("nothing", "scheme is unknown"),
    ],
)
def test_an_address_that_makes_no_sense_is_refused(url: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason) as raised:
        parse_address(url.replace("//", f"//user:{PASSWORD}@", 1))
    assert PASSWORD not in str(raised.value)
    assert "redis://host:6379/0" in str(raised.value)


def test_without_an_address_the_environment_has_it(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValueError, match="AI_LIB_REDIS_URL"):
        SharedState.redis()
    monkeypatch.setenv("AI_LIB_REDIS_URL", "redis://elsewhere:1234")
    assert "elsewhere:1234" in repr(SharedState.redis())


def test_the_password_is_neither_shown_nor_pickled(monkeypatch: pytest.MonkeyPatch) -> None:
    state = SharedState.redis(f"redis://u:{PASSWORD}@host", prefix="team")
    parts = [
        state,
        state.limiter(rpm=1),
        state.circuits(),
        state.budget(1.0),
        state.cache(),
        state.concurrency(1),
    ]
    for part in parts:
        assert PASSWORD not in repr(part)
        packed = pickle.dumps(part)
        assert PASSWORD.encode() not in packed
        assert type(pickle.loads(packed)) is type(part)  # noqa: S301
    travelled = pickle.loads(pickle.dumps(state))  # noqa: S301
    monkeypatch.setenv("AI_LIB_REDIS_PASSWORD", PASSWORD)
    assert travelled._connection.store.address.find_password() == PASSWORD


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"on_outage": "wait"}, "on_outage"),
        ({"prefix": "{a}"}, "braces"),
        ({"processes": 0}, "processes"),
        ({"timeout": 0}, "timeout"),
    ],
)
def test_settings_that_make_no_sense_are_refused(settings: dict[str, object], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        SharedState.redis("redis://h", **settings)  # type: ignore[arg-type]


def test_limits_that_make_no_sense_are_refused() -> None:
    state = SharedState.redis("redis://h")
    for settings in ({}, {"rpm": 0}, {"tpm": -1.0}, {"rps": float("nan")}, {"rpm": 1, "window": 0}):
        with pytest.raises(ValueError, match="limiter"):
            state.limiter(**settings)  # type: ignore[arg-type]
    for refused in (-1.0, float("inf"), 1e9):
        with pytest.raises(ValueError, match="budget"):
            state.budget(refused)
    with pytest.raises(ValueError, match="in flight"):
        state.concurrency(0)
