"""Where a key is found, in which order, and that nothing ever shows it."""

import os
import pickle
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from ai_lib.errors import CredentialError
from ai_lib.protocol import ProtocolManifest, read_manifest
from ai_lib.protocol.sources.folder import read_document
from ai_lib.transport import (
    Credential,
    describe_credential,
    resolve_api_key,
    resolve_credential,
)

FIXTURES = (
    Path(__file__).resolve().parents[3] / "shared/ai-protocol/tests/compliance/fixtures/providers"
)
KEYS = {
    name: f"sk-canary-{name.lower()}"
    for name in ("HOUSE_TOKEN", "HOUSE_API_KEY", "HOME_API_KEY", "OLD_KEY")
}


def manifest(**changes: Any) -> ProtocolManifest:
    """Return a manifest whose key is in HOUSE_TOKEN."""
    endpoint = {
        "base_url": "https://house.example",
        "auth": {"type": "bearer", "token_env": "HOUSE_TOKEN"},
    }
    document = {"id": "house", "protocol_version": "2.0", "endpoint": endpoint, **changes}
    return read_manifest(document, "here")


class Ring(ModuleType):
    """A stand-in for the package `keyring`, with keys by service and name."""

    def __init__(self, stored: dict[tuple[str, str], str], fails: bool = False) -> None:
        super().__init__("keyring")
        self.stored = stored
        self.fails = fails
        self.asked: list[tuple[str, str]] = []
        self.errors = ModuleType("keyring.errors")
        self.errors.KeyringError = type("KeyringError", (Exception,), {})  # type: ignore[attr-defined]

    def get_password(self, service: str, name: str) -> str | None:
        self.asked.append((service, name))
        if self.fails:
            raise self.errors.KeyringError("no backend")
        return self.stored.get((service, name))


def install(monkeypatch: pytest.MonkeyPatch, ring: Ring) -> Ring:
    """Make `import keyring` give the stand-in."""
    monkeypatch.setitem(sys.modules, "keyring", ring)
    monkeypatch.setitem(sys.modules, "keyring.errors", ring.errors)
    return ring


@pytest.mark.parametrize(
    ("present", "kind", "name"),
    [
        (["HOUSE_TOKEN", "HOUSE_API_KEY", "HOME_API_KEY"], "manifest_env", "HOUSE_TOKEN"),
        (["HOUSE_API_KEY", "HOME_API_KEY"], "conventional_env", "HOUSE_API_KEY"),
        (["HOME_API_KEY"], "conventional_env", "HOME_API_KEY"),
    ],
)
def test_the_environment_is_asked_in_order(present: list[str], kind: str, name: str) -> None:
    found = resolve_credential(manifest(aliases=["home"]), environ={n: KEYS[n] for n in present})

    assert found is not None
    assert (found.value, found.kind, found.name) == (KEYS[name], kind, name)


def test_a_key_that_is_given_comes_first() -> None:
    found = resolve_credential(manifest(), "given", KEYS)

    assert found == Credential(value="given", source="argument")
    assert resolve_api_key(manifest(), "given") == "given"


def test_the_process_s_environment_is_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(os.environ, "HOUSE_API_KEY", f"  {KEYS['HOUSE_API_KEY']}\n")

    assert resolve_api_key(manifest()) == KEYS["HOUSE_API_KEY"]


def test_key_env_counts_like_token_env_and_ids_with_dashes_have_a_variable() -> None:
    other = manifest(
        id="my-house",
        endpoint={"base_url": "https://a.example"},
        auth={"type": "api_key", "key_env": "OLD_KEY"},
    )

    assert resolve_credential(other, environ={"OLD_KEY": "a"}).name == "OLD_KEY"  # type: ignore[union-attr]
    assert describe_credential(other, environ={}).looked_in == (
        "OLD_KEY", "MY_HOUSE_API_KEY", "keyring",
    )  # fmt: skip


def test_a_provider_that_needs_no_key_gets_none() -> None:
    free = manifest(endpoint={"base_url": "http://localhost:1", "auth": {"type": "none"}})

    assert resolve_credential(free, environ=KEYS) is None
    assert str(describe_credential(free)) == "house needs no key"


def test_a_missing_key_says_where_it_was_looked_for() -> None:
    with pytest.raises(CredentialError) as raised:
        resolve_credential(manifest(aliases=["home"]), environ={"HOUSE_TOKEN": " "})

    assert raised.value.looked_in == ("HOUSE_TOKEN", "HOUSE_API_KEY", "HOME_API_KEY", "keyring")
    assert str(raised.value) == (
        "no API key for house: set HOUSE_TOKEN or HOUSE_API_KEY or HOME_API_KEY, or pass api_key="
    )


