"""The loopback server speaks HTTP/1.1 properly and leaves nothing behind."""

import http.client
import json
import socket
import threading
import warnings

import pytest

from ai_lib.testing import Reply
from tests.testing.wire import CREDENTIALS, PROVIDERS, MockServer, make_request, read_response

# 10 MB in 5,000 frames: more than the buffers of two sockets hold.
LARGE = Reply(text=["w" * 2_000] * 5_000)


def test_a_connection_serves_any_number_of_requests(mock_server: MockServer) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", mock_server.server.port, timeout=10)
    path, body = make_request("openai", True)

    for _ in range(20):
        connection.request("POST", path, json.dumps(body), CREDENTIALS["openai"])
        assert read_response(connection.getresponse()).status == 200
    connection.close()

    assert mock_server.server.accepted == 1
    assert len(mock_server.service.requests) == 20


def test_many_connections_at_once(mock_server: MockServer) -> None:
    statuses: list[int] = []
    threads = [
        threading.Thread(target=lambda: statuses.append(mock_server.ask("openai").status))
        for _ in range(30)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert statuses == [200] * 30
    assert mock_server.server.accepted == 30


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize("sent", [{}, {"authorization": "Bearer "}, {"x-api-key": ""}])
def test_a_missing_or_empty_key_is_401(
    mock_server: MockServer, provider: str, sent: dict[str, str]
) -> None:
    path, body = make_request(provider, False)

    answer = mock_server.post(path, json.dumps(body).encode(), sent)

    assert answer.status == 401
    assert "error" in answer.json


@pytest.mark.parametrize("provider", PROVIDERS)
def test_an_unknown_path_is_404(mock_server: MockServer, provider: str) -> None:
    answer = mock_server.post(f"/{provider}/nothing", headers=CREDENTIALS[provider])

    assert answer.status == 404
    assert "/nothing" in answer.json["error"]["message"]


def test_an_unknown_provider_is_404_with_near_matches(mock_server: MockServer) -> None:
    answer = mock_server.post("/opena/chat/completions")

    assert answer.status == 404
    assert "openai" in answer.json["error"]["message"]
    assert mock_server.service.requests[0].provider == ""


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xff"])
def test_a_body_that_is_no_object_is_400(mock_server: MockServer, body: bytes) -> None:
    answer = mock_server.post("/openai/chat/completions", body, CREDENTIALS["openai"])

    assert answer.status == 400
    assert "JSON" in answer.json["error"]["message"]


def test_the_path_may_have_the_providers_own_root_and_alias(mock_server: MockServer) -> None:
    path, body = make_request("gemini", False)
    path = path.replace("/gemini/", "/google/v1beta/")

    assert mock_server.post(path, json.dumps(body).encode(), CREDENTIALS["gemini"]).status == 200


def test_what_is_not_http_is_refused(mock_server: MockServer) -> None:
    with socket.create_connection(("127.0.0.1", mock_server.server.port), timeout=10) as sock:
        sock.sendall(b"hello\r\n\r\n")
        assert sock.recv(1000).startswith(b"HTTP/1.1 400")


def test_a_caller_may_hang_up_at_any_time(mock_server: MockServer) -> None:
    mock_server.service.enqueue([LARGE])
    path, body = make_request("openai", True)
    connection = http.client.HTTPConnection("127.0.0.1", mock_server.server.port, timeout=60)
    connection.request("POST", path, json.dumps(body), CREDENTIALS["openai"])
    response = connection.getresponse()
    assert response.read(100)
    connection.close()
    response.close()

    assert mock_server.ask("openai").status == 200


@pytest.mark.parametrize(
    "script",
    [Reply(delay=60), Reply(text="a b", pause=60), Reply(linger=60), LARGE],
    ids=["before the head", "between frames", "before the end", "while sending"],
)
def test_stopping_interrupts_what_is_being_sent(script: Reply) -> None:
    mock_server = MockServer()
    mock_server.service.enqueue([script])
    path, body = make_request("openai", True)
    before = set(threading.enumerate())
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        connection = http.client.HTTPConnection("127.0.0.1", mock_server.server.port, timeout=10)
        connection.request("POST", path, json.dumps(body), CREDENTIALS["openai"])
        mock_server.wait_for_a_request()
        mock_server.server.stop()
        connection.close()

    assert set(threading.enumerate()) < before
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", mock_server.server.port), timeout=1)
