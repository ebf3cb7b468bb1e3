# Generated from tests/resilience/test_resources.py by codegen; do not edit.
"""A machine that runs out of descriptors, disk or stack: the errors are ours, and answers stay."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

import pytest

from ai_lib.batch.journal import Journal
from ai_lib.errors.exceptions import DecodeError, RequestError, TransportError
from ai_lib.protocol.sources.folder import ManifestFolder
from ai_lib.testing.cassettes.cassette import read_cassette
from ai_lib_sync.batch import BatchConfig
from ai_lib_sync.cache import CacheManager, DiskCache
from ai_lib_sync.client import AiClient
from ai_lib_sync.client.builder import AiClientBuilder
from ai_lib_sync.errors import AiLibError, CacheError, EmptyResponse, JournalError, ProtocolError
from ai_lib_sync.resilience import RetryConfig
from ai_lib_sync.telemetry import ConsoleExporter, Tracer
from ai_lib_sync.testing import MockProvider, Reply, record
from tests._sync.resilience.conftest import Serve
from tests.servers.scripted import Exchange

resource = pytest.importorskip("resource", reason="this system has no limits of that kind")
FULL = Path("/dev/full")
no_full_disk = pytest.mark.skipif(not FULL.exists(), reason="this system has no /dev/full")


@contextmanager
def no_descriptors() -> Iterator[None]:
    """Let the process open nothing more."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    held = [os.open(os.devnull, os.O_RDONLY)]
    resource.setrlimit(resource.RLIMIT_NOFILE, (held[0] + 60, hard))
    try:
        while True:
            try:
                held.append(os.open(os.devnull, os.O_RDONLY))
            except OSError:
                break
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        for descriptor in held:
            os.close(descriptor)


def make_builder(model: str = "openai/gpt-4o") -> AiClientBuilder[AiClient]:
    return AiClient.builder().model(model).api_key("k").with_retry(RetryConfig.no_retry())


def execute(client: AiClient) -> str:
    return (client.chat().user("?").execute()).content


def stream(client: AiClient) -> str:
    text = ""
    for event in client.chat().user("?").stream():
        text += event.as_content_delta.text if event.is_content_delta else ""
    return text


def test_without_descriptors_files_raise_errors_of_ours(tmp_path: Path) -> None:
    cache, manager = DiskCache(tmp_path / "cache"), CacheManager(backend=DiskCache(tmp_path / "x"))
    cache.set("key", "value")
    cache.close()
    manager.close()
    (tmp_path / "house.yaml").write_text("{}")
    folder = ManifestFolder(tmp_path, "named")
    with no_descriptors():
        with pytest.raises(CacheError):
            cache.get("key")
        with pytest.raises(CacheError):
            manager.get("key")
        manager.close()
        with pytest.raises(JournalError, match="Too many open files"):
            Journal(BatchConfig(journal=tmp_path / "journal"), "batch", 1)
        with pytest.raises(RequestError, match="Too many open files"):
            record(tmp_path / "cassette")
        with pytest.raises(ProtocolError, match="Too many open files"):
            folder.find("house")
        with pytest.raises(ProtocolError, match="Too many open files"):
            list(folder.list_manifests())
    assert cache.get("key") == "value"
    cache.close()


@no_full_disk
def test_a_full_disk_costs_no_answer(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    cassette = tmp_path / "cassette"
    with MockProvider(choose_reply=lambda _: Reply(text="hi")) as mock:
        with record(cassette) as transport:
            builder = make_builder().transport(transport)
            full = FULL.open("w", buffering=1)  # noqa: ASYNC230
            builder.base_url(mock.base_url("openai")).tracer(Tracer(exporter=ConsoleExporter(full)))
            client = builder.build()
            cassette.unlink()
            cassette.symlink_to(FULL)
            for ask in (execute, stream):
                assert ask(client) == "hi"
            assert "is not on the cassette" in caplog.text
            cassette.unlink()
            assert execute(client) == "hi"
            with suppress(OSError):
                full.close()
    assert len(read_cassette(cassette)) == 1


def test_a_full_disk_ends_a_journal_with_an_error_of_ours(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    journal = Journal(BatchConfig(journal=path), "batch", 2)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    journal.write(0, "item", "short", None)
    size = path.stat().st_size
    resource.setrlimit(resource.RLIMIT_FSIZE, (size + 20, hard))
    try:
        with pytest.raises(JournalError):
            journal.write(1, "item", "x" * 1000, None)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    journal.close()
    again = Journal(BatchConfig(journal=path), "batch", 2)
    assert again.find_result(0, "item") is not None
    assert again.find_result(1, "item") is None
    again.close()


def test_a_full_disk_is_an_error_of_the_cache_alone(tmp_path: Path) -> None:
    cache = CacheManager(backend=DiskCache(tmp_path / "cache"))
    cache.set("key", "value")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    with MockProvider(choose_reply=lambda _: Reply(text="x" * 200_000)) as mock:
        builder = make_builder().cache(cache)
        client = builder.base_url(mock.base_url("openai")).build()
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))
        try:
            with pytest.raises(CacheError):
                cache.set("other", "x" * 500_000)
            assert len(execute(client)) == 200_000
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        assert cache.get("key") == "value"
        client.close()
    cache.close()