def test_the_endpoint_s_auth_overrides_the_top_level_one_which_is_reported() -> None:
    both = manifest(auth={"type": "api_key", "key_env": "OLD_KEY"})

    with pytest.raises(CredentialError, match="OLD_KEY of the manifest's top-level auth block"):
        resolve_credential(both, environ={"OLD_KEY": KEYS["OLD_KEY"]})
    report = describe_credential(both, environ=KEYS)
    assert report.shadowed == ("OLD_KEY",)
    assert report.source_name == "HOUSE_TOKEN"
    assert "OLD_KEY" not in report.looked_in
    agreeing = manifest(auth={"type": "bearer", "token_env": "HOUSE_TOKEN"})
    assert describe_credential(agreeing, environ=KEYS).shadowed == ()


def test_the_keyring_is_asked_last_under_both_services(monkeypatch: pytest.MonkeyPatch) -> None:
    ring = install(monkeypatch, Ring({("ai-lib", "house"): "from-the-ring"}))

    found = resolve_credential(manifest(), environ={})

    assert found is not None
    assert (found.value, found.kind) == ("from-the-ring", "keyring")
    assert ring.asked == [("ai-protocol", "house"), ("ai-lib", "house")]
    assert resolve_credential(manifest(), environ=KEYS).kind == "manifest_env"  # type: ignore[union-attr]
    assert len(ring.asked) == 2
    assert "keyring service ai-lib" in str(describe_credential(manifest(), environ={}))


def test_a_keyring_that_fails_is_the_same_as_an_empty_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    install(monkeypatch, Ring({}, fails=True))

    with pytest.raises(CredentialError):
        resolve_credential(manifest(), environ={})


@pytest.mark.parametrize(
    ("auth", "attached"),
    [
        ({"type": "bearer"}, "header Authorization after 'Bearer'"),
        ({"type": "custom_header", "header": "x-house"}, "header x-house"),
        ({"type": "query_param", "param_name": "k"}, "query parameter k"),
    ],
)
def test_how_a_key_is_sent_is_described(auth: dict[str, str], attached: str) -> None:
    one = manifest(endpoint={"base_url": "https://a.example", "auth": auth})
    report = describe_credential(one, "given")

    assert (report.status, report.source_kind, report.sent_as) == (
        "available", "explicit", attached,
    )  # fmt: skip
    assert str(report) == f"key for house from the api_key argument, sent as {attached}"


def test_no_representation_shows_the_key() -> None:
    found = resolve_credential(manifest(), environ=KEYS)
    report = describe_credential(manifest(), environ=KEYS)

    for shown in (repr(found), str(found), repr(report), str(report), f"{report.looked_in}"):
        assert "canary" not in shown
    assert b"canary" not in pickle.dumps(report)


@pytest.mark.skipif(not FIXTURES.is_dir(), reason="the protocol's data is not here")
@pytest.mark.parametrize(
    ("name", "environ", "expected"),
    [
        # The protocol's own cases cred-002, -003, -004, -005, -007, -009 and -010.
        ("v1", {"REPLICATE_API_TOKEN": "a", "REPLICATE_API_KEY": "b"},
         ("manifest_env", "REPLICATE_API_TOKEN")),
        ("v1", {"REPLICATE_API_KEY": "b"}, ("conventional_env", "REPLICATE_API_KEY")),
        ("v1", {}, ("none", None)),
        ("v2-endpoint", {"HEADERAUTH_TOKEN": "a"}, ("manifest_env", "HEADERAUTH_TOKEN")),
        ("query-param", {"QUERYAUTH_API_KEY": "a"}, ("manifest_env", "QUERYAUTH_API_KEY")),
        ("dual-auth", {"DUALAUTH_API_TOKEN": "a", "DUALAUTH_LEGACY_KEY": "b"},
         ("manifest_env", "DUALAUTH_API_TOKEN")),
        ("dual-auth", {"DUALAUTH_LEGACY_KEY": "b"}, ("none", None)),
    ],
)  # fmt: skip
def test_the_protocol_s_cases_hold(
    name: str, environ: dict[str, str], expected: tuple[str, str | None]
) -> None:
    path = FIXTURES / f"mock-credential-{name}.yaml"
    report = describe_credential(read_manifest(read_document(path), str(path)), environ=environ)

    assert (report.source_kind, report.source_name) == expected
