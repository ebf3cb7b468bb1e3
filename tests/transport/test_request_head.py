"""What a request's head is made of, and that it is made once."""

import traceback

import pytest

from ai_lib.errors.exceptions import RequestError
from ai_lib.transport.http.request_head import RequestHead, RequestHeads
from ai_lib.transport.http.url import parse_target
from ai_lib.types.wire import HttpRequest

_URL = "http://127.0.0.1:8080/v1/chat"
_TARGET = parse_target(_URL)


def _request(method: str = "POST", **headers: str) -> HttpRequest:
    return HttpRequest(method=method, url=_URL, headers=tuple(headers.items()))


def _head(request: HttpRequest) -> RequestHead:
    return RequestHead(_TARGET, request, "agent/1")


def test_the_length_of_the_body_stands_between_our_fields_and_those_of_the_request() -> None:
    head = _head(_request(Authorization="Bearer k", **{"Content-Length": "9"}))

    lines = head.encode(b"four").decode().split("\r\n")

    assert lines[0] == "POST /v1/chat HTTP/1.1"
    assert lines[1] == "Host: 127.0.0.1:8080"
    assert lines[3:] == [
        "User-Agent: agent/1",
        "Content-Length: 4",
        "Authorization: Bearer k",
        "",
        "",
    ]
    assert head.encode(b"") == head.encode(b"four").replace(b"Length: 4", b"Length: 0")


def test_what_has_no_body_says_no_length() -> None:
    assert b"content-length" not in _head(_request("GET")).encode(b"").lower()


def test_what_the_request_says_itself_is_not_said_twice() -> None:
    written = _head(_request(host="other", **{"user-agent": "mine"})).encode(b"")

    assert written.lower().count(b"host:") == 1
    assert b"user-agent: mine\r\n" in written
    assert b"agent/1" not in written


@pytest.mark.parametrize("said", ["close", "keep-alive, Close"])
def test_it_knows_that_it_asks_to_close_the_connection(said: str) -> None:
    assert _head(_request(Connection=said)).closes_connection
    assert not _head(_request(Connection="keep-alive")).closes_connection
    assert not _head(_request()).closes_connection


@pytest.mark.parametrize("value", ["a\r\nb", "a\0b", "\u20ac"])
def test_a_header_that_http_does_not_allow_is_refused_without_its_value(value: str) -> None:
    heads = RequestHeads("agent/1")
    for _ in range(2):  # what failed is not remembered
        with pytest.raises(RequestError) as caught:
            heads.get(_TARGET, _request(Key=value))
        assert value not in str(caught.value)


def test_requests_that_are_alike_share_a_head_and_others_do_not() -> None:
    heads = RequestHeads("agent/1")
    first = heads.get(_TARGET, _request(Key="a"))

    assert heads.get(_TARGET, _request(Key="a")) is first
    assert heads.get(_TARGET, _request(Key="b")).encode(b"") != first.encode(b"")
    assert heads.get(_TARGET, _request("PUT", Key="a")).encode(b"").startswith(b"PUT ")
    other = parse_target("http://127.0.0.1:8080/v2")
    assert heads.get(other, _request(Key="a")).target is other


def test_only_so_many_are_remembered_and_none_once_they_are_to_be_forgotten() -> None:
    heads = RequestHeads("agent/1")
    for number in range(1000):
        heads.get(_TARGET, _request(Key=f"{number}"))
        assert len(heads._heads) <= 64

    heads.clear()

    assert not heads._heads


def test_no_frame_of_a_refusal_shows_a_credential() -> None:
    heads = RequestHeads("agent/1")
    with pytest.raises(RequestError) as caught:
        heads.get(_TARGET, _request(Authorization="Bearer s3cret", Key="a\nb"))

    shown = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    outer = [frame for frame in shown.stack if frame.name in ("get", "<module>")]
    assert outer
    assert all("s3cret" not in str(frame.locals) for frame in outer)
