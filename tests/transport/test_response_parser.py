"""Replies taken apart byte by byte and all at once: heads, bodies, ends, and what is refused."""

import pytest

pytest.importorskip("httptools")

from ai_lib.transport.errors import RemoteProtocolError
from ai_lib.transport.http.response_parser import ResponseParser

OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"transfer-encoding: chunked\r\n\r\n"


def parse(*parts: bytes, method: str = "POST", limit: int = 1000) -> tuple[ResponseParser, bytes]:
    """Feed all parts; give the parser and the body it found."""
    parser = ResponseParser(method, limit)
    body = b""
    for part in parts:
        parser.check()
        body += parser.feed(part)
    return parser, body


def one_by_one(data: bytes) -> list[bytes]:
    return [data[at : at + 1] for at in range(len(data))]


WHOLE = {
    "a length": (OK + b"content-length: 4\r\n\r\nbody", b"body", True),
    "no body": (OK + b"content-length: 0\r\n\r\n", b"", True),
    "chunks": (CHUNKED + b"1\r\na\r\n2;x=y\r\nbc\r\n0\r\n\r\n", b"abc", True),
    "trailing fields": (CHUNKED + b"1\r\na\r\n0\r\nx-t: v\r\nx-u: w\r\n\r\n", b"a", True),
    "a filled-up size": (CHUNKED + b"1  \r\na\r\n0\r\n\r\n", b"a", True),
    "close": (OK + b"connection: Keep, Close\r\ncontent-length: 1\r\n\r\na", b"a", False),
    "HTTP/1.0": (b"HTTP/1.0 200 OK\r\ncontent-length: 1\r\n\r\na", b"a", False),
    "nothing to say": (b"HTTP/1.1 204 No\r\n\r\n", b"", True),
    "not modified": (b"HTTP/1.1 304 Not\r\ncontent-length: 10\r\n\r\n", b"", True),
    "no reason": (b"HTTP/1.1 200\r\ncontent-length: 1\r\n\r\na", b"a", True),
    "an upgrade that is offered": (
        OK + b"connection: upgrade\r\nupgrade: h2c\r\ncontent-length: 1\r\n\r\na",
        b"a",
        True,
    ),
    "interim replies": (
        b"HTTP/1.1 100 Go\r\n\r\nHTTP/1.1 103 Hints\r\nlink: x\r\n\r\n"
        + OK
        + b"content-length: 1\r\n\r\na",
        b"a",
        True,
    ),
    "lines without CR": (b"HTTP/1.1 200 OK\nx: y\ncontent-length: 1\n\na", b"a", True),
}


@pytest.mark.parametrize("case", WHOLE)
def test_a_whole_reply_ends_by_itself_however_it_is_cut(case: str) -> None:
    data, expected, keeps = WHOLE[case]
    for parts in ([data], one_by_one(data)):
        parser, body = parse(*parts)
        assert (body, parser.is_complete, parser.keeps_alive) == (expected, True, keeps)
        assert parser.head is not None
        assert "link" not in parser.head.headers
        assert "x-t" not in parser.head.headers


@pytest.mark.parametrize("case", WHOLE)
@pytest.mark.parametrize("more", [b"X", OK + b"content-length: 4\r\n\r\nevil", b"5\r\nevil!\r\n"])
def test_bytes_behind_a_reply_spoil_the_connection_and_not_the_reply(
    case: str, more: bytes
) -> None:
    data, expected, _ = WHOLE[case]
    parser, body = parse(data + more)
    assert (body, parser.is_complete, parser.keeps_alive) == (expected, True, False)
    parser.check()


def test_the_reply_to_head_has_no_body_whatever_it_announces() -> None:
    for field in (b"content-length: 9", b"transfer-encoding: chunked", b"x: y"):
        parser, body = parse(OK + field + b"\r\n\r\n", method="HEAD")
        assert (body, parser.is_complete, parser.keeps_alive) == (b"", True, True)
    assert not parse(OK + b"content-length: 1\r\n\r\na", method="HEAD")[0].keeps_alive


def test_all_chunks_of_one_read_are_one_piece() -> None:
    parser = ResponseParser("POST", 1000)
    assert parser.feed(CHUNKED + b"1\r\na\r\n1\r\nb\r\n2\r\nc") == b"abc"
    assert parser.feed(b"d\r\n1\r\ne\r\n0\r\n\r\n") == b"de"