class Broken:
    """A store that can't even be closed."""

    def close(self) -> None:
        raise OSError("it is gone")


def test_closing_a_cache_never_raises(caplog: pytest.LogCaptureFixture) -> None:
    CacheManager(backend=Broken()).close()  # type: ignore[arg-type]
    assert "it is gone" in caplog.text


def nest(depth: int) -> str:
    return '{"a":' * depth + "1" + "}" * depth


# Where JSON may be nested, in what providers say.
BODIES = [
    nest,
    lambda depth: "[" * depth + "]" * depth,
    lambda depth: (
        '{"choices":[{"index":0,"message":{"role":"assistant","content":"hi","z":'
        + nest(depth)
        + '},"finish_reason":"stop"}],"usage":{"z":'
        + nest(depth)
        + "}}"
    ),
    lambda depth: (
        '{"choices":[{"message":{"tool_calls":[{"id":"1","type":"function","function":'
        '{"name":"f","arguments":' + json.dumps(nest(depth)) + '}}]},"finish_reason":"stop"}]}'
    ),
    lambda depth: '{"error":{"message":' + nest(depth) + "}}",
    lambda depth: '{"usage":' + "[" * depth + "1" + "]" * depth + "}",
    lambda depth: (
        '{"content":[{"type":"tool_use","id":"1","name":"f","input":'
        + nest(depth)
        + '}],"stop_reason":"tool_use"}'
    ),
    lambda depth: (
        '{"candidates":[{"content":{"parts":[{"functionCall":{"name":"f","args":'
        + nest(depth)
        + '}}]},"finishReason":"STOP"}]}'
    ),
]


@pytest.mark.parametrize("model", ["openai/m", "anthropic/m", "gemini/m"])
def test_what_is_nested_deeply_is_read_or_is_an_error_of_ours(serve: Serve, model: str) -> None:
    sent: list[str] = []

    def answer(exchange: Exchange) -> None:
        kind = "text/event-stream" if sent[0].startswith("data:") else "application/json"
        exchange.reply(sent[0].encode(), headers=f"content-type: {kind}\r\n")

    url = serve(answer).url
    builder = make_builder(model).base_url(f"{url}/v1").max_inflight(1)
    ends = set()
    with builder.build() as client:
        for make_body in BODIES:
            for depth in (300, 600, 900, 5_000, 100_000):
                for ask, form in ((execute, "{}"), (stream, "data: {}\n\ndata: [DONE]\n\n")):
                    sent[:] = [form.replace("{}", make_body(depth))]
                    ends.add(ending(partial(ask, client)))
                    assert client.current_inflight == 0
    assert DecodeError in ends
    assert EmptyResponse in ends


def ending(ask: Callable[[], str]) -> object:
    """Return the type of the error, or what was answered."""
    try:
        return ask()
    except AiLibError as error:
        return type(error)


ENDLESS = [
    {"$ref": "#"},
    {"properties": {"a": {"$ref": "#/$defs/b"}}, "$defs": {"b": {"$ref": "#/$defs/b"}}},
    {"type": "object", "allOf": [{"$ref": "#"}]},
    {"type": "object", "not": {"anyOf": [{"type": "null"}, {"$ref": "#"}]}},
]  # fmt: skip


def test_a_schema_without_end_is_refused_before_it_is_sent() -> None:
    with MockProvider([Reply(text=nest(800))] * 9) as mock:
        with mock.client("openai/gpt-4o") as client:
            for schema in ENDLESS:
                with pytest.raises(TypeError, match="without end"):
                    client.chat().user("?").execute_structured(schema)
            assert mock.requests == []
            tree = {"type": "object", "properties": {"a": {"$ref": "#"}}}
            with pytest.raises(AiLibError):
                client.chat().user("?").execute_structured(tree)
            deep: dict[str, object] = {"type": "string"}
            for _ in range(300):
                deep = {"type": "object", "properties": {"a": deep}}
            with pytest.raises(RequestError, match="nested too deep"):
                client.chat().user("?").execute_structured(deep)


def test_only_exhaustion_is_explained() -> None:
    import errno

    from ai_lib.errors.exceptions import explain_exhaustion

    assert explain_exhaustion(OSError(errno.EPERM, "no")) is None
    assert explain_exhaustion(TimeoutError()) is None
    assert isinstance(explain_exhaustion(OSError(errno.ENOSPC, "full")), TransportError)
