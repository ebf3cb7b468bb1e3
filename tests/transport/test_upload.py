"""Forms with files: what goes out, read while it is sent."""

from __future__ import annotations

import io
import os
import tracemalloc
from email.parser import BytesParser
from email.policy import HTTP
from pathlib import Path

import pytest

from ai_lib._runtime.backend import fail_after
from ai_lib.errors.exceptions import ConnectionLost, RequestError, TransportTimeout
from ai_lib.transport import HttpTransport, TransportOptions
from ai_lib.transport.connections.connection import Connection
from ai_lib.types import FilePart, TimeoutOptions
from ai_lib.types.upload import Multipart
from ai_lib.types.wire import HttpRequest
from tests.servers.scripted import PATIENCE, Exchange, Received, ScriptedServer
from tests.transport.calls import PATIENT
from tests.transport.conftest import Serve

pytestmark = pytest.mark.usefixtures("either_reader")

Part = tuple[str, "str | None", str, bytes]


def ok(exchange: Exchange) -> None:
    exchange.reply(b"ok")


def request(server: ScriptedServer, form: Multipart) -> HttpRequest:
    return HttpRequest(
        url=f"{server.url}/files", headers=(("Content-Type", form.content_type),), body=form
    )


async def send(server: ScriptedServer, form: Multipart) -> None:
    async with HttpTransport() as transport:
        async with await transport.send(request(server, form), PATIENT) as reply:
            assert await reply.read() == b"ok"
        assert transport.stats().active == 0


def parts(received: Received) -> list[Part]:
    """The form as the standard library's parser understands it."""
    head = f"content-type: {received.headers['content-type']}\r\n\r\n".encode()
    message = BytesParser(policy=HTTP).parsebytes(head + received.body)
    return [
        (
            str(part.get_param("name", header="content-disposition")),
            part.get_filename(),
            part.get_content_type(),
            part.get_payload(decode=True),
        )
        for part in message.iter_parts()
    ]


class OneWay(io.RawIOBase):
    """A file that can be read once, as a pipe."""

    def __init__(self, data: bytes) -> None:
        self._data = io.BytesIO(data)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        return self._data.readinto(buffer)  # type: ignore[arg-type]


async def test_fields_and_files_arrive_as_they_are(serve: Serve, tmp_path: Path) -> None:
    server = serve(ok)
    path = tmp_path / "speech.mp3"
    path.write_bytes(b"\x00\xff sound")
    opened = io.BytesIO(b"skipped, sent")
    opened.seek(9)
    form = Multipart(
        {
            "model": "whisper",
            "temperature": 0.5,
            "stream": False,
            "words[]": ["a", "b"],
            "options": {"deep": [1]},
            "absent": None,
        },
        {
            "file": path,
            "bytes": b"plain",
            "opened": opened,
            "told": FilePart(content=b"x", filename="x.wav", content_type="audio/wav"),
        },
    )
    await send(server, form)

    received = server.received[0]
    assert parts(received) == [
        ("model", None, "text/plain", b"whisper"),
        ("temperature", None, "text/plain", b"0.5"),
        ("stream", None, "text/plain", b"false"),
        ("words[]", None, "text/plain", b"a"),
        ("words[]", None, "text/plain", b"b"),
        ("options", None, "application/json", b'{"deep":[1]}'),
        ("file", "speech.mp3", "audio/mpeg", b"\x00\xff sound"),
        ("bytes", "upload", "application/octet-stream", b"plain"),
        ("opened", "upload", "application/octet-stream", b"sent"),
        ("told", "x.wav", "audio/wav", b"x"),
    ]
    assert int(received.headers["content-length"]) == len(received.body) == form.length
    assert "transfer-encoding" not in received.headers
    assert not opened.closed


async def test_a_name_cannot_end_its_header(serve: Serve) -> None:
    server = serve(ok)
    part = FilePart(content=b"x", filename='a"\r\nx-evil: 1\r\n\r\nä.txt', content_type="a\r\nb: c")
    await send(server, Multipart({'q"': "1"}, {"file": part}))
    body = server.received[0].body
    assert 'filename="a%22%0D%0Ax-evil: 1%0D%0A%0D%0Aä.txt"'.encode() in body
    assert b'name="q%22"\r\n\r\n1' in body
    assert b"Content-Type: a%0D%0Ab: c\r\n\r\nx\r\n" in body


async def test_a_file_of_unknown_length_is_sent_in_chunks(serve: Serve) -> None:
    server = serve(ok)
    data = os.urandom(300_000)
    form = Multipart({}, {"file": io.BufferedReader(OneWay(data))})
    assert form.length is None
    await send(server, form)
    received = server.received[0]
    assert received.headers["transfer-encoding"] == "chunked"
    assert "content-length" not in received.headers
    assert parts(received) == [("file", "upload", "application/octet-stream", data)]


