"""Thinking between tags at the beginning of a text, however the text is cut."""

import json

import pytest

from ai_lib.pipeline.assembly.thinking_tags import ThinkingTagParser
from ai_lib.pipeline.plain_response import read_response
from ai_lib.protocol.dialect.model import ThinkingTags
from ai_lib.types.content import TextBlock, ThinkingBlock
from tests.pipeline.manifests import bundled

# What comes, what of it is thinking, what is text.
SAID = {
    "both": ("<think>Hm.</think>So.", "Hm.", "So."),
    "blank space around the tags": ("\n <think>\nHm. \n</think>\n\nSo.\n", "Hm.", "So.\n"),
    "blank space within": ("<think>a \n b</think>c \n d", "a \n b", "c \n d"),
    "no tags": ("So.", "", "So."),
    "nothing": ("", "", ""),
    "blank space only": (" \n", "", " \n"),
    "blank space before text": (" \n So.", "", " \n So."),
    "nothing between them": ("<think>\n\n</think>\n\nSo.", "", "So."),
    "no text after them": ("<think>Hm.</think>", "Hm.", ""),
    "cut inside": ("<think>Hm, wel", "Hm, wel", ""),
    "cut inside the closing tag": ("<think>Hm.</thi", "Hm.</thi", ""),
    "cut inside the opening tag": ("<thi", "", "<thi"),
    "tags amid the text are text": ("So <think>Hm.</think>", "", "So <think>Hm.</think>"),
    "a second pair is text": ("<think>a</think>b<think>c</think>", "a", "b<think>c</think>"),
    "what only begins like a tag": ("<thinking>Hm.", "", "<thinking>Hm."),
    "what only ends like a tag": ("<think>a</thing></think>b", "a</thing>", "b"),
    "an opening tag inside": ("<think>a<think>b</think>c", "a<think>b", "c"),
    "comparisons": ("<think>1 < 2 </ 3</think>x<y", "1 < 2 </ 3", "x<y"),
    "characters of several bytes": ("<think>é☀</think>😀", "é☀", "😀"),
}


def told_apart(*pieces: str) -> tuple[str, str]:
    tagged = ThinkingTagParser(ThinkingTags())
    found = [one for piece in pieces for one in tagged.feed(piece)] + tagged.flush()
    assert all(one.text for one in found)
    thinking = "".join(one.text for one in found if one.is_thinking)
    return thinking, "".join(one.text for one in found if not one.is_thinking)


@pytest.mark.parametrize(("text", "thinking", "said"), SAID.values(), ids=list(SAID))
def test_thinking_and_text_are_told_apart_however_they_are_cut(
    text: str, thinking: str, said: str
) -> None:
    assert told_apart(text) == (thinking, said)
    assert told_apart(*text) == (thinking, said)
    for place in range(len(text)):
        assert told_apart(text[:place], "", text[place:]) == (thinking, said)


def test_other_tags_are_as_good() -> None:
    tagged = ThinkingTagParser(ThinkingTags(open="[THINK]", close="[/THINK]"))
    assert tagged.feed("[THINK]Hm.[/THINK]So.") == [("Hm.", True), ("So.", False)]


def test_text_is_given_out_as_soon_as_it_can_be_no_tag() -> None:
    tagged = ThinkingTagParser(ThinkingTags())
    assert tagged.feed("<thi") == []
    assert tagged.feed("nk>Hm") == [("Hm", True)]
    assert tagged.feed(" well") == [(" well", True)]
    assert tagged.feed(" </think") == []
    assert tagged.feed(">So") == [("So", False)]
    assert tagged.feed(" <") == [(" <", False)]


def test_what_was_held_back_is_given_out_at_a_pause_and_goes_on() -> None:
    tagged = ThinkingTagParser(ThinkingTags())
    assert tagged.flush() == []
    tagged.feed("<think>Hm <")
    assert tagged.flush() == [(" <", True)]
    assert tagged.feed("well</think>So") == [("well", True), ("So", False)]


def test_blank_space_without_end_is_not_held_without_end() -> None:
    for begun in ("", "<think>"):
        tagged = ThinkingTagParser(ThinkingTags())
        tagged.feed(begun + ("x" if begun else ""))
        given = sum(len(one.text) for _ in range(4_000) for one in tagged.feed(" "))
        assert given > 3_000


def test_a_plain_answer_is_told_apart_as_a_stream_is() -> None:
    message = {"role": "assistant", "content": "<think>\nHm.\n</think>\n\nSo."}
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    body = json.dumps({"choices": [choice]}).encode()
    reply = read_response(bundled("perplexity"), body)
    assert (reply.thinking, reply.content) == ("Hm.", "So.")
    assert [type(block) for block in reply.to_message().blocks] == [ThinkingBlock, TextBlock]
    reply = read_response(bundled("openai"), body)
    assert (reply.thinking, reply.content) == ("", message["content"])
