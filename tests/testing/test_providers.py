"""Further providers, and what is wrong with some."""

import json
from pathlib import Path
from typing import Any

import pytest

from ai_lib.errors import ManifestNotFound, ProtocolError
from ai_lib.protocol.bundle import list_bundled_names
from ai_lib.testing.mock.providers import MockProviders
from tests.testing.wire import MockServer, Service

OWN: dict[str, Any] = {
    "id": "acme",
    "protocol_version": "2.0",
    "aliases": ["road-runner"],
    "dialect": "openai_chat",
    "endpoint": {
        "base_url": "https://acme.example/api/v3",
        "auth": {"type": "query_param", "param_name": "token"},
    },
    "endpoints": {"chat": {"path": "/talk"}},
}
BODY = b'{"model": "m", "messages": [{"role": "user", "content": "Hi"}]}'


def written(folder: Path, **changes: Any) -> Path:
    path = folder / "acme.json"
    path.write_text(json.dumps({**OWN, **changes}), encoding="utf-8")
    return path


def test_every_bundled_provider_can_be_mocked() -> None:
    providers = MockProviders(())

    assert [providers.find(name).manifest.id for name in providers.names] == list(providers.names)
    assert set(providers.names) == set(list_bundled_names("manifests"))


@pytest.mark.parametrize("name", ["acme", "road-runner"])
def test_a_manifest_of_ones_own_is_served(tmp_path: Path, name: str) -> None:
    mock_server = MockServer(Service((), [written(tmp_path)], None))
    try:
        assert mock_server.post(f"/{name}/talk?token=sk-canary", BODY).status == 200
        assert mock_server.post(f"/{name}/talk", BODY).status == 401
        assert mock_server.post(f"/{name}/api/v3/talk?token=sk-canary", BODY).status == 200
    finally:
        mock_server.server.stop()
    recorded = mock_server.service.requests[0]
    assert (recorded.provider, recorded.path, recorded.text) == ("acme", "/talk", "Hi")
    assert "sk-canary" not in repr(recorded)


def test_an_unknown_provider_is_an_error_with_near_matches() -> None:
    with pytest.raises(ManifestNotFound, match="anthropic"):
        MockProviders(()).find("antropic")


@pytest.mark.parametrize(
    ("wire", "reason"),
    [
        ({"serve": {"plain": {"boddy": {}}}}, r"serve: .*boddy"),
        ({"serve": None}, "serve"),
    ],
)
def test_a_dialect_that_cant_be_served_is_an_error(
    tmp_path: Path, wire: dict[str, Any], reason: str
) -> None:
    providers = MockProviders([written(tmp_path, wire=wire)])

    with pytest.raises(ProtocolError, match=reason):
        providers.find("acme")


def test_a_file_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ProtocolError, match="nowhere"):
        MockProviders([tmp_path / "nowhere.yaml"])
