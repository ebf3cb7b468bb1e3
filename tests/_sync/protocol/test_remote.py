# Generated from tests/protocol/test_remote.py by codegen; do not edit.
"""Manifests from an address: pinned, checked, kept, and never the way of a key to a new host."""

import hashlib
import json
import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ai_lib.protocol.sources.remote_address import RemoteCache, build_github_address, parse_address
from ai_lib_sync.client import AiClient, fetch_manifest
from ai_lib_sync.errors import (
    CredentialError,
    ManifestInvalid,
    ManifestNotFound,
    ManifestSyntaxError,
    ProtocolError,
    ResponseTooLarge,
    TransportTimeout,
)
from ai_lib_sync.protocol import FetchResponse, ProtocolLoader
from ai_lib_sync.testing import MockProvider
from tests.protocol.shared import document
from tests.protocol.shelf import COMMIT, Shelf
from tests.servers.scripted import Exchange, ScriptedServer

PLACE = "v2/providers/house.yaml"
CANARY = "sk-canary-2b7e151628aed2a6"


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shelf]:
    """A server of manifests, and no protocol folder nearby."""
    monkeypatch.chdir(tmp_path)
    servers: list[ScriptedServer] = []

    def serve(script: Callable[[Exchange], None]) -> ScriptedServer:
        servers.append(ScriptedServer(script))
        return servers[-1]

    yield Shelf(serve)
    for server in servers:
        server.close()


def loader(address: str, folder: Path, **options: Any) -> ProtocolLoader:
    """Return a loader that fetches from an address of this machine."""
    given = {"allow_loopback": True, "fetch": fetch_manifest, "cache_dir": folder / "cache"}
    return ProtocolLoader(address, **{**given, **options})


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def test_a_manifest_is_fetched_from_a_tree_at_a_commit(shelf: Shelf, tmp_path: Path) -> None:
    shelf.put(PLACE, json.dumps(document("house")))

    compiled = loader(shelf.root, tmp_path).load_provider("house")

    assert (compiled.id, compiled.manifest.origin) == ("house", "remote")
    assert compiled.manifest.source == f"{shelf.root}/{PLACE}"
    assert [path.removeprefix(f"/owner/repository/{COMMIT}/") for path in shelf.asked] == [
        "dist/provider-identity.json",
        "dist/v1/providers/house.json",
        "v1/providers/house.yaml",
        "dist/provider-identity.json",
        "dist/v2/providers/house.json",
        PLACE,
    ]


def test_the_identity_map_of_the_tree_gives_aliases(shelf: Shelf, tmp_path: Path) -> None:
    family = {"canonical_id": "house", "aliases": ["home"]}
    shelf.put("dist/provider-identity.json", json.dumps({"families": [family]}))
    shelf.put(PLACE, json.dumps(document("house")))

    assert (loader(shelf.root, tmp_path).load_provider("home")).id == "house"


def test_what_was_fetched_is_kept_with_its_digest(shelf: Shelf, tmp_path: Path) -> None:
    text = json.dumps(document("house"))
    shelf.put(PLACE, text)
    loader(shelf.root, tmp_path).load_provider("house")
    records = [json.loads(path.read_text()) for path in (tmp_path / "cache").iterdir()]
    shelf.texts.clear()

    again = loader(shelf.root, tmp_path).load_provider("house")

    assert again.id == "house"
    assert [record["sha256"] for record in records] == [sha256(text)]


@pytest.mark.parametrize("kept", ["{", "[]", '{"url": 1}', "CHANGED"])
def test_a_kept_file_that_was_changed_is_fetched_again(
    shelf: Shelf, tmp_path: Path, kept: str
) -> None:
    shelf.put(PLACE, json.dumps(document("house")))
    loader(shelf.root, tmp_path).load_provider("house")
    (path,) = (tmp_path / "cache").iterdir()
    changed = path.read_text().replace("house.example", "other.example")
    path.write_text(changed if kept == "CHANGED" else kept)

    compiled = loader(shelf.root, tmp_path).load_provider("house")

    assert compiled.manifest.base_url == "https://house.example/v1"


