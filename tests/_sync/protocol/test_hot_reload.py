# Generated from tests/protocol/test_hot_reload.py by codegen; do not edit.
"""Hot reload: a changed file takes force, a broken one does not, and a stream keeps what it had."""

import json
import logging
import os
from pathlib import Path

import pytest

from ai_lib.protocol.catalog import ManifestCatalog
from ai_lib_sync.client import AiClient
from ai_lib_sync.errors import ManifestInvalid
from ai_lib_sync.protocol import ProtocolLoader
from ai_lib_sync.testing import MockProvider, Reply
from tests.protocol.shared import document, write


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.seconds = 100.0

    def __call__(self) -> float:
        return self.seconds


def replace(path: Path, text: str) -> None:
    """Write a file the way editors do, with a time of its own even within one tick of the clock."""
    part = path.with_suffix(".part")
    part.write_text(text)
    before = path.stat().st_mtime_ns
    os.utime(part, ns=(before + 1_000_000, before + 1_000_000))
    os.replace(part, path)


def house(host: str) -> str:
    """Return the text of a manifest with this host."""
    return json.dumps(document("house", endpoint={"base_url": f"https://{host}.example"}))


def test_a_changed_file_is_in_force_at_the_next_use(tmp_path: Path) -> None:
    path = write(tmp_path / "house.yaml", "house", aliases=["home"])
    loader = ProtocolLoader(tmp_path, hot_reload=True)
    first = loader.load_provider("house")
    assert loader.load_provider("house") is first

    replace(path, house("second"))
    second = loader.load_provider("house")

    assert second.manifest.base_url == "https://second.example"
    assert first.manifest.base_url == "https://house.example/v1"
    assert loader.load_provider("house") is second


def test_without_hot_reload_nothing_changes(tmp_path: Path) -> None:
    path = write(tmp_path / "house.yaml", "house")
    loader = ProtocolLoader(tmp_path)
    first = loader.load_provider("house")
    replace(path, house("second"))

    assert loader.load_provider("house") is first


def test_the_last_good_one_stays_when_a_file_breaks(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = write(tmp_path / "house.yaml", "house")
    clock = Clock()
    catalog = ManifestCatalog(tmp_path, now=clock)
    good = catalog.load("house")

    for broken in ('{"id": "house"}', "id: [", house("x").replace('"house"', '"other"'), ""):
        clock.seconds += 1
        replace(path, broken)
        caplog.clear()
        with caplog.at_level(logging.WARNING, "ai_lib"):
            assert catalog.load("house") is good
            assert catalog.load("house") is good
        assert catalog.last_error is not None
        assert str(path) in catalog.last_error.message
        assert len(caplog.records) == 1
        assert caplog.records[0].name == "ai_lib"

    clock.seconds += 1
    replace(path, house("mended"))
    assert catalog.load("house").manifest.base_url == "https://mended.example"
    assert catalog.last_error is None


def test_a_file_that_vanishes_leaves_its_manifest_in_force(tmp_path: Path) -> None:
    path = write(tmp_path / "house.yaml", "house")
    loader = ProtocolLoader(tmp_path, hot_reload=True)
    good = loader.load_provider("house")
    path.unlink()

    assert loader.load_provider("house") is good
    assert loader.last_error is not None
    assert "can't be read" in loader.last_error.message


def test_of_a_burst_the_first_and_the_last_are_taken(tmp_path: Path) -> None:
    path = write(tmp_path / "house.yaml", "house")
    clock = Clock()
    catalog = ManifestCatalog(tmp_path, now=clock)
    base_urls = [catalog.load("house").manifest.base_url]
    for name in ("a", "b", "c"):
        replace(path, house(name))
        clock.seconds += 0.02
        base_urls.append(catalog.load("house").manifest.base_url)
    clock.seconds += 0.1
    base_urls.append(catalog.load("house").manifest.base_url)

    assert base_urls == [
        "https://house.example/v1",
        *["https://a.example"] * 3,
        "https://c.example",
    ]


def test_a_file_that_is_only_touched_is_not_compiled_again(tmp_path: Path) -> None:
    path = write(tmp_path / "house.yaml", "house")
    catalog = ManifestCatalog(tmp_path, now=Clock())
    first = catalog.load("house")
    replace(path, path.read_text())

    assert catalog.load("house") is first


def test_a_name_that_is_an_alias_is_reloaded_too(tmp_path: Path) -> None:
    path = write(tmp_path / "house.yaml", "house", aliases=["home"])
    loader = ProtocolLoader(tmp_path, hot_reload=True)
    loader.load_provider("home")
    replace(path, house("second"))

    assert (loader.load_provider("home")).manifest.base_url == "https://second.example"
    assert (loader.load_provider("house")).manifest.base_url == "https://second.example"


def served(mock: MockProvider, name: str) -> str:
    """Return a manifest of a provider at the mock, with a name that a test can tell."""
    endpoint = {"base_url": mock.base_url("openai")}
    return json.dumps(document("house", endpoint=endpoint, name=name))


def test_a_client_takes_the_change_and_a_running_stream_keeps_its_manifest(
    tmp_path: Path,
) -> None:
    path = tmp_path / "house.yaml"
    with MockProvider([Reply(text="one two three"), Reply(text="four")]) as mock:
        path.write_text(served(mock, "First"))
        builder = AiClient.builder().model("house/large").api_key("k").hot_reload()
        with builder.protocol_dir(path).build() as client:
            texts = []
            with client.chat().user("Hi").stream() as stream:
                for event in stream:
                    if event.is_content_delta:
                        texts.append(event.as_content_delta.text)
                        if len(texts) == 1:
                            # Read with this one, the rest of the stream would be nothing.
                            changed = json.loads(served(mock, "Second"))
                            changed["wire"] = {"stream": {"rules": []}}
                            replace(path, json.dumps(changed))
                            assert client.manifest.name == "Second"
            assert "".join(texts) == "one two three"
            assert stream.response().content == "one two three"
            replace(path, "broken: [")
            assert client.manifest.name == "Second"
            assert (client.chat().user("Hi").execute()).content == "four"


def test_a_bad_change_is_told_like_any_bad_manifest(tmp_path: Path) -> None:
    path = write(tmp_path / "house.yaml", "house")
    loader = ProtocolLoader(tmp_path, hot_reload=True)
    loader.load_provider("house")
    replace(path, json.dumps(document("house", status="fine")))
    loader.load_provider("house")

    assert isinstance(loader.last_error, ManifestInvalid)
    assert "$.status" in loader.last_error.problems[0]
