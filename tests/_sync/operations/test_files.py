# Generated from tests/operations/test_files.py by codegen; do not edit.
"""Files stored at a provider: as recorded, and against the mock provider."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ai_lib.request.operations.media import MediaFile
from ai_lib_sync import AiClient
from ai_lib_sync.client.live_files import StoredFile
from ai_lib_sync.errors import CapabilityError, InvalidInput, RemoteError
from ai_lib_sync.testing import MockProvider
from ai_lib_sync.types import ContentBlock, Message
from tests._sync.operations.conftest import Serve
from tests.operations.recorded import answer, body_of, digest, file_of, reply_json, rows, sent
from tests.servers.scripted import Exchange

KEY = "mock-key"


def recorded_files(operation: str) -> list[Any]:
    """The recorded exchanges of one operation, of the vendors whose files are bundled."""
    return [
        entry
        for entry in rows("files")
        if not entry.values[0]
        or (entry.values[0]["operation"] == operation and entry.values[0]["provider"] != "gemini")
    ]


@pytest.mark.parametrize("row", recorded_files("files.upload"))
def test_files_are_stored_as_recorded(row: Any, serve: Serve) -> None:
    server, expected = serve(answer(row)), row["expect"]
    name = next(part["filename"] for part in row["request"]["form"] if "filename" in part)
    model = f"{row['provider']}/m"
    with AiClient.create(model, api_key=KEY, base_url=f"{server.url}/v1") as client:
        file = MediaFile(content=file_of(row), filename=name)
        stored = client.files.upload(file, body_of(row).get("purpose"))

    request = sent(server.received[0])
    assert (request["method"], request["path"]) == ("POST", row["request"]["path"])
    assert request["fields"] == body_of(row)
    assert [name for name, _ in request["files"]] == ["file"]
    assert (stored.id, stored.filename) == (expected["id"], expected["filename"])
    assert (stored.bytes, stored.state) == (expected["bytes"], expected["state"])


@pytest.mark.parametrize("row", recorded_files("files.content"))
def test_content_comes_back_as_recorded(row: Any, serve: Serve) -> None:
    server, expected = serve(answer(row)), row["expect"]
    model = f"{row['provider']}/m"
    with AiClient.create(model, api_key=KEY, base_url=f"{server.url}/v1") as client:
        data = client.files.content(row["request"]["path"].split("/")[3])

    assert sent(server.received[0])["path"] == row["request"]["path"]
    assert (len(data), digest(data)) == (expected["bytes"], expected["sha256"])


@pytest.mark.parametrize("row", recorded_files("files.delete"))
def test_files_are_deleted_as_recorded(row: Any, serve: Serve) -> None:
    server = serve(answer(row))
    model = f"{row['provider']}/m"
    with AiClient.create(model, api_key=KEY, base_url=f"{server.url}/v1") as client:
        assert client.files.delete(row["expect"]["id"])

    request = sent(server.received[0])
    assert (request["method"], request["path"]) == ("DELETE", row["request"]["path"])


@pytest.mark.parametrize("provider", ["openai", "anthropic", "mistral", "xai", "groq", "together"])
def test_a_stored_file_goes_round(provider: str, tmp_path: Path) -> None:
    path = tmp_path / "data.csv"
    path.write_bytes(b"item,value\n")
    with MockProvider() as mock:
        url = mock.base_url(provider)
        with AiClient.create(f"{provider}/m", api_key=KEY, base_url=url) as client:
            stored = client.files.upload(path, "user_data")
            listed = [file.id for file in client.files.list()]
            got = client.files.get(stored.id)
            data = client.files.content(stored.id)
            assert client.files.delete(stored.id)
            with pytest.raises(RemoteError):
                client.files.get(stored.id)

    assert listed == [stored.id]
    assert (got.filename, got.bytes, data) == ("data.csv", 11, b"item,value\n")


def test_what_was_read_of_a_file_is_told(tmp_path: Path) -> None:
    path = tmp_path / "large.bin"
    path.write_bytes(bytes(300_000))
    for content in (path, bytes(300_000)):
        for provider in ("openai", "gemini"):
            told: list[int] = []
            with MockProvider() as mock:
                url = mock.base_url(provider)
                with AiClient.create(f"{provider}/m", api_key=KEY, base_url=url) as it:
                    it.files.upload(content, progress=told.append)
            assert told == sorted(told)
            assert told[-1] == 300_000


SENT: dict[str, object] = {
    "openai": {"type": "file", "file": {"file_id": "file-1"}},
    "anthropic": {
        "type": "document",
        "source": {"type": "file", "file_id": "file-1"},
        "title": "paper.pdf",
    },
    "mistral": {"type": "file", "file_id": "file-1"},
    "gemini": {"fileData": {"fileUri": "https://a/files/1", "mimeType": "application/pdf"}},
}


def test_a_stored_file_is_a_block_of_a_message() -> None:
    """As the vendors' types have it: by its id, or by its address."""
    for provider, expected in SENT.items():
        url = "https://a/files/1" if provider == "gemini" else None
        stored = StoredFile(
            id="file-1", filename="paper.pdf", media_type="application/pdf", url=url
        )
        with AiClient.create(f"{provider}/m", api_key=KEY) as client:
            message = Message.user([stored.to_block(), ContentBlock.text("What is it?")])
            explanation = client.explain(client.chat().messages([message]).build())
        assert expected in _list_blocks(dict(explanation.body)), provider
        asks_for_files = "anthropic-beta: files-api-2025-04-14" in explanation.curl
        assert asks_for_files is (provider == "anthropic")


def _list_blocks(body: dict[str, Any]) -> list[Any]:
    turns = body.get("messages") or body["contents"]
    return list(turns[0].get("content") or turns[0]["parts"])


def test_a_list_goes_on_page_by_page(serve: Serve) -> None:
    def page(exchange: Exchange) -> None:
        is_last = "after=b" in exchange.received.target
        names = ["c"] if is_last else ["a", "b"]
        body = {"data": [{"id": name} for name in names], "has_more": not is_last}
        reply_json(exchange, {**body, "last_id": names[-1]})

    server = serve(page)
    with AiClient.create("openai/m", api_key=KEY, base_url=server.url) as client:
        names = [file.id for file in client.files.list("batch", page_size=2)]

    assert names == ["a", "b", "c"]
    assert [sent(one)["query"] for one in server.received] == [
        {"purpose": "batch", "limit": "2"},
        {"purpose": "batch", "limit": "2", "after": "b"},
    ]


def test_what_can_not_be_stored_is_not_sent(serve: Serve) -> None:
    server = serve(lambda exchange: exchange.reply())
    with AiClient.create("openai/m", api_key=KEY, base_url=server.url) as client:
        with pytest.raises(InvalidInput):
            client.files.upload(b"")
    with AiClient.create("cohere/m", api_key=KEY, base_url=server.url) as client:
        with pytest.raises(CapabilityError):
            client.files.upload(b"data")

    assert not server.received