def test_a_body_without_a_length_lasts_until_the_end() -> None:
    parser, body = parse(b"HTTP/1.0 200 OK\r\n\r\nab", b"cd")
    assert (body, parser.is_complete) == (b"abcd", False)
    parser.finish()
    assert (parser.is_complete, parser.keeps_alive) == (True, False)


def test_the_head_is_given_as_it_was_sent() -> None:
    parser, _ = parse(
        b"HTTP/1.1 201 Made \xe9\r\nX-Name: caf\xe9\r\nx-twice: 1\r\nX-Twice: 2\r\nempty:\r\n"
        b"folded: one\r\n  two\r\n\tthree\r\ncontent-length: 0\r\n\r\n"
    )
    assert parser.head is not None
    assert (parser.head.status, parser.head.http_version) == (201, "1.1")
    headers = parser.head.headers
    assert headers["x-name"] == "caf\xe9"
    assert headers.get_all("x-twice") == ["1", "2"]
    assert headers["empty"] == ""
    assert headers["folded"] == "one two three"


REFUSED = {
    "no HTTP": b"SSH-2.0-x",
    "another protocol": b"ICY 200 OK\r\n\r\n",
    "the second version": b"HTTP/2.0 200 OK\r\n\r\n",
    "no status": b"HTTP/1.1 OK\r\n\r\n",
    "a field without a name": OK + b": x\r\n\r\n",
    "a space before the colon": OK + b"x : y\r\n\r\n",
    "a zero byte": OK + b"x: a\0b\r\n\r\n",
    "two lengths": OK + b"content-length: 1\r\ncontent-length: 2\r\n\r\n",
    "a list of lengths": OK + b"content-length: 1, 2\r\n\r\n",
    "a negative length": OK + b"content-length: -1\r\n\r\n",
    "a length and chunks": OK + b"content-length: 1\r\ntransfer-encoding: chunked\r\n\r\n",
    "an unknown coding": OK + b"transfer-encoding: gzip\r\n\r\n",
    "two codings": OK + b"transfer-encoding: gzip, chunked\r\n\r\n",
    "another protocol, unasked": b"HTTP/1.1 101 Go\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n",
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_no_reply_is_refused_at_once(case: str) -> None:
    for parts in ([REFUSED[case]], one_by_one(REFUSED[case])):
        with pytest.raises(RemoteProtocolError):
            parse(*parts)


@pytest.mark.parametrize("bad", [b"zz\r\n", b"fffffffffffffffff\r\n", b"1\r\nbcd\r\n", b"\r\n"])
def test_what_stands_before_a_bad_chunk_is_given_first(bad: bytes) -> None:
    parser = ResponseParser("POST", 1000)
    assert parser.feed(CHUNKED + b"1\r\na\r\n" + bad).startswith(b"a")
    assert not parser.is_complete
    with pytest.raises(RemoteProtocolError):
        parser.check()


UNFINISHED = {
    "nothing": (b"", "without a response"),
    "half a head": (b"HTTP/1.1 200", "after the beginning"),
    "half a body": (OK + b"content-length: 9\r\n\r\nhalf", "received 4 bytes, expected 9"),
    "half a chunk": (CHUNKED + b"9\r\nhalf", "incomplete chunked read"),
    "no last chunk": (CHUNKED + b"4\r\nfull\r\n", "incomplete chunked read"),
    "half an end": (CHUNKED + b"4\r\nfull\r\n0\r\n", "incomplete chunked read"),
    "an interim reply": (b"HTTP/1.1 100 Go\r\n\r\n", "without a response"),
}


@pytest.mark.parametrize("case", UNFINISHED)
def test_an_end_before_the_end_is_told(case: str) -> None:
    data, told = UNFINISHED[case]
    parser, _ = parse(*one_by_one(data))
    with pytest.raises(RemoteProtocolError, match=told):
        parser.finish()


@pytest.mark.parametrize("filler", [b"1;x=", b"0\r\n" + b"x: y\r\n" * 50])
def test_what_comes_between_the_pieces_of_a_body_is_bounded(filler: bytes) -> None:
    parser = ResponseParser("POST", 1000)
    parser.feed(CHUNKED + filler)
    with pytest.raises(RemoteProtocolError, match="over 1000 bytes"):
        for _ in range(11):
            parser.feed(b"z" * 100)