async def test_a_large_file_is_never_in_memory_as_a_whole(serve: Serve, tmp_path: Path) -> None:
    server = serve(ok)
    server.forgotten = True
    path = tmp_path / "large.bin"
    with path.open("wb") as file:
        file.truncate(64 * 1024 * 1024)
    tracemalloc.start()
    await send(server, Multipart({}, {"file": path}))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 8 * 1024 * 1024


async def test_a_form_that_crosses_the_servers_goodbye_is_sent_anew_if_it_can_be(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Connection, "has_expired", lambda _: False)
    server = serve(ok)
    async with HttpTransport() as transport:
        for content in (io.BytesIO(b"one"), io.BytesIO(b"two")):
            form = Multipart({}, {"file": content})
            async with await transport.send(request(server, form), PATIENT) as reply:
                assert await reply.read() == b"ok"
            server.close_connections()
            assert server.wait_for_open_connections(0)
        once = Multipart({}, {"file": io.BufferedReader(OneWay(b"once"))})
        with pytest.raises(ConnectionLost) as caught:
            await transport.send(request(server, once), PATIENT)
        assert not caught.value.request_sent
        with pytest.raises(RequestError, match="once and for all"):
            await transport.send(request(server, once), PATIENT)
        assert transport.stats().active == 0
    assert [b"one" in one.body for one in server.received] == [True, False]


@pytest.mark.parametrize(
    "content",
    ["text", 7, None, io.StringIO("text")],
    ids=["text", "a number", "nothing", "a text file"],
)
def test_what_is_no_file_is_refused(content: object) -> None:
    with pytest.raises(RequestError, match="bytes, a pathlib"):
        Multipart({}, {"file": content})  # type: ignore[dict-item]


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(RequestError, match=r"'speech'.*nowhere\.mp3"):
        Multipart({}, {"speech": tmp_path / "nowhere.mp3"})
    closed = io.BytesIO()
    closed.close()
    with pytest.raises(RequestError, match="'speech' can't be read"):
        Multipart({}, {"speech": closed})


@pytest.mark.parametrize("size", [5, 50])
async def test_a_file_that_changes_its_size_is_an_error_and_frees_the_connection(
    serve: Serve, tmp_path: Path, size: int
) -> None:
    server = serve(ok)
    path = tmp_path / "file"
    path.write_bytes(b"x" * 20)
    form = Multipart({}, {"file": path})
    path.write_bytes(b"x" * size)
    async with HttpTransport() as transport:
        with pytest.raises(RequestError, match="changed its size"):
            await transport.send(request(server, form), PATIENT)
        assert transport.stats().active == 0
    assert server.received == []


async def test_a_file_that_vanishes_or_gives_text_is_an_error(serve: Serve, tmp_path: Path) -> None:
    server = serve(ok)
    path = tmp_path / "file"
    path.write_bytes(b"x")
    gone = Multipart({}, {"file": path})
    path.unlink()

    class Text:
        def read(self, _: int) -> str:
            return "text"

    async with HttpTransport() as transport:
        with pytest.raises(RequestError, match="can't be read while it is sent"):
            await transport.send(request(server, gone), PATIENT)
        with pytest.raises(RequestError, match="binary mode"):
            text = Multipart({}, {"file": Text()})  # type: ignore[dict-item]
            await transport.send(request(server, text), PATIENT)
        assert transport.stats().active == 0


async def test_an_early_refusal_of_a_large_file_is_heard(serve: Serve, tmp_path: Path) -> None:
    server = serve(
        lambda exchange: exchange.reply(b"too large", 413, headers="connection: close\r\n")
    )
    server.max_body = 10
    path = tmp_path / "large.bin"
    with path.open("wb") as file:
        file.truncate(64 * 1024 * 1024)
    form = Multipart({}, {"file": path})
    async with HttpTransport() as transport:
        async with await transport.send(request(server, form), PATIENT) as reply:
            assert reply.status == 413
        assert transport.stats().idle == 0


async def test_the_timeouts_hold_while_a_form_is_sent(serve: Serve, tmp_path: Path) -> None:
    server = serve(lambda exchange: exchange.pause(PATIENCE))
    server.max_body = 10
    path = tmp_path / "large.bin"
    with path.open("wb") as file:
        file.truncate(64 * 1024 * 1024)
    form = Multipart({}, {"file": path})
    async with HttpTransport(TransportOptions()) as transport:
        with pytest.raises(TransportTimeout) as caught:
            await transport.send(request(server, form), TimeoutOptions(total=0.3))
        assert caught.value.timeout_name == "total"
        with pytest.raises(TransportTimeout) as caught:
            await transport.send(request(server, form), TimeoutOptions(idle=0.2))
        assert caught.value.timeout_name == "write"
        with pytest.raises(TimeoutError), fail_after(0.2):
            await transport.send(request(server, form), PATIENT)
        assert transport.stats().active == 0
