"""Bodies framed in JSON itself: lines, the elements of an array, or the whole."""

from collections.abc import Callable

import pytest

from ai_lib.errors.exceptions import ResponseTooLarge
from ai_lib.pipeline import JsonLinesDecoder
from ai_lib.pipeline.decoders.frame import Decoder
from ai_lib.pipeline.decoders.json import JsonArrayDecoder, WholeBodyDecoder

BOM = b"\xef\xbb\xbf"
Make = Callable[[], Decoder]


def data(make: Make, *chunks: bytes) -> list[bytes]:
    decoder = make()
    frames = [frame for chunk in chunks for frame in decoder.feed(chunk)]
    return [frame.data.strip() for frame in frames + decoder.close()]


CASES: dict[str, tuple[Make, bytes, list[bytes]]] = {
    "lines": (JsonLinesDecoder, b'{"a":1}\n{"b":2}\n', [b'{"a":1}', b'{"b":2}']),
    "CRLF lines": (JsonLinesDecoder, b'{"a":1}\r\n{"b":2}\r\n', [b'{"a":1}', b'{"b":2}']),
    "blank lines": (JsonLinesDecoder, b"\n\n{}\n \n\r\n{}\n", [b"{}", b"{}"]),
    "no final newline": (JsonLinesDecoder, b"{}\n[1]", [b"{}", b"[1]"]),
    "BOM before lines": (JsonLinesDecoder, BOM + b"{}\n", [b"{}"]),
    "a line that only Unicode would cut": (
        JsonLinesDecoder,
        '{"a":"\u2028\u0085"}\n'.encode(),
        ['{"a":"\u2028\u0085"}'.encode()],
    ),
    "array": (JsonArrayDecoder, b'[{"a":1}\n,\r\n{"b":[2,{}]}\n]\n', [b'{"a":1}', b'{"b":[2,{}]}']),
    "array without blanks": (JsonArrayDecoder, b"[{},{}]", [b"{}", b"{}"]),
    "empty array": (JsonArrayDecoder, b" [ ] ", []),
    "scalars": (JsonArrayDecoder, b'[1, "a,b" ,null]', [b"1", b'"a,b"', b"null"]),
    "brackets in strings": (JsonArrayDecoder, rb'[{"a":"]}\"[{\\"}]', [rb'{"a":"]}\"[{\\"}']),
    "BOM and blanks before an array": (JsonArrayDecoder, BOM + b"\n [{}]", [b"{}"]),
    "an array cut short": (JsonArrayDecoder, b'[{"a":1},{"b"', [b'{"a":1}', b'{"b"']),
    "an object in its place": (
        JsonArrayDecoder,
        b'{"error": {"a": [1, 2]}}',
        [b'{"error": {"a": [1, 2]}}'],
    ),
    "whole": (WholeBodyDecoder, BOM + b'{\n"a": 1\n}\n', [b'{\n"a": 1\n}']),
    "whole and blank": (WholeBodyDecoder, b" \n", []),
}


@pytest.mark.parametrize(("make", "body", "expected"), CASES.values(), ids=list(CASES))
def test_frames_are_the_same_however_the_bytes_are_cut(
    make: Make, body: bytes, expected: list[bytes]
) -> None:
    assert data(make, body) == expected
    assert data(make, *(body[i : i + 1] for i in range(len(body)))) == expected
    for cut in range(len(body)):
        assert data(make, body[:cut], body[cut:]) == expected


def test_an_element_is_handed_out_before_the_comma_after_it() -> None:
    decoder = JsonArrayDecoder()
    assert [frame.data for frame in decoder.feed(b'[{"a":1}')] == [b'{"a":1}']


@pytest.mark.parametrize("make", [JsonLinesDecoder, JsonArrayDecoder, WholeBodyDecoder])
def test_a_frame_over_its_bound_is_refused(make: Callable[[int], Decoder]) -> None:
    decoder = make(100)
    decoder.feed(b'[{"a": "' + b"x" * 50)
    with pytest.raises(ResponseTooLarge):
        decoder.feed(b"x" * 60)


@pytest.mark.parametrize("make", [JsonLinesDecoder, JsonArrayDecoder])
def test_frames_before_do_not_count_towards_the_bound(make: Callable[[int], Decoder]) -> None:
    decoder = make(100)
    decoder.feed(b"[")
    frames = [frame for _ in range(50) for frame in decoder.feed(b'{"a": "0123456789"},\n')]
    assert len(frames) == 50


@pytest.mark.parametrize("make", [JsonLinesDecoder, JsonArrayDecoder])
def test_frames_before_one_over_the_bound_are_not_lost(make: Callable[[int], Decoder]) -> None:
    decoder = make(20)
    body = b'[{"a": 1},\n' if make is JsonArrayDecoder else b'{"a": 1}\n'
    assert [frame.data for frame in decoder.feed(body + b"1" * 30)] == [b'{"a": 1}']
    for late in (lambda: decoder.feed(b"\n"), decoder.close):
        with pytest.raises(ResponseTooLarge):
            late()


def test_a_whole_line_over_the_bound_is_refused_as_one_in_pieces_is() -> None:
    with pytest.raises(ResponseTooLarge):
        JsonLinesDecoder(20).feed(b"1" * 30 + b"\n")


def test_white_space_before_an_array_is_not_kept() -> None:
    decoder = JsonArrayDecoder(100)
    for _ in range(1000):
        assert decoder.feed(b" ") == []
    assert [frame.data for frame in decoder.feed(b"[1]")] == [b"1"]
