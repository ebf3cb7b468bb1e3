"""httpcore's log tells no key of ours that a server says back, and is else what it was."""

import logging
from base64 import b64encode

import pytest

from ai_lib.errors import TransportError
from ai_lib.transport import HttpTransport, TransportOptions
from ai_lib.types.wire import HttpRequest
from tests.servers.scripted import Exchange
from tests.transport.calls import PATIENT
from tests.transport.conftest import Serve

KEY = "canary-key-0123/456+789"
OTHER = "nobodys-key-0123456789"


def say_back(exchange: Exchange) -> None:
    login = b64encode(f"me:{KEY}".encode()).decode()
    said = f"x-key: {KEY}\r\nx-login: Basic {login}\r\nx-other: {OTHER}\r\n"
    exchange.reply(b"ok", headers=said)


def requests(url: str) -> list[HttpRequest]:
    """The same key as a header, and as a parameter."""
    header = (("Authorization", f"Bearer {KEY}"),)
    return [
        HttpRequest(url=url, headers=header, secrets=frozenset({"authorization"})),
        HttpRequest(url=f"{url}/?key=canary-key-0123%2F456%2B789", secrets=frozenset({"key"})),
    ]


async def test_httpcore_logs_no_key_that_is_said_back(
    serve: Serve, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    server = serve(say_back)
    async with HttpTransport(TransportOptions(reader="httpcore")) as transport:
        for request in requests(server.url):
            caplog.clear()
            async with await transport.send(request, PATIENT) as reply:
                assert reply.headers.get("x-key") == KEY
                assert await reply.read() == b"ok"
            (told,) = [one for one in caplog.messages if "headers.complete return" in one]
            assert "x-key', b'***'" in told
            assert OTHER in told
            assert KEY not in caplog.text
            assert b64encode(f"me:{KEY}".encode()).decode()[4:-4] not in caplog.text


@pytest.mark.parametrize("ending", [f"{KEY}\r\n", f"2\r\nok{KEY}\r\n0\r\n\r\n", f"5;{KEY}\r\nok"])
async def test_httpcore_logs_no_key_in_a_broken_body(
    serve: Serve, caplog: pytest.LogCaptureFixture, ending: str
) -> None:
    def break_off(exchange: Exchange) -> None:
        exchange.send(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n" + ending.encode())
        exchange.abort()

    caplog.set_level(logging.DEBUG)
    server = serve(break_off)
    async with HttpTransport(TransportOptions(reader="httpcore")) as transport:
        for request in requests(server.url):
            async with await transport.send(request, PATIENT) as reply:
                with pytest.raises(TransportError) as caught:
                    await reply.read()
            assert KEY not in str(caught.value)
    assert "receive_response_body.failed" in caplog.text
    assert KEY not in caplog.text


async def test_what_has_no_key_is_logged_as_it_is(
    serve: Serve, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    server = serve(say_back)
    async with HttpTransport(TransportOptions(reader="httpcore")) as transport:
        for request in [*requests(server.url), HttpRequest(url=server.url)]:
            caplog.clear()
            async with await transport.send(request, PATIENT) as reply:
                await reply.read()
    assert KEY in caplog.text


async def test_our_own_reader_logs_nothing(serve: Serve, caplog: pytest.LogCaptureFixture) -> None:
    pytest.importorskip("httptools")
    caplog.set_level(logging.DEBUG)
    server = serve(say_back)
    async with HttpTransport() as transport:
        async with await transport.send(requests(server.url)[0], PATIENT) as reply:
            await reply.read()
    assert not [one for one in caplog.records if one.name.startswith(("httpcore", "ai_lib"))]