def test_a_disk_that_can_t_be_written_costs_a_fetch_only(shelf: Shelf, tmp_path: Path) -> None:
    shelf.put(PLACE, json.dumps(document("house")))
    (tmp_path / "cache").write_text("a file where the folder should be")

    assert (loader(shelf.root, tmp_path).load_provider("house")).id == "house"


def test_a_file_is_pinned_by_its_digest(shelf: Shelf, tmp_path: Path) -> None:
    text = json.dumps(document("house"))
    shelf.texts["/house.yaml"] = text
    good = f"{shelf.address}/house.yaml#sha256={sha256(text)}"
    bad = f"{shelf.address}/house.yaml#sha256={sha256('another')}"

    assert (loader(good, tmp_path).load_provider("house")).id == "house"
    with pytest.raises(ProtocolError, match=f"SHA-256 is {sha256(text)}.*it is not used"):
        loader(bad, tmp_path).load_provider("house")


def test_a_tree_may_be_pinned_by_the_digests_of_its_manifests(shelf: Shelf, tmp_path: Path) -> None:
    text = json.dumps(document("house"))
    shelf.texts[f"/tree/{PLACE}"] = text
    pinned = loader(f"{shelf.address}/tree", tmp_path, pins={"house": sha256(text)})

    assert (pinned.load_provider("house")).id == "house"
    with pytest.raises(ProtocolError, match="nothing pins it"):
        pinned.load_provider("other")


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("http://elsewhere.example/" + COMMIT, "over https only"),
        ("ftp://elsewhere.example/" + COMMIT, "over https only"),
        ("https://me:secret@elsewhere.example/" + COMMIT, "no credential"),
        ("https://elsewhere.example/" + COMMIT + "?token=secret", "no credential or query"),
        ("https://elsewhere.example/house.yaml", "not pinned"),
        ("https://elsewhere.example/house.yaml#sha256=12", "not pinned"),
        ("https://elsewhere.example/v1/tree", "not pinned"),
        ("https://raw.githubusercontent.com/owner/repo/main/", "not pinned"),
        ("https://github.com/owner/repo", "not pinned"),
        ("https://github.com/owner/repo/tree/main", "not pinned"),
        ("https://[", "no address"),
    ],
)
def test_an_address_that_could_change_or_be_overheard_is_refused(address: str, reason: str) -> None:
    with pytest.raises(ProtocolError, match=reason) as raised:
        parse_address(address)

    assert "secret" not in str(raised.value)


@pytest.mark.parametrize(
    ("address", "url"),
    [
        (f"https://elsewhere.example/x/{COMMIT}/", f"https://elsewhere.example/x/{COMMIT}/"),
        ("https://github.com/owner/repo/tree/v1.2.0",
         "https://raw.githubusercontent.com/owner/repo/v1.2.0"),
        ("https://github.com/owner/repo/tree/v1.2.0/sub",
         "https://raw.githubusercontent.com/owner/repo/v1.2.0/sub"),
        ("https://mirror.example/npm/package@1.2.3/", "https://mirror.example/npm/package@1.2.3/"),
        (f"https://h.example/a.json#sha256={'0' * 64}", "https://h.example/a.json"),
    ],
)  # fmt: skip
def test_what_is_pinned_is_accepted(address: str, url: str) -> None:
    assert parse_address(address).url == url


