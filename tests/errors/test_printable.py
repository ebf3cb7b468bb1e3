"""What strangers say does not act on a terminal."""

import unicodedata

import pytest

from ai_lib.errors import AiLibError
from ai_lib.errors.printable import to_printable

ACTING = ["\x1b]0;title\x07", "\x1b[2J", "\x9b31m", "\b\b", "a\rb", "\u202e", "\u2066", "\x7f"]


@pytest.mark.parametrize("text", ACTING)
def test_what_acts_on_a_terminal_is_shown_as_an_escape(text: str) -> None:
    for shown in (to_printable(text), str(AiLibError(text)), repr(AiLibError(text))):
        assert shown.isprintable()
    assert to_printable("a\tb\r\nc é 世界 🌍") == "a\tb\nc é 世界 🌍"


def test_every_control_and_every_override_of_direction_acts() -> None:
    marks = {"ARABIC LETTER MARK", "LEFT-TO-RIGHT MARK", "RIGHT-TO-LEFT MARK"}  # UAX #9, 2.6
    overrides = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
    for character in map(chr, range(0x3000)):
        is_control = unicodedata.category(character) == "Cc" and character not in "\t\n"
        is_override = unicodedata.bidirectional(character) in overrides
        acts = is_control or is_override or unicodedata.name(character, "") in marks
        assert (to_printable(character) != character) is acts, hex(ord(character))
