"""Tokens of text: exact where the vocabulary is at hand, else an estimate that says how far off."""

import base64
import hashlib
import random
import socket
import sys
from pathlib import Path

import pytest

from ai_lib.errors import RequestError
from ai_lib.tokens import TokenCounter, encodings as module
from ai_lib.tokens.encodings import ENCODINGS, EncodingFile, find_encoding
from ai_lib.tokens.estimator import Estimator
from ai_lib.types import ContentBlock, Message, ToolDefinition

ENGLISH = "The quick brown fox jumps over the lazy dog, and nobody minds. "
# Of each text the tokens as tiktoken 0.14 counts them in o200k_base and cl100k_base.
MEASURED = {
    "Hello, how are you?": (6, 6),
    ENGLISH * 20: (281, 281),
    "def add(a: int, b: int) -> int:\n    return a + b\n": (19, 19),
    '{"city": "Paris", "temperature": 21.5, "units": "celsius"}': (21, 21),
    "人工智能是计算机科学的一个分支，它企图了解智能的实质。": (19, 30),  # noqa: RUF001
}


@pytest.fixture
def toy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A vocabulary of single bytes and two words, under the name of a real encoding."""
    words = [bytes([byte]) for byte in range(256)] + [b"He", b"Hel"]
    lines = (base64.b64encode(word) + b" %d\n" % rank for rank, word in enumerate(words))
    data = b"".join(lines)
    file = EncodingFile(name="toy", sha256=hashlib.sha256(data).hexdigest(), pattern=r"\w+|\W+")
    monkeypatch.setitem(ENCODINGS, "o200k_base", file)
    (tmp_path / "toy").write_bytes(data)
    return tmp_path


def test_an_encoding_in_the_given_folder_counts_exactly(toy: Path) -> None:
    pytest.importorskip("tiktoken")
    counter = TokenCounter.for_model("gpt-4o", cache_dir=toy)

    assert counter.is_exact
    assert counter.error_bound == 0.0
    assert counter.encoding == "o200k_base"
    assert counter.count("Hello") == 3  # Hel, l, o
    assert counter.count("<|endoftext|>") == 13  # plain text, and no error
    assert counter.count("") == 0


def test_the_usual_cache_is_looked_into(toy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("tiktoken")
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", str(toy))
    assert TokenCounter.for_model("gpt-4o").is_exact
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", "")  # tiktoken's word for no cache at all
    assert not TokenCounter.for_model("gpt-4o").is_exact


def test_a_file_that_is_another_is_neither_used_nor_touched(toy: Path) -> None:
    path = toy / "toy"
    path.write_bytes(b"aGk= 0\n")
    assert find_encoding("o200k_base", cache_dir=toy) is None
    assert path.read_bytes() == b"aGk= 0\n"


def test_nothing_is_fetched_unless_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("the network was asked")

    monkeypatch.setattr(socket, "create_connection", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    counter = TokenCounter.for_model("gpt-4o", cache_dir=tmp_path)
    assert not counter.is_exact
    assert counter.count(ENGLISH) > 0


def test_without_tiktoken_it_is_an_estimate(toy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tiktoken", None)
    module._read.cache_clear()
    assert not TokenCounter.for_model("gpt-4o", cache_dir=toy).is_exact
    with pytest.raises(RequestError, match="pip install ai-lib\\[tokenizer\\]"):
        TokenCounter.for_model("gpt-4o", cache_dir=toy / "none", download=True)
    module._read.cache_clear()


@pytest.mark.parametrize("text", MEASURED, ids=lambda text: text[:12])
def test_an_estimate_is_as_near_as_it_says(text: str) -> None:
    for encoding, tokens in zip(("o200k_base", "cl100k_base"), MEASURED[text], strict=True):
        estimator = Estimator(encoding)
        # A sentence is short: two tokens either way are no error.
        assert abs(estimator.count(text) - tokens) <= estimator.error_bound * tokens + 2
        assert tokens <= estimator.count_at_most(text) <= len(text.encode())


def test_a_script_of_few_figures_is_rather_counted_too_high() -> None:
    """Tiktoken cuts this into 14 tokens of o200k_base and 32 of cl100k_base."""
    text = "Искусственный интеллект — свойство систем выполнять творческие функции."
    assert 14 <= Estimator("o200k_base").count(text) <= 28
    assert 32 <= Estimator("cl100k_base").count(text) <= 48


def test_an_unknown_vocabulary_is_counted_with_more_caution() -> None:
    known, unknown = Estimator("o200k_base"), Estimator(None)
    assert unknown.error_bound > known.error_bound
    assert unknown.count(ENGLISH * 9) >= known.count(ENGLISH * 9)


def test_the_empty_text_has_no_tokens_and_any_other_has_one() -> None:
    counter = TokenCounter.for_model("nobody/knows-this")
    assert counter.count("") == 0
    assert all(counter.count(text) >= 1 for text in (" ", "a", "\n", "\x00", "世", "\ud800"))


def test_no_text_makes_counting_slow() -> None:
    """The work grows with the text: no expression has two ways to read the same run."""
    estimator = Estimator(None)
    for run in ("^", "a", "A", " ", "\n", "1", "世", "Aa", "\x00", "\U0001f600"):
        assert estimator.count(run * 100_000) > 0


@pytest.mark.parametrize("exact", [True, False])
def test_a_cut_text_keeps_the_limit_and_is_no_shorter_than_need_be(exact: bool, toy: Path) -> None:
    if exact:
        pytest.importorskip("tiktoken")
    counter = TokenCounter.for_model("gpt-4o", cache_dir=toy if exact else toy / "none")
    rng, pieces = random.Random(5), ["Hello ", "Welt ", "世界", "é", "\n", "🌍", "12345"]
    text = "".join(rng.choice(pieces) for _ in range(400))
    for limit in (0, 1, 3, 10, 100):
        cut = counter.truncate_to_limit(text, limit)
        assert counter.count_at_most(cut) <= limit
        assert "\ufffd" not in cut
        body = cut.removesuffix("...")
        assert text.startswith(body)
        if limit >= 10:
            longer = text[: len(body) + 3] + "..."
            assert counter.count_at_most(longer) > limit
    assert counter.truncate_to_limit("Hi", 10) == "Hi"


def test_a_limit_below_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="-1 tokens"):
        TokenCounter.for_model("gpt-4o").truncate_to_limit("Hi", -1)


@pytest.mark.parametrize(
    ("model", "encoding"),
    [
        ("gpt-4o", "o200k_base"),
        ("openai/gpt-4o-2024-08-06", "o200k_base"),
        ("gpt-4", "cl100k_base"),
        ("gpt-4-turbo", "cl100k_base"),
        ("gpt-5-nano", "o200k_base"),
        ("groq/openai/gpt-oss-20b", "o200k_harmony"),
        ("claude-sonnet-4-6", None),
        ("o", None),
        ("", None),
    ],
)
def test_which_encoding_a_model_has_is_data(model: str, encoding: str | None) -> None:
    assert TokenCounter.for_model(model).encoding == encoding


def test_a_message_costs_what_is_published(toy: Path) -> None:
    pytest.importorskip("tiktoken")
    counter = TokenCounter.for_model("gpt-4o", cache_dir=toy)
    hello = Message.user("Hello")  # 3 of text
    # Each turn 4, the opening of the answer 3.
    assert counter.count_messages([]) == 3
    assert counter.count_messages([hello]) == 3 + 4 + 3
    assert counter.count_messages([hello, hello]) == 3 + 2 * (4 + 3)
    assert counter.count_messages([hello]) < counter.count_messages(
        [hello], [ToolDefinition(name="look_up", description="Look a word up.")]
    )


def test_every_kind_of_block_is_counted() -> None:
    counter = TokenCounter.for_model("claude-sonnet-4-6")
    few = counter.count_messages([Message.user("?")])
    for block in (
        ContentBlock.tool_use("1", "look", {"word": "a longer word"}),
        ContentBlock.tool_result("1", "What was found."),
        ContentBlock.tool_result("1", [ContentBlock.text("What was found.")]),
        ContentBlock.thinking("Let me see."),
        ContentBlock.image_url("https://example.com/a.png"),
        ContentBlock.audio_base64("AAAA"),
        ContentBlock.document_base64("AAAA"),
        ContentBlock.document_url("https://example.com/a.pdf"),
    ):
        assert counter.count_messages([Message.user([ContentBlock.text("?"), block])]) > few


def test_a_suffix_that_just_fits_stays_and_a_text_at_its_limit_is_whole() -> None:
    counter = TokenCounter.for_model("nobody/knows-this")
    text = "one two three four five six seven eight nine ten " * 20
    assert counter.truncate_to_limit(text, counter.count_at_most("...")) == "..."
    assert "..." not in counter.truncate_to_limit(text, counter.count_at_most("...") - 1)
    assert counter.truncate_to_limit(text, counter.count_at_most(text)) == text
    assert counter.truncate_to_limit(text, counter.count_at_most(text) - 1) != text