def test_the_environment_s_address_is_the_consent(
    shelf: Shelf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AI_PROTOCOL_PATH", "https://elsewhere.example/unpinned")

    with pytest.raises(ProtocolError, match="not pinned"):
        ProtocolLoader(fetch=fetch_manifest).load_provider("house")


def test_nothing_is_fetched_unless_it_was_allowed(tmp_path: Path) -> None:
    asked: list[str] = []

    def fetch(url: str, *, limit: int, seconds: float) -> FetchResponse:
        asked.append(url)
        return FetchResponse(404, b"")

    with pytest.raises(ManifestNotFound):
        ProtocolLoader(tmp_path, fetch=fetch).load_provider("nowhere")
    assert asked == []
    allowed = ProtocolLoader(
        tmp_path, True, fetch=fetch, cache_dir=tmp_path / "cache", github_ref="v1.2.0"
    )
    with pytest.raises(ManifestNotFound):
        allowed.load_provider("nowhere")
    assert {url.rpartition("/v1.2.0/")[0] for url in asked} == {
        "https://raw.githubusercontent.com/ailib-official/ai-protocol"
    }
    assert (allowed.load_provider("openai")).manifest.origin == "bundled"


def test_the_repository_s_branches_are_refused() -> None:
    with pytest.raises(ProtocolError, match="not pinned"):
        build_github_address("main")


def test_a_loader_without_a_fetch_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ProtocolError, match="pass fetch=fetch_manifest"):
        ProtocolLoader(tmp_path, True, cache_dir=tmp_path).load_provider("nowhere")


@pytest.mark.parametrize(
    ("text", "error", "message"),
    [
        ("id: [", ProtocolError, "line 1"),
        ('{"id": "house"}', ManifestInvalid, "lacks 'protocol_version'"),
        (json.dumps(document("other")), ProtocolError, "place of 'house'"),
    ],
)
def test_what_is_no_good_manifest_is_refused_and_not_kept(
    shelf: Shelf, tmp_path: Path, text: str, error: type[Exception], message: str
) -> None:
    shelf.put(PLACE, text)

    with pytest.raises(error, match=message):
        loader(shelf.root, tmp_path).load_provider("house")


@pytest.mark.parametrize("text", ["$.a[?match(@.b, '(a+)+$')]", "exists($.a[?search(@, 'a*')])"])
def test_a_stranger_s_regular_expressions_are_refused(
    shelf: Shelf, tmp_path: Path, text: str
) -> None:
    wire = {"stream": {"rules": [{"match": text, "emit": "Metadata"}]}}
    note = "what search(this) finds"
    shelf.put(PLACE, json.dumps(document("house", wire=wire, notes=note)))

    with pytest.raises(ManifestSyntaxError, match=r"house\.yaml: .*at character"):
        loader(shelf.root, tmp_path).load_provider("house")
    shelf.put(PLACE, json.dumps(document("house", notes=note)))
    assert (loader(shelf.root, tmp_path / "b").load_provider("house")).id == "house"


@pytest.mark.parametrize("status", [301, 302, 307, 403, 500, 204])
def test_any_other_answer_is_an_error_and_no_redirect_is_followed(
    shelf: Shelf, tmp_path: Path, status: int
) -> None:
    shelf.script = lambda exchange: exchange.reply(
        status=status, headers=f"location: {shelf.address}/elsewhere\r\n"
    )

    with pytest.raises(ProtocolError, match=f"answered {status}"):
        loader(shelf.root, tmp_path).load_provider("house")
    assert len(shelf.asked) == 1


def test_an_answer_is_bounded_in_size(shelf: Shelf, tmp_path: Path) -> None:
    shelf.script = lambda exchange: exchange.reply(b"#" * (1024 * 1024 + 1))

    with pytest.raises(ResponseTooLarge):
        loader(shelf.root, tmp_path).load_provider("house")


def test_an_answer_is_bounded_in_time(shelf: Shelf, tmp_path: Path) -> None:
    shelf.script = lambda exchange: exchange.stall()
    asked: list[float] = []

    def impatient(url: str, *, limit: int, seconds: float) -> FetchResponse:
        asked.append(seconds)
        return fetch_manifest(url, limit=limit, seconds=0.05)

    with pytest.raises(TransportTimeout):
        loader(shelf.root, tmp_path, fetch=impatient).load_provider("house")
    assert asked == [10.0]


