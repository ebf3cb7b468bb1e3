"""A world in which every bundled provider is the mock: keys, addresses, files, names."""

import base64
import importlib
import json
from pathlib import Path
from typing import Any

import pytest

from ai_lib.protocol.bundle import find_bundled_manifest, list_bundled_names
from ai_lib.testing import MockProvider

# The smallest JPEG there is: one grey pixel.
PHOTO = base64.b64decode(
    "/9j/4AAQSkZJRgABAQEASABIAAD/2wBDAP////////////////////////////////////////////////////////"
    "//////////////////////////////wgALCAABAAEBAREA/8QAFBABAAAAAAAAAAAAAAAAAAAAAP/aAAgBAQABPxA="
)


def mock_everything(mock: MockProvider, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every provider's manifest point at the mock, and its key be set."""
    tree = folder / "ai-protocol" / "dist" / "v2" / "providers"
    tree.mkdir(parents=True)
    for name in list_bundled_names("manifests"):
        document = json.loads(json.dumps(find_bundled_manifest(name)))
        document["endpoint"]["base_url"] = mock.base_url(name)
        (tree / f"{document['id']}.json").write_text(json.dumps(document))
        auth = document["endpoint"].get("auth", {})
        token = (auth[0] if isinstance(auth, list) else auth).get("token_env")
        if token:
            monkeypatch.setenv(token, "mock-key")
    monkeypatch.setenv("AI_PROTOCOL_DIR", str(folder / "ai-protocol"))
    (folder / "photo.jpg").write_bytes(PHOTO)
    monkeypatch.chdir(folder)


def package(colour: str) -> str:
    """Give the package of a colour."""
    return "ai_lib_sync" if colour == "blocking" else "ai_lib"


def module(colour: str, name: str = "") -> Any:
    """Give a module of the package of a colour."""
    return importlib.import_module(package(colour) + (f".{name}" if name else ""))
