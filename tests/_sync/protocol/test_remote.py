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
from ai_lib.transport.credentials.lookup import describe_credential
from ai_lib_sync.client import AiClient, fetch_manifest
from ai_lib_sync.errors import (
    HostNotAllowed,
    ManifestInvalid,
    ManifestNotFound,
    ManifestSyntaxError,
    ProtocolError,
    ResponseTooLarge,
    TransportTimeout,
)
from ai_lib_sync.protocol import FetchResponse, ProtocolLoader
from tests.protocol.manifest_server import COMMIT, ManifestServer
from tests.protocol.shared import document
from tests.servers.scripted import Exchange, ScriptedServer

MANIFEST_PATH = "v2/providers/house.yaml"
CANARY = "sk-canary-2b7e151628aed2a6"


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ManifestServer]:
    """A server of manifests, and no protocol folder nearby."""
    monkeypatch.chdir(tmp_path)
    servers: list[ScriptedServer] = []

    def serve(script: Callable[[Exchange], None]) -> ScriptedServer:
        servers.append(ScriptedServer(script))
        return servers[-1]

    yield ManifestServer(serve)
    for server in servers:
        server.close()


def loader(address: str, folder: Path, **options: Any) -> ProtocolLoader:
    """Return a loader that fetches from an address of this machine."""
    defaults = {"allow_loopback": True, "fetch": fetch_manifest, "cache_dir": folder / "cache"}
    return ProtocolLoader(address, **{**defaults, **options})


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def test_a_manifest_is_fetched_from_a_tree_at_a_commit(
    server: ManifestServer, tmp_path: Path
) -> None:
    server.put(MANIFEST_PATH, json.dumps(document("house")))

    compiled = loader(server.root, tmp_path).load_provider("house")

    assert (compiled.id, compiled.manifest.origin) == ("house", "remote")
    assert compiled.manifest.source == f"{server.root}/{MANIFEST_PATH}"
    assert [
        path.removeprefix(f"/owner/repository/{COMMIT}/") for path in server.requested_paths
    ] == [
        "dist/provider-identity.json",
        "dist/v1/providers/house.json",
        "v1/providers/house.yaml",
        "dist/provider-identity.json",
        "dist/v2/providers/house.json",
        MANIFEST_PATH,
    ]


def test_the_identity_map_of_the_tree_gives_aliases(server: ManifestServer, tmp_path: Path) -> None:
    family = {"canonical_id": "house", "aliases": ["home"]}
    server.put("dist/provider-identity.json", json.dumps({"families": [family]}))
    server.put(MANIFEST_PATH, json.dumps(document("house")))

    assert (loader(server.root, tmp_path).load_provider("home")).id == "house"


def test_what_was_fetched_is_kept_with_its_digest(server: ManifestServer, tmp_path: Path) -> None:
    text = json.dumps(document("house"))
    server.put(MANIFEST_PATH, text)
    loader(server.root, tmp_path).load_provider("house")
    records = [json.loads(path.read_text()) for path in (tmp_path / "cache").iterdir()]
    server.texts.clear()

    second = loader(server.root, tmp_path).load_provider("house")

    assert second.id == "house"
    assert [record["sha256"] for record in records] == [sha256(text)]


@pytest.mark.parametrize("kept", ["{", "[]", '{"url": 1}', "CHANGED"])
def test_a_kept_file_that_was_changed_is_fetched_again(
    server: ManifestServer, tmp_path: Path, kept: str
) -> None:
    server.put(MANIFEST_PATH, json.dumps(document("house")))
    loader(server.root, tmp_path).load_provider("house")
    (path,) = (tmp_path / "cache").iterdir()
    changed = path.read_text().replace("house.example", "other.example")
    path.write_text(changed if kept == "CHANGED" else kept)

    compiled = loader(server.root, tmp_path).load_provider("house")

    assert compiled.manifest.base_url == "https://house.example/v1"


def test_a_disk_that_can_t_be_written_costs_a_fetch_only(
    server: ManifestServer, tmp_path: Path
) -> None:
    server.put(MANIFEST_PATH, json.dumps(document("house")))
    (tmp_path / "cache").write_text("a file where the folder should be")

    assert (loader(server.root, tmp_path).load_provider("house")).id == "house"


def test_a_file_is_pinned_by_its_digest(server: ManifestServer, tmp_path: Path) -> None:
    text = json.dumps(document("house"))
    server.texts["/house.yaml"] = text
    good = f"{server.address}/house.yaml#sha256={sha256(text)}"
    bad = f"{server.address}/house.yaml#sha256={sha256('another')}"

    assert (loader(good, tmp_path).load_provider("house")).id == "house"
    with pytest.raises(ProtocolError, match=f"SHA-256 is {sha256(text)}.*it is not used"):
        loader(bad, tmp_path).load_provider("house")


def test_a_tree_may_be_pinned_by_the_digests_of_its_manifests(
    server: ManifestServer, tmp_path: Path
) -> None:
    text = json.dumps(document("house"))
    server.texts[f"/tree/{MANIFEST_PATH}"] = text
    pinned = loader(f"{server.address}/tree", tmp_path, pins={"house": sha256(text)})

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
    server: ManifestServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AI_PROTOCOL_PATH", "https://elsewhere.example/unpinned")

    with pytest.raises(ProtocolError, match="not pinned"):
        ProtocolLoader(fetch=fetch_manifest).load_provider("house")


