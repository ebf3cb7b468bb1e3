# Generated from tests/protocol/test_loader.py by codegen; do not edit.
"""Where manifests come from, in which order, and under which names."""

import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ai_lib.protocol.bundle import list_bundled_names
from ai_lib_sync.errors import ManifestInvalid, ManifestNotFound, ProtocolError
from ai_lib_sync.protocol import ProtocolLoader, read_manifest
from tests.protocol.shared import SHARED, document, files, named, needs_shared, write


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave no protocol folder nearby."""
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")


def tree(root: Path, **paths: str) -> Path:
    """Write manifests of the provider `house`, each at a place, with its host."""
    for host, path in paths.items():
        write(root / path, "house", endpoint={"base_url": f"https://{host}.example"})
    return root


def host(loader: ProtocolLoader, provider: str = "house") -> str:
    """Return the first label of the host that the loaded manifest names."""
    compiled = loader.load_provider(provider)
    return compiled.manifest.base_url.removeprefix("https://").partition(".")[0]


@pytest.mark.parametrize(
    ("prefer", "order"),
    [
        ("v1", ["d1", "y1", "d2", "y2", "flat", "top"]),
        ("v2", ["d2", "y2", "d1", "y1", "flat", "top"]),
        ("v2-alpha", ["alpha", "flat", "top"]),
    ],
)
def test_a_tree_is_searched_in_order(tmp_path: Path, prefer: Any, order: list[str]) -> None:
    paths = {
        "d1": "dist/v1/providers/house.json",
        "y1": "v1/providers/house.yaml",
        "d2": "dist/v2/providers/house.json",
        "y2": "v2/providers/house.yaml",
        "alpha": "dist/v2-alpha/providers/house.json",
        "flat": "providers/house.yaml",
        "top": "house.yaml",
    }
    tree(tmp_path, **paths)

    for expected in order:
        assert host(ProtocolLoader(tmp_path, prefer=prefer)) == expected
        (tmp_path / paths[expected]).unlink()
    with pytest.raises(ManifestNotFound, match=f"no manifest for 'house' in {tmp_path}"):
        host(ProtocolLoader(tmp_path, prefer=prefer))


def test_sources_are_asked_in_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given_folder = tree(tmp_path / "given", given="house.yaml")
    folder = tree(tmp_path / "dir", dir="house.yaml")
    path = tree(tmp_path / "path", path="house.yaml")
    nearby = tree(tmp_path / "ai-protocol", nearby="house.yaml")
    monkeypatch.setenv("AI_PROTOCOL_DIR", str(folder))
    monkeypatch.setenv("AI_PROTOCOL_PATH", str(path))

    assert host(ProtocolLoader(given_folder)) == "given"
    (given_folder / "house.yaml").unlink()
    assert host(ProtocolLoader(given_folder)) == "dir"
    monkeypatch.delenv("AI_PROTOCOL_DIR")
    assert host(ProtocolLoader()) == "path"
    monkeypatch.delenv("AI_PROTOCOL_PATH")
    assert host(ProtocolLoader()) == "nearby"
    (nearby / "house.yaml").unlink()
    with pytest.raises(ManifestNotFound):
        host(ProtocolLoader())


def test_where_a_manifest_is_from_is_kept_on_it(tmp_path: Path) -> None:
    tree(tmp_path / "ai-protocol", nearby="near.yaml")
    write(tmp_path / "ai-protocol" / "near.yaml", "near")
    given_file = write(tmp_path / "house.yaml", "house")
    loader = ProtocolLoader(given_file)
    name = list_bundled_names("manifests")[0]

    origins = [(loader.load_provider(n)).manifest.origin for n in ("house", "near", name)]

    assert origins == ["given", "found", "bundled"]


def test_a_single_file_serves_its_own_provider_only(tmp_path: Path) -> None:
    path = write(tmp_path / "any-name.yaml", "house", aliases=["home"])
    loader = ProtocolLoader(path)

    assert (loader.load_provider("house")).id == "house"
    assert (loader.load_provider("home")).id == "house"
    assert (loader.load_provider("openai")).manifest.origin == "bundled"


def test_a_file_in_the_place_of_another_is_refused(tmp_path: Path) -> None:
    write(tmp_path / "v2/providers/house.yaml", "other")

    with pytest.raises(ProtocolError, match=r"place of 'house' but says that its id is 'other'"):
        ProtocolLoader(tmp_path).load_provider("house")


def test_a_folder_that_was_named_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(ProtocolError, match="there is no protocol folder"):
        ProtocolLoader(tmp_path / "nowhere").load_provider("openai")


@pytest.mark.parametrize("name", ["../house", "a/b", "A", "", "x" * 65, "house\n", "ho use", "%2e"])
def test_an_id_is_checked_before_it_touches_a_path(tmp_path: Path, name: str) -> None:
    tree(tmp_path, secret="house.yaml")

    with pytest.raises(ManifestNotFound, match="can't be a provider id"):
        ProtocolLoader(tmp_path / "here").load_provider(name)


def test_an_alias_of_a_manifest_finds_it(tmp_path: Path) -> None:
    write(tmp_path / "v2/providers/house.yaml", "house", aliases=["home"])
    write(tmp_path / "v2/providers/other.yaml", "other", name="not a home, aliases none")
    loader = ProtocolLoader(tmp_path)

    assert (loader.load_provider("home")).id == "house"
    assert loader.load_provider("home") is loader.load_provider("house")


def test_a_tree_s_identity_map_finds_what_manifests_don_t_say(tmp_path: Path) -> None:
    write(tmp_path / "v1/providers/house.yaml", "house")
    write(tmp_path / "v2/providers/house2.yaml", "house2")
    family = {
        "canonical_id": "house",
        "aliases": ["home"],
        "trees": {"v2": {"primary_id": "house2"}},
    }
    identity = tmp_path / "dist" / "provider-identity.json"
    identity.parent.mkdir()
    identity.write_text(json.dumps({"families": [None, {"aliases": 3}, family]}))

    assert (ProtocolLoader(tmp_path).load_provider("home")).id == "house"
    assert (ProtocolLoader(tmp_path, prefer="v2").load_provider("home")).id == "house2"


def test_an_exact_id_comes_before_an_alias(tmp_path: Path) -> None:
    write(tmp_path / "v2/providers/aa.yaml", "aa", aliases=["house"])
    write(tmp_path / "v2/providers/house.yaml", "house")

    assert (ProtocolLoader(tmp_path).load_provider("house")).id == "house"


def test_a_manifest_that_fails_is_never_used(tmp_path: Path) -> None:
    write(tmp_path / "house.yaml", "house", capabilities=5, status="fine")

    with pytest.raises(ManifestInvalid) as raised:
        ProtocolLoader(tmp_path).load_provider("house")

    assert len(raised.value.problems) == 2
    assert f"{tmp_path}/house.yaml:1:" in str(raised.value)


def test_a_tree_s_own_schema_is_asked(tmp_path: Path) -> None:
    write(tmp_path / "v2/providers/house.yaml", "house")
    (tmp_path / "schemas" / "v2").mkdir(parents=True)
    schema = {"required": ["support_contact"]}
    (tmp_path / "schemas/v2/provider.json").write_text(json.dumps(schema))

    with pytest.raises(ManifestInvalid, match="lacks 'support_contact'"):
        ProtocolLoader(tmp_path).load_provider("house")


def test_strict_refuses_unknown_fields(tmp_path: Path) -> None:
    write(tmp_path / "house.yaml", "house", capabilites={})

    assert (ProtocolLoader(tmp_path).load_provider("house")).id == "house"
    with pytest.raises(ManifestInvalid, match="did you mean 'capabilities'"):
        ProtocolLoader(tmp_path, strict=True).load_provider("house")


@pytest.mark.parametrize(
    "given",
    [
        lambda folder: document("house", aliases=["home"]),
        lambda folder: read_manifest(document("house", aliases=["home"]), "mine"),
        lambda folder: write(folder / "x.yaml", "house", aliases=["home"]),
        lambda folder: str(write(folder / "x.json", "house", aliases=["home"])),
    ],
    ids=["document", "manifest", "file", "name of a file"],
)
def test_what_is_registered_comes_first(tmp_path: Path, given: Callable[[Path], Any]) -> None:
    tree(tmp_path / "given", given="house.yaml")
    loader = ProtocolLoader(tmp_path / "given")
    before = loader.load_provider("house")
    registered = loader.register_provider(given(tmp_path))

    assert before is not registered
    assert loader.load_provider("house") is registered
    assert loader.load_provider("home") is registered


def test_what_can_t_be_used_is_not_registered(tmp_path: Path) -> None:
    loader = ProtocolLoader(tree(tmp_path / "given", given="house.yaml"))

    with pytest.raises(ManifestInvalid):
        loader.register_provider({"id": "house"})
    with pytest.raises(ProtocolError, match="can't be read"):
        loader.register_provider(tmp_path / "none.yaml")
    assert host(loader) == "given"


def test_what_was_loaded_is_kept_until_it_is_forgotten(tmp_path: Path) -> None:
    tree(tmp_path, first="house.yaml")
    loader, forgetful = ProtocolLoader(tmp_path), ProtocolLoader(tmp_path, cache_enabled=False)
    assert host(loader) == host(forgetful) == "first"
    tree(tmp_path, second="house.yaml")

    assert host(loader) == "first"
    assert host(forgetful) == "second"
    loader.invalidate("other")
    assert host(loader) == "first"
    loader.invalidate("house")
    assert host(loader) == "second"
    tree(tmp_path, third="house.yaml")
    loader.invalidate()
    assert host(loader) == "third"


def test_a_bundled_manifest_is_compiled_once_for_all_loaders() -> None:
    first, second = ProtocolLoader(), ProtocolLoader()
    compiled = first.load_provider("gemini")

    assert second.load_provider("gemini") is compiled
    assert second.load_provider("google") is compiled  # an alias
    first.invalidate()
    assert first.load_provider("gemini") is compiled
    chats = first.load_provider("openai")
    responses = first.load_provider("openai", "responses")
    assert responses is not chats
    assert second.load_provider("openai", "responses") is responses


def test_a_model_s_name_may_hold_slashes(tmp_path: Path) -> None:
    loader = ProtocolLoader(write(tmp_path / "house.yaml", "house"))

    compiled, name = loader.load_model("house/meta/llama-3:free")

    assert (compiled.id, name) == ("house", "meta/llama-3:free")


@needs_shared
@pytest.mark.parametrize(
    "path",
    files("v1*/providers/*", "v2/providers/*", "dist/*/providers/*"),
    ids=named,
)
def test_every_manifest_of_the_protocol_loads_from_its_tree(path: Path) -> None:
    version = path.parent.parent.name
    root = SHARED / version if version == "v1-legacy" else SHARED
    loader = ProtocolLoader(root, prefer=version if version in ("v2", "v2-alpha") else "v1")

    try:
        compiled = loader.load_provider(path.stem)
    except ProtocolError as error:
        if "no wire dialect is chosen" in error.message:
            pytest.skip("no bundled dialect speaks its wire")
        raise

    assert compiled.id == path.stem
    assert f"/{version}/providers/" in compiled.manifest.source


@needs_shared
def test_the_sandbox_is_never_a_silent_fallback() -> None:
    sandbox = ProtocolLoader(SHARED, prefer="v2-alpha").load_provider("anthropic")
    usual = ProtocolLoader(SHARED).load_provider("anthropic")

    assert "v2-alpha" in sandbox.manifest.source
    assert "v2-alpha" not in usual.manifest.source


def test_threads_get_one_manifest(tmp_path: Path) -> None:
    from ai_lib_sync.protocol import ProtocolLoader as Blocking

    loader = Blocking(tree(tmp_path, given="house.yaml"))
    gate, manifests = threading.Barrier(8), []

    def load() -> None:
        gate.wait(10)
        manifests.append(loader.load_provider("house"))

    threads = [threading.Thread(target=load) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)

    assert len(manifests) == 8
    assert all(manifest is manifests[0] for manifest in manifests)
