"""Fuzzers of the files this library writes and reads again: cassettes, caches, journals."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Any

import msgspec

from ai_lib.batch.config import BatchConfig
from ai_lib.batch.journal import Journal
from ai_lib.cache.serialization import pack, unpack
from ai_lib.errors.exceptions import AiLibError, CacheError, JournalError, RequestError
from ai_lib.pipeline.plain_response import read_response
from ai_lib.testing.cassettes.cassette import Exchange, encode_chunk, read_cassette
from ai_lib.types.wire import HttpRequest, TimeoutOptions
from ai_lib_sync.cache import DiskCache
from ai_lib_sync.testing import ReplayTransport
from tests.fuzz.mutation import bent
from tests.fuzz.spoken import manifest, said

LINES = (b"[" * 3000, b'{"item": -1, "key": "x", "result": 1}', b'{"item": 0, "key": ""}', b"{}")


@contextmanager
def _file(name: str, data: bytes) -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(data)
        yield path


def cassettes(chance: Random) -> None:
    """A bent cassette is read or refused; what is played back of it comes, or fails, typed."""
    request = HttpRequest(
        method="POST", url="http://127.0.0.1/v1/chat", headers=(), body=b'{"a": 1}'
    )
    body = said("openai_chat", "text")
    exchange = Exchange(
        method="POST", host="127.0.0.1", path="/v1/chat", body={"a": 1}, status=200,
        response_headers=[("content-type", "text/event-stream")], head_after=0.1,
        chunks=[encode_chunk(0.0, body[:100]), encode_chunk(0.1, body[100:])],
    )  # fmt: skip
    line = msgspec.json.encode(exchange) + b"\n"
    with _file("cassette.jsonl", bent(line * chance.choice((1, 2)), chance, LINES)) as path:
        try:
            found = read_cassette(path)
            transport = ReplayTransport(found, speed=None)
            transport.send(request, TimeoutOptions()).read()
        except AiLibError:
            return


def packed(chance: Random) -> None:
    """Packed values are read as they were, or refused: damage is never handed out."""
    response = read_response(manifest("openai_chat"), said("openai_chat", "calls", False))
    value: Any = chance.choice((response, {"a": [1, None, "é"]}, "text", 1.5, b"bytes"))
    data = pack(value)
    assert unpack(data) == value
    other = bent(data, chance, [pack(7)])
    try:
        read = unpack(other)
    except CacheError:
        return
    assert read == value or other in (pack(7), data), other


def caches(chance: Random) -> None:
    """A bent cache file gives what was put, or nothing; it is usable afterwards, or refused."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "cache.sqlite"
        cache = DiskCache(path, clock=lambda: 100.0)
        values = {f"key{number}": {"n": number, "text": "x" * 100} for number in range(8)}
        for key, value in values.items():
            cache.set(key, value)
        cache.close()
        path.write_bytes(bent(path.read_bytes(), chance))
        if chance.random() < 0.3:
            path.with_name("cache.sqlite-wal").write_bytes(chance.randbytes(chance.randrange(5000)))
        try:
            for key, value in values.items():
                assert cache.get(key) in (None, value)
            cache.set("new", {"n": 9})
            assert cache.get("new") == {"n": 9}
            cache.cleanup_expired()
            cache.size_bytes()
        except CacheError:
            return
        finally:
            cache.close()


def journals(chance: Random) -> None:
    """A bent journal is gone on with, or refused; what it holds is the item's own."""
    items = [f"item {number}" for number in range(4)]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "journal.jsonl"
        config = BatchConfig(journal=path)
        journal = Journal(config, "work", len(items))
        for number, item in enumerate(items[:3]):
            failed = RequestError("no") if number == 1 else None
            journal.write(number, item, {"said": item}, failed)
        journal.close()
        good = path.read_bytes()
        path.write_bytes(bent(good, chance, LINES))
        try:
            again = Journal(config, "work", len(items))
        except JournalError:
            return
        try:
            again.check(items)
            for number, item in enumerate(items):
                again.find_result(number, item)
            again.write(3, items[3], "done", None)
        except JournalError:
            return
        finally:
            again.close()
        third = Journal(config, "work", len(items))
        found = third.find_result(3, items[3])
        third.close()
        assert found is not None
        assert found.value == "done"