def test_nothing_is_fetched_unless_it_was_allowed(tmp_path: Path) -> None:
    requested_urls: list[str] = []

    def fetch(url: str, *, limit: int, seconds: float) -> FetchResponse:
        requested_urls.append(url)
        return FetchResponse(404, b"")

    with pytest.raises(ManifestNotFound):
        ProtocolLoader(tmp_path, fetch=fetch).load_provider("nowhere")
    assert requested_urls == []
    allowed = ProtocolLoader(
        tmp_path, True, fetch=fetch, cache_dir=tmp_path / "cache", github_ref="v1.2.0"
    )
    with pytest.raises(ManifestNotFound):
        allowed.load_provider("nowhere")
    assert {url.rpartition("/v1.2.0/")[0] for url in requested_urls} == {
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
    server: ManifestServer, tmp_path: Path, text: str, error: type[Exception], message: str
) -> None:
    server.put(MANIFEST_PATH, text)

    with pytest.raises(error, match=message):
        loader(server.root, tmp_path).load_provider("house")


@pytest.mark.parametrize("text", ["$.a[?match(@.b, '(a+)+$')]", "exists($.a[?search(@, 'a*')])"])
def test_a_stranger_s_regular_expressions_are_refused(
    server: ManifestServer, tmp_path: Path, text: str
) -> None:
    wire = {"stream": {"rules": [{"match": text, "emit": "Metadata"}]}}
    note = "what search(this) finds"
    server.put(MANIFEST_PATH, json.dumps(document("house", wire=wire, notes=note)))

    with pytest.raises(ManifestSyntaxError, match=r"house\.yaml: .*at character"):
        loader(server.root, tmp_path).load_provider("house")
    server.put(MANIFEST_PATH, json.dumps(document("house", notes=note)))
    assert (loader(server.root, tmp_path / "b").load_provider("house")).id == "house"


@pytest.mark.parametrize("status", [301, 302, 307, 403, 500, 204])
def test_any_other_answer_is_an_error_and_no_redirect_is_followed(
    server: ManifestServer, tmp_path: Path, status: int
) -> None:
    server.script = lambda exchange: exchange.reply(
        status=status, headers=f"location: {server.address}/elsewhere\r\n"
    )

    with pytest.raises(ProtocolError, match=f"answered {status}"):
        loader(server.root, tmp_path).load_provider("house")
    assert len(server.requested_paths) == 1


def test_an_answer_is_bounded_in_size(server: ManifestServer, tmp_path: Path) -> None:
    server.script = lambda exchange: exchange.reply(b"#" * (1024 * 1024 + 1))

    with pytest.raises(ResponseTooLarge):
        loader(server.root, tmp_path).load_provider("house")


def test_an_answer_is_bounded_in_time(server: ManifestServer, tmp_path: Path) -> None:
    server.script = lambda exchange: exchange.stall()
    timeouts: list[float] = []

    def impatient(url: str, *, limit: int, seconds: float) -> FetchResponse:
        timeouts.append(seconds)
        return fetch_manifest(url, limit=limit, seconds=0.05)

    with pytest.raises(TransportTimeout):
        loader(server.root, tmp_path, fetch=impatient).load_provider("house")
    assert timeouts == [10.0]


def test_an_answer_that_is_no_text_is_an_error(server: ManifestServer, tmp_path: Path) -> None:
    server.script = lambda exchange: exchange.reply(b"\xff\xfe")

    with pytest.raises(ProtocolError, match="not UTF-8"):
        loader(server.root, tmp_path).load_provider("house")


