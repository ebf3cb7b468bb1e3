# Generated from tests/transport/test_log_filter.py by codegen; do not edit.
"""httpcore's log tells no key of ours that a server says back, and is else what it was."""

import logging
from base64 import b64encode

import pytest

from ai_lib.types.wire import HttpRequest
from ai_lib_sync.errors import TransportError
from ai_lib_sync.transport import HttpTransport, TransportOptions
from tests._sync.transport.conftest import Serve
from tests.servers.scripted import Exchange
from tests.transport.calls import PATIENT

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


def test_httpcore_logs_no_key_that_is_said_back(
    serve: Serve, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    server = serve(say_back)
    with HttpTransport(TransportOptions(reader="httpcore")) as transport:
        for request in requests(server.url):
            caplog.clear()
            with transport.send(request, PATIENT) as reply:
                assert reply.headers.get("x-key") == KEY
                assert reply.read() == b"ok"
            (told,) = [one for one in caplog.messages if "headers.complete return" in one]
            assert "x-key', b'***'" in told
            assert OTHER in told
            assert KEY not in caplog.text
            assert b64encode(f"me:{KEY}".encode()).decode()[4:-4] not in caplog.text


@pytest.mark.parametrize("ending", [f"{KEY}\r\n", f"2\r\nok{KEY}\r\n0\r\n\r\n", f"5;{KEY}\r\nok"])
def test_httpcore_logs_no_key_in_a_broken_body(
    serve: Serve, caplog: pytest.LogCaptureFixture, ending: str
) -> None:
    def break_off(exchange: Exchange) -> None:
        exchange.send(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n" + ending.encode())
        exchange.abort()

    caplog.set_level(logging.DEBUG)
    server = serve(break_off)
    with HttpTransport(TransportOptions(reader="httpcore")) as transport:
        for request in requests(server.url):
            with transport.send(request, PATIENT) as reply:
                with pytest.raises(TransportError) as caught:
                    reply.read()
            assert KEY not in str(caught.value)
    assert "receive_response_body.failed" in caplog.text
    assert KEY not in caplog.text


def test_what_has_no_key_is_logged_as_it_is(serve: Serve, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    server = serve(say_back)
    with HttpTransport(TransportOptions(reader="httpcore")) as transport:
        for request in [*requests(server.url), HttpRequest(url=server.url)]:
            caplog.clear()
            with transport.send(request, PATIENT) as reply:
                reply.read()
    assert KEY in caplog.text


def test_our_own_reader_logs_nothing(serve: Serve, caplog: pytest.LogCaptureFixture) -> None:
    pytest.importorskip("httptools")
    caplog.set_level(logging.DEBUG)
    server = serve(say_back)
    with HttpTransport() as transport:
        with transport.send(requests(server.url)[0], PATIENT) as reply:
            reply.read()
    assert not [one for one in caplog.records if one.name.startswith(("httpcore", "ai_lib"))]
