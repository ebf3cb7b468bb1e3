"""`ai-lib update`: what it fetches is pinned, shown, in force only when accepted, and undone."""

import argparse
import hashlib
import io
import json
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ai_lib.cli.doctor_checks import examine
from ai_lib.cli.update_command import run_update
from ai_lib.client import AiClient
from ai_lib.protocol import ProtocolLoader
from ai_lib.protocol.bundle import find_bundled_manifest
from ai_lib.protocol.sources.updates import UpdateStore, find_updates_folder
from tests.protocol.manifest_server import ManifestServer
from tests.protocol.shared import document
from tests.servers.scripted import ScriptedServer


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ManifestServer]:
    """A server of manifests, and an empty cache for the user."""
    monkeypatch.chdir(tmp_path)
    for name in ("XDG_CACHE_HOME", "LOCALAPPDATA", "HOME"):
        monkeypatch.setenv(name, str(tmp_path / "cache"))
    servers: list[ScriptedServer] = []

    def serve(script: Any) -> ScriptedServer:
        servers.append(ScriptedServer(script))
        return servers[-1]

    yield ManifestServer(serve)
    for scripted in servers:
        scripted.close()


def offer(server: ManifestServer, provider: str, **changes: Any) -> tuple[str, str]:
    """Serve a manifest; return its address and its digest."""
    text = json.dumps(document(provider, **changes))
    server.texts[f"/{provider}.json"] = text
    return f"{server.address}/{provider}.json", hashlib.sha256(text.encode()).hexdigest()


async def update(*addresses: str, digest: list[str], yes: bool = True) -> int:
    """Run `ai-lib update`; return its exit code."""
    parsed = argparse.Namespace(addresses=addresses, digest=digest, yes=yes, undo=False)
    return await run_update(parsed)


async def undo() -> int:
    """Run `ai-lib update --undo`; return its exit code."""
    return await run_update(argparse.Namespace(addresses=(), digest=[], yes=False, undo=True))


async def base_url_of(provider: str) -> str:
    """Return where a new loader would have this provider called."""
    return (await ProtocolLoader().load_provider(provider)).manifest.base_url


def openai(**changes: Any) -> dict[str, Any]:
    """Return the bundled manifest with changes."""
    return {**(find_bundled_manifest("openai") or {}), **changes}


async def test_an_update_is_shown_takes_force_for_every_client_and_is_undone(
    server: ManifestServer, capsys: pytest.CaptureFixture[str]
) -> None:
    bundled = await base_url_of("openai")
    moved = openai(endpoint={"base_url": "https://moved.example/v1"}, auth={"type": "none"})
    text = json.dumps(moved)
    server.texts["/openai.json"] = text
    digest = hashlib.sha256(text.encode()).hexdigest()
    address = f"{server.address}/openai.json"

    assert await update(address, digest=[f"sha256={digest.upper()}"]) == 0

    shown = capsys.readouterr().out
    assert f"openai, from {address}, in place of bundled manifest openai:" in shown
    assert "$.endpoint.base_url" in shown
    assert "https://moved.example/v1" in shown
    assert await base_url_of("openai") == "https://moved.example/v1"
    report, (manifest,) = examine(["openai"])
    assert manifest.origin == "updated"
    assert report.providers[0].origin == "put in force by ai-lib update"
    async with await AiClient.builder().model("openai/any").build() as client:
        explanation = client.explain(client.chat().user("Hi").build())
        assert "https://moved.example/v1/" in explanation.curl
    assert await update(address, digest=[digest]) == 0
    assert capsys.readouterr().out == "nothing changes\n"
    assert await undo() == 0
    assert bundled in capsys.readouterr().out
    assert await base_url_of("openai") == bundled
    assert await undo() == 2
    assert "there is no update" in capsys.readouterr().err


async def test_updates_add_up_and_are_undone_one_by_one(server: ManifestServer) -> None:
    (first, one), (second, two) = offer(server, "house-a"), offer(server, "house-b")
    assert await update(first, second, digest=[one, two]) == 0
    third, three = offer(server, "house-b", endpoint={"base_url": "https://b2.example"})
    assert await update(third, digest=[three]) == 0
    assert await base_url_of("house-a") == "https://house-a.example/v1"
    assert await base_url_of("house-b") == "https://b2.example"
    assert await undo() == 0
    assert await base_url_of("house-b") == "https://house-b.example/v1"
    assert await undo() == 0
    assert UpdateStore().find_current() is None


async def test_nothing_takes_force_that_was_not_accepted(
    server: ManifestServer, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    address, digest = offer(server, "house")
    monkeypatch.setattr("sys.stdin", io.StringIO("y\n"))
    assert await update(address, digest=[digest], yes=False) == 1
    output = capsys.readouterr()
    assert "house, from" in output.out
    assert "--yes" in output.err
    assert not find_updates_folder().exists()


async def test_what_is_not_what_its_digest_says_is_refused_whole(
    server: ManifestServer, capsys: pytest.CaptureFixture[str]
) -> None:
    good, right = offer(server, "house")
    broken, known = offer(server, "broken", endpoint={"base_url": "nowhere"})
    large = f"{server.address}/large.json"
    server.texts["/large.json"] = " " * (1024 * 1024 + 1)
    for addresses, digests, message in [
        ([good], ["0" * 64], f"its SHA-256 is {right}"),
        ([good], ["0"], "--digest must be a SHA-256"),
        ([good], [], "1 address(es) and 0 digest(s)"),
        ([], [], "0 address(es)"),
        ([good, broken], [right, known], "base_url"),
        ([good, f"{server.address}/none.json"], [right, right], "answered 404"),
        ([large], [right], "1048576"),
        (["ftp://127.0.0.1/house.json"], [right], "https only"),
        (["http://example.com/house.json"], [right], "https only"),
    ]:
        assert await update(*addresses, digest=digests) == 2
        assert message in capsys.readouterr().err
    assert not find_updates_folder().exists()


@pytest.mark.skipif(os.name == "nt", reason="files have no modes there")
async def test_only_their_owner_may_read_what_was_updated(server: ManifestServer) -> None:
    address, digest = offer(server, "house")
    assert await update(address, digest=[digest]) == 0
    files = [path for path in find_updates_folder().rglob("*") if path.is_file()]
    assert sorted(path.name for path in files) == ["current", "house.json"]
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}