def thief(server: ManifestServer, **changes: Any) -> None:
    """Serve a manifest that takes a bundled provider's place and names a host of its own."""
    endpoint = {"base_url": "https://thief.example/v1"}
    manifest = document("openai", **{"endpoint": endpoint, **changes})
    server.put(f"v2/providers/{manifest['id']}.yaml", json.dumps(manifest))


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"endpoint": {"base_url": "https://api.openai.com.thief.example"}},
        {"endpoint": {"base_url": "https://API.OPENAI.com:444"}},
        {"endpoint": {"base_url": "http://api.openai.com/v1"}},
        {
            "endpoint": {"base_url": "https://api.openai.com/v1"},
            "auth": {"type": "bearer", "token_env": "AWS_SECRET_ACCESS_KEY"},
        },
        {"auth": {"type": "none"}},
    ],
    ids=["a host", "longer host", "another port", "no TLS", "a variable", "no key"],
)
def test_a_fetched_manifest_does_not_take_a_bundled_one_s_place_with_another_host(
    server: ManifestServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, changes: dict[str, Any]
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", CANARY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "another secret of the machine")
    thief(server, **changes)
    remote_loader = loader(server.root, tmp_path)
    builder = AiClient.builder().model("openai/gpt-4o").protocol_loader(remote_loader)
    with builder.build() as client:
        assert client.manifest.base_url == "https://api.openai.com/v1"
        assert client.manifest.origin == "bundled"
    (refusal,) = remote_loader.catalog.refusals.values()
    assert "is not used in place of the bundled openai" in refusal


@pytest.mark.parametrize("kind", ["a commit", "a tag", "a digest", "a pin"])
def test_whatever_an_address_names_its_manifest_is_a_stranger_s(
    server: ManifestServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", CANARY)
    text = json.dumps(document("openai", endpoint={"base_url": "https://thief.example/v1"}))
    file = "v2/providers/openai.yaml"
    roots = {"a commit": f"/x/{COMMIT}", "a tag": "/x/package@1.2.3", "a pin": "/x"}
    root = roots.get(kind, "")
    server.texts[f"{root}/{file}"] = text
    address = f"{server.address}{root}/"
    if kind == "a digest":
        address = f"{server.address}/{file}#sha256={sha256(text)}"
    pins = {"openai": sha256(text)} if kind == "a pin" else None
    remote_loader = loader(address, tmp_path, pins=pins)
    builder = AiClient.builder().model("openai/gpt-4o").protocol_loader(remote_loader)
    with builder.build() as client:
        assert client.manifest.base_url == "https://api.openai.com/v1"
    (refusal,) = remote_loader.catalog.refusals.values()
    assert "is not used in place of the bundled openai" in refusal


def test_a_manifest_that_sends_where_the_bundled_one_does_is_used(
    server: ManifestServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", CANARY)
    monkeypatch.setenv("AWS_API_KEY", "another secret of the machine")
    thief(server, endpoint={"base_url": "https://api.openai.com/v1"}, aliases=["aws"])
    builder = AiClient.builder().model("openai/x").protocol_loader(loader(server.root, tmp_path))
    with builder.build() as client:
        assert client.manifest.origin == "remote"
        assert "AWS_API_KEY" not in describe_credential(client.manifest).looked_in


@pytest.mark.parametrize("keyless", [False, True])
def test_a_provider_of_a_stranger_is_called_at_an_allowed_host_only(
    server: ManifestServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, keyless: bool
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("OPENAI_API_KEY", CANARY)
    monkeypatch.setenv("HOUSE_API_KEY", "the key of the house")
    auth = {"type": "none"} if keyless else {"type": "bearer", "token_env": "OPENAI_API_KEY"}
    thief(server, id="house", aliases=["openai"], auth=auth)

    def builder() -> Any:
        remote_loader = loader(server.root, tmp_path)
        return AiClient.builder().model("house/large").protocol_loader(remote_loader)

    for refused in (builder(), builder().api_key("a key given in code")):
        with pytest.raises(HostNotAllowed, match=r"allow_host\('thief\.example'\)") as caught:
            refused.build()
        assert caught.value.host == "thief.example"
    with builder().allow_host("thief.example").build() as client:
        assert client.manifest.base_url == "https://thief.example/v1"
        found = describe_credential(client.manifest)
        assert found.looked_in == (() if keyless else ("HOUSE_API_KEY",)) + ("keyring",)
    monkeypatch.setenv("AI_ALLOWED_HOSTS", "other.example, Thief.example")
    with builder().build() as client:
        assert client.manifest.id == "house"
    monkeypatch.delenv("AI_ALLOWED_HOSTS")
    hosts = tmp_path / "config" / "ai-lib" / "allowed-hosts"
    hosts.parent.mkdir(parents=True)
    hosts.write_text("# ours\nthief.example  # the house\n")
    with builder().build() as client:
        assert client.manifest.id == "house"


def test_a_folder_nobody_named_is_bound_too_and_one_that_was_named_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", CANARY)
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "ai-protocol"
    folder.mkdir()
    manifest = document("openai", endpoint={"base_url": "https://thief.example"})
    (folder / "openai.json").write_text(json.dumps(manifest))

    with AiClient.create("openai/gpt-4o") as client:
        assert client.manifest.base_url == "https://api.openai.com/v1"
    with AiClient.builder().model("openai/x").protocol_dir(folder).build() as client:
        assert client.manifest.base_url == "https://thief.example"
    monkeypatch.setenv("AI_PROTOCOL_PATH", str(folder))
    with AiClient.create("openai/gpt-4o") as client:
        assert client.manifest.base_url == "https://thief.example"


def test_a_found_manifest_does_not_take_a_listed_model_s_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "ai-protocol"
    folder.mkdir()
    models = {"gpt-4o": {"context_window": 1}, "house-model": {"context_window": 2}}
    for provider in ("openai", "house"):
        manifest = document(
            provider, endpoint={"base_url": "https://thief.example"}, metadata={"models": models}
        )
        (folder / f"{provider}.json").write_text(json.dumps(manifest))

    _, name = ProtocolLoader().load_model("gpt-4o")
    assert name == "gpt-4o"
    assert (ProtocolLoader().load_model("gpt-4o"))[0].manifest.origin == "bundled"
    assert ProtocolLoader().find_model("openai/gpt-4o").context_window != 1
    assert ProtocolLoader().find_model("house-model").provider == "house"


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
