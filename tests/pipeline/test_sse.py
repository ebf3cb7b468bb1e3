"""Server-sent events, however they are written and cut (WHATWG HTML, section 9.2.6)."""

import pytest

from ai_lib.errors.exceptions import ResponseTooLarge
from ai_lib.pipeline import AnthropicSseDecoder, SseDecoder
from ai_lib.pipeline.decoders.frame import Frame

BOM = b"\xef\xbb\xbf"


def data(*chunks: bytes) -> list[bytes]:
    decoder = SseDecoder()
    frames = [frame for chunk in chunks for frame in decoder.feed(chunk)]
    return [frame.data for frame in frames + decoder.close()]


CASES = {
    "LF": (b"data: a\n\ndata: b\n\n", [b"a", b"b"]),
    "CRLF": (b"data: a\r\n\r\ndata: b\r\n\r\n", [b"a", b"b"]),
    "CR": (b"data: a\r\rdata: b\r\r", [b"a", b"b"]),
    "mixed ends": (b"data: a\r\n\ndata: b\n\r\ndata: c\r\r\ndata: d\n\r", [b"a", b"b", b"c", b"d"]),
    "BOM": (BOM + b"data: a\n\n", [b"a"]),
    "BOM before a comment": (BOM + b": hello\n\ndata: a\n\n", [b"a"]),
    "only the first BOM is one": (b"data: a\n\n" + BOM + b"data: b\n\n", [b"a"]),
    "no space": (b"data:a\n\n", [b"a"]),
    "two spaces: one belongs to the data": (b"data:  a\n\n", [b" a"]),
    "several data lines join with LF": (b"data: {\ndata: }\n\n", [b"{\n}"]),
    "several data lines that end in CRLF": (b"data: {\r\ndata: }\r\n\r\n", [b"{\n}"]),
    "several data lines that end in CR": (b"data: {\rdata: }\r\r", [b"{\n}"]),
    "an empty line among data lines": (b"data: a\ndata\ndata: b\n\n", [b"a\n\nb"]),
    "comments anywhere": (b": x\ndata: a\n:\n: y\n\n:\n\n", [b"a"]),
    "other fields": (b"id: 7\nretry: 10\nevent: e\ndata: a\nfoo: bar\n\n", [b"a"]),
    "fields without data": (b"event: ping\n\nid: 1\n\nretry: 2\n\ndata: a\n\n", [b"a"]),
    "empty data": (b"data:\n\ndata: \n\ndata\n\ndata: a\n\n", [b"a"]),
    "many blank lines": (b"\n\n\ndata: a\n\n\n\n\ndata: b\n\n\n", [b"a", b"b"]),
    "no final blank line": (b"data: a\n\ndata: b\n", [b"a", b"b"]),
    "no final newline": (b"data: a\n\ndata: b", [b"a", b"b"]),
    "a colon in the data": (b"data: a: b\n\n", [b"a: b"]),
    "a field name is case sensitive": (b"Data: a\n\ndata: b\n\n", [b"b"]),
    "a space before the name makes another name": (b" data: a\n\ndata: b\n\n", [b"b"]),
    "nothing": (b"", []),
    "only comments": (b": a\n\n: b\n\n", []),
    "ends that only Unicode knows": (
        "data: a\u2028b\u2029c\u0085d\x0be\x0cf\n\n".encode(),
        ["a\u2028b\u2029c\u0085d\x0be\x0cf".encode()],
    ),
}


@pytest.mark.parametrize(("body", "expected"), CASES.values(), ids=list(CASES))
def test_frames_are_read(body: bytes, expected: list[bytes]) -> None:
    assert data(body) == expected


@pytest.mark.parametrize(("body", "expected"), CASES.values(), ids=list(CASES))
def test_frames_are_the_same_however_the_bytes_are_cut(body: bytes, expected: list[bytes]) -> None:
    assert data(*(body[i : i + 1] for i in range(len(body)))) == expected
    for cut in range(len(body)):
        assert data(body[:cut], body[cut:]) == expected
        assert data(body[:cut], b"", body[cut:]) == expected


def test_the_event_name_belongs_to_its_own_frame() -> None:
    decoder = SseDecoder()
    frames = decoder.feed(b"event: error\ndata: a\n\ndata: b\n\nevent: x\n\ndata: c\n\n")
    assert frames == [Frame(b"a", b"error"), Frame(b"b"), Frame(b"c")]


def test_a_frame_is_handed_out_as_soon_as_it_is_whole() -> None:
    decoder = SseDecoder()
    assert decoder.feed(b"data: a\r\n") == []
    assert decoder.feed(b"\r") == [Frame(b"a")]
    assert decoder.feed(b"\ndata: b\n\n") == [Frame(b"b")]


def test_a_frame_over_its_bound_is_refused_before_it_is_whole() -> None:
    decoder = SseDecoder(max_frame_bytes=100)
    decoder.feed(b"data: " + b"x" * 50)
    with pytest.raises(ResponseTooLarge) as caught:
        decoder.feed(b"x" * 60)
    assert caught.value.limit == 100


def test_data_lines_count_together_towards_the_bound() -> None:
    decoder = SseDecoder(max_frame_bytes=100)
    with pytest.raises(ResponseTooLarge):
        for _ in range(11):
            decoder.feed(b"data: 123456789\n")


def test_empty_data_lines_count_towards_the_bound() -> None:
    decoder = SseDecoder(max_frame_bytes=100)
    decoder.feed(b"data:\n" * 101)
    with pytest.raises(ResponseTooLarge):
        decoder.feed(b"data:\n")


@pytest.mark.parametrize("size", [100, 101])
def test_a_frame_at_its_bound_has_one_verdict_however_it_is_cut(size: int) -> None:
    body = b"data: " + b"x" * size + b"\n\n"
    for cut in range(len(body)):
        decoder = SseDecoder(max_frame_bytes=100)
        try:
            found = [*decoder.feed(body[:cut]), *decoder.feed(body[cut:])]
        except ResponseTooLarge:
            found = []
        assert found == ([Frame(b"x" * 100)] if size == 100 else []), cut


def test_frames_before_one_over_the_bound_are_not_lost() -> None:
    decoder = SseDecoder(max_frame_bytes=100)
    assert decoder.feed(b"data: a\n\ndata: " + b"x" * 101) == [Frame(b"a")]
    for late in (lambda: decoder.feed(b"\n"), decoder.close):
        with pytest.raises(ResponseTooLarge):
            late()


def test_only_what_is_held_counts_towards_the_bound() -> None:
    decoder = SseDecoder(max_frame_bytes=100)
    for _ in range(1000):
        assert decoder.feed(b": keep-al") == []
        assert decoder.feed(b"ive\n") == []
    assert decoder.feed(b"data: " + b"x" * 90) == []
    assert decoder.feed(b"\n\n") == [Frame(b"x" * 90)]


def test_the_other_name_reads_the_same() -> None:
    assert AnthropicSseDecoder().feed(b"event: ping\ndata: {}\n\n") == [Frame(b"{}", b"ping")]
