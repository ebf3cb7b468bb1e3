"""A good answer in bad framing is a good answer, in every dialect."""

from collections.abc import Callable

import pytest

from tests.torture.conftest import Serve
from tests.torture.conversation import assert_whole, listen, sends
from tests.torture.speech import SPEECHES, Frame, Speech, body, lines

BOM = b"\xef\xbb\xbf"


def written(speech: Speech, write: Callable[[Frame], str]) -> bytes:
    """Give the stream, each frame as `write` has it."""
    frames = [*speech.frames, *([Frame(None, speech.done)] if speech.done else [])]
    return "".join(map(write, frames)).encode()


def mixed(speech: Speech) -> bytes:
    """Give the stream with each line ended in another way."""
    ends, text = ["\n", "\r\n", "\r"], []
    for frame in speech.frames + ([Frame(None, speech.done)] if speech.done else []):
        for line in [*lines(frame), ""]:
            # LF straight after CR would be one end, not two.
            end = ends[len(text) % 3]
            text.append(line + ("\r\n" if text and text[-1].endswith("\r") and not line else end))
    return "".join(text).encode()


def on_two_lines(frame: Frame) -> str:
    """Give a frame whose JSON is spread over two data lines."""
    first, comma, rest = frame.data.partition(", ")
    if not comma or frame.data.count('"', 0, len(first)) % 2:
        return "".join(f"{line}\n" for line in [*lines(frame), ""])
    head = "".join(f"{line}\n" for line in lines(frame)[:-1])
    return f"{head}data: {first},\ndata: {rest}\n\n"


def noisy(frame: Frame) -> str:
    """Give a frame with comments, ids and empty events wherever they may stand."""
    inner = "".join(f"{line}\n: keep-alive\n" for line in lines(frame))
    return (
        f":\n\n: OPENROUTER PROCESSING\n\nid: 7\nretry: 3000\n{inner}:\n\ndata:\n\nevent: ping\n\n"
    )


FRAMINGS: dict[str, Callable[[Speech], bytes]] = {
    "LF": body,
    "CRLF": lambda speech: body(speech, "\r\n"),
    "CR": lambda speech: body(speech, "\r"),
    "mixed ends": mixed,
    "BOM": lambda speech: BOM + body(speech),
    "no space after the colon": lambda speech: (
        body(speech).replace(b"\ndata: ", b"\ndata:").replace(b"event: ", b"event:")
    ),
    "several data lines": lambda speech: written(speech, on_two_lines),
    "comments, ids, empty events": lambda speech: written(speech, noisy),
    "no final newline": lambda speech: body(speech).rstrip(b"\n"),
    "one final newline": lambda speech: body(speech).rstrip(b"\n") + b"\n",
    "done with a space after it": lambda speech: body(speech).replace(
        b"[DONE]\n\n", b"[DONE] \n\n"
    ),
    "done said twice": lambda speech: body(speech) + b"data: [DONE]\n\n" * 2,
    "done left out": lambda speech: body(speech._replace(done=None)),
    "done where nobody says it": lambda speech: body(speech._replace(done="[DONE]")),
    "no event names": lambda speech: body(
        speech._replace(frames=[frame._replace(event=None) for frame in speech.frames])
    ),
}


@pytest.mark.parametrize("framing", FRAMINGS.values(), ids=list(FRAMINGS))
@pytest.mark.parametrize("speech", SPEECHES.values(), ids=list(SPEECHES))
async def test_an_answer_is_whole(
    serve: Serve, speech: Speech, framing: Callable[[Speech], bytes]
) -> None:
    assert_whole(await listen(speech, serve(sends(framing(speech)))), speech)


@pytest.mark.parametrize("framing", list(FRAMINGS))
@pytest.mark.parametrize("speech", SPEECHES.values(), ids=list(SPEECHES))
async def test_an_answer_is_whole_byte_by_byte(serve: Serve, speech: Speech, framing: str) -> None:
    data = FRAMINGS[framing](speech)
    url = serve(sends(*(bytes((byte,)) for byte in data)))
    assert_whole(await listen(speech, url), speech)
