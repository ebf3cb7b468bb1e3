"""The bytes of RESP 2, by the examples of its specification, in any pieces."""

import pytest

from ai_lib.distributed.resp import ErrorReply, ProtocolViolation, RespParser, encode, key_slot

REPLIES = [
    (b"+OK\r\n", b"OK"),
    (b":1000\r\n", 1000),
    (b":-1\r\n", -1),
    (b"$5\r\nhello\r\n", b"hello"),
    (b"$0\r\n\r\n", b""),
    (b"$-1\r\n", None),
    (b"*-1\r\n", None),
    (b"*0\r\n", []),
    (b"*2\r\n$3\r\na\r\n\r\n:7\r\n", [b"a\r\n", 7]),
    (b"*2\r\n*1\r\n:1\r\n$-1\r\n", [[1], None]),
]


@pytest.mark.parametrize(("octets", "value"), REPLIES)
@pytest.mark.parametrize("size", [1, 3, 1000])
def test_a_reply_is_read_in_pieces_of_any_size(octets: bytes, value: object, size: int) -> None:
    parser = RespParser()
    stream = octets + octets
    for start in range(0, len(stream), size):
        parser.feed(stream[start : start + size])
    assert [parser.take(), parser.take()] == [value, value]
    assert not parser.has_reply


def test_an_error_reply_has_its_kind() -> None:
    parser = RespParser()
    parser.feed(b"-MOVED 3999 127.0.0.1:6381\r\n")
    reply = parser.take()
    assert isinstance(reply, ErrorReply)
    assert (reply.kind, reply.rest) == ("MOVED", "3999 127.0.0.1:6381")


@pytest.mark.parametrize(
    "octets",
    [
        b"HTTP/1.1 400 Bad Request\r\n",
        b":x\r\n",
        b"$9999999999\r\n",
        b"$2\r\nabcd",
        b"*-7\r\n",
        b"*1\r\n" * 40,
        b"+" + b"x" * 100_000,
    ],
)
def test_what_is_no_reply_is_refused(octets: bytes) -> None:
    with pytest.raises(ProtocolViolation):
        RespParser().feed(octets)


def test_a_command_is_a_list_of_texts_with_their_lengths() -> None:
    assert encode(["SET", "ä", b"\r\n", 7]) == (
        b"*4\r\n$3\r\nSET\r\n$2\r\n\xc3\xa4\r\n$2\r\n\r\n\r\n$1\r\n7\r\n"
    )


def test_a_slot_is_that_of_the_hash_tag() -> None:
    # CRC16 of "123456789" is 0x31C3, by the specification of clusters.
    assert key_slot("123456789") == 0x31C3 % 16384
    assert key_slot("{user1000}.following") == key_slot("{user1000}.followers")
    assert key_slot("foo{}{bar}") != key_slot("bar")
    assert key_slot("foo{{bar}}zap") == key_slot("{bar")
