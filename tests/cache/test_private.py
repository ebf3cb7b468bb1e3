"""Caches, cassettes and journals are their owner's only; nothing but a cache is moved."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from ai_lib.cache import DiskCache
from ai_lib.errors import CacheError
from ai_lib.testing.cassettes.cassette import CassetteFile

pytestmark = pytest.mark.skipif(os.name == "nt", reason="modes are those of POSIX")


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def modes(folder: Path) -> set[int]:
    return {mode(path) for path in folder.iterdir()}


async def test_a_cache_is_its_owner_s_only(tmp_path: Path) -> None:
    cache = DiskCache(tmp_path / "cache.sqlite")
    await cache.set("key", "value")
    assert modes(tmp_path) == {0o600}
    await cache.close()


def test_a_cassette_is_its_owner_s_only(tmp_path: Path) -> None:
    path = tmp_path / "tape.jsonl"
    path.write_text("an old one")
    path.chmod(0o644)
    CassetteFile(path)
    assert (mode(path), path.read_bytes()) == (0o600, b"")


@pytest.mark.parametrize("content", [b"a diary\n" * 4000, b"\x00" * 9000, b"%PDF-1.7 ..."])
async def test_a_file_that_is_no_cache_is_left_alone(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "diary.txt"
    path.write_bytes(content)
    cache = DiskCache(path)
    with pytest.raises(CacheError):
        await cache.set("key", "value")
    await cache.close()
    assert path.read_bytes() == content
    assert os.listdir(tmp_path) == ["diary.txt"]