def test_an_answer_that_is_no_text_is_an_error(shelf: Shelf, tmp_path: Path) -> None:
    shelf.script = lambda exchange: exchange.reply(b"\xff\xfe")

    with pytest.raises(ProtocolError, match="not UTF-8"):
        loader(shelf.root, tmp_path).load_provider("house")


def thief(shelf: Shelf, **changes: Any) -> None:
    """Serve a manifest that takes a bundled provider's place and names a host of its own."""
    endpoint = {"base_url": "https://thief.example/v1"}
    whole = document("openai", **{"endpoint": endpoint, **changes})
    shelf.put(f"v2/providers/{whole['id']}.yaml", json.dumps(whole))


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"endpoint": {"base_url": "https://api.openai.com.thief.example"}},
        {"endpoint": {"base_url": "https://API.OPENAI.com:444"}},
        {"id": "new", "auth": {"type": "bearer", "token_env": "OPENAI_API_KEY"}},
        {"id": "new", "aliases": ["openai"]},
    ],
    ids=["same id", "longer host", "another port", "its variable", "its alias"],
)
def test_a_manifest_from_elsewhere_can_t_move_a_key_to_a_new_host(
    shelf: Shelf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, changes: dict[str, Any]
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", CANARY)
    thief(shelf, **changes)
    model = f"{changes.get('id', 'openai')}/gpt-4o"
    builder = AiClient.builder().model(model).protocol_loader(loader(shelf.root, tmp_path))

    with pytest.raises(CredentialError, match=r"is for openai at api\.openai\.com") as raised:
        builder.build()

    assert CANARY not in repr(raised.value) + str(raised.value)


def test_the_caller_may_allow_a_host(
    shelf: Shelf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", CANARY)
    thief(shelf)

    def builder() -> Any:
        own = loader(shelf.root, tmp_path)
        return AiClient.builder().model("openai/gpt-4o").protocol_loader(own)

    with MockProvider() as mock:
        base_url = mock.base_url("openai")
        with builder().base_url(base_url).build() as client:
            client.chat().user("Hi").execute()
        assert mock.requests[0].headers["authorization"] == f"Bearer {CANARY}"
    for consenting in (builder().allow_host("thief.example"), builder().api_key("for the thief")):
        with consenting.build() as client:
            assert client.manifest.base_url == "https://thief.example/v1"


def test_the_bundled_host_and_providers_of_one_s_own_are_free(
    shelf: Shelf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", CANARY)
    monkeypatch.setenv("HOUSE_API_KEY", CANARY)
    thief(shelf, endpoint={"base_url": "https://api.openai.com/v1"})
    thief(shelf, id="house")

    for model in ("openai/gpt-4o", "house/large"):
        builder = AiClient.builder().model(model).protocol_loader(loader(shelf.root, tmp_path))
        with builder.build() as client:
            assert client.manifest.origin == "remote"


def test_a_folder_nobody_named_is_bound_too_and_one_that_was_named_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", CANARY)
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "ai-protocol"
    folder.mkdir()
    whole = document("openai", endpoint={"base_url": "https://thief.example"})
    (folder / "openai.json").write_text(json.dumps(whole))

    with pytest.raises(CredentialError, match="thief"):
        AiClient.create("openai/gpt-4o")
    with AiClient.builder().model("openai/x").protocol_dir(folder).build() as client:
        assert client.manifest.base_url == "https://thief.example"


def test_the_system_s_place_for_caches_is_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    cache = RemoteCache()
    with caplog.at_level(logging.INFO, "ai_lib"):
        cache.put("https://a.example/x.yaml", "text")

    assert cache.get("https://a.example/x.yaml") == "text"
    assert cache.get("https://a.example/y.yaml") is None
    assert [path.parent for path in tmp_path.rglob("*.json")] == [tmp_path / "ai-lib" / "manifests"]
    assert list(tmp_path.rglob("*.part")) == []
    assert caplog.text == ""
