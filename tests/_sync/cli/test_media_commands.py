# Generated from tests/cli/test_media_commands.py by codegen; do not edit.
"""`ai-lib image`, `speak`, `transcribe` and `rerank`, with files and with pipes."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from ai_lib.cli.options import parse_arguments
from ai_lib_sync.cli.main import main
from ai_lib_sync.cli.media.run import run_media
from ai_lib_sync.testing import MockProvider, Reply

DOCUMENTS = "a cat sleeps\na dog and a cat run\n\nnothing\n"


class Piped(io.StringIO):
    """Standard input, or an output, that is a pipe."""

    def __init__(self, content: bytes = b"") -> None:
        super().__init__()
        self.buffer = io.BytesIO(content)

    def isatty(self) -> bool:
        return False


class Terminal(Piped):
    """A terminal."""

    def isatty(self) -> bool:
        return True


def run(
    monkeypatch: pytest.MonkeyPatch,
    words: Sequence[str],
    *,
    piped: bytes = b"",
    out: Piped | None = None,
    reply: Reply | None = None,
) -> Piped:
    """Run a command against a mock provider, and return what it wrote."""
    provider = words[1].partition("/")[0]
    out = out or Terminal()
    monkeypatch.setenv(f"{provider.upper()}_API_KEY", "mock-key")
    monkeypatch.setattr("sys.stdin", Piped(piped))
    with MockProvider([reply] if reply else []) as mock:
        arguments = [*words, "--base-url", mock.base_url(provider)]
        monkeypatch.setattr("sys.stdout", out)
        assert run_media(parse_arguments(arguments)) == 0
        monkeypatch.undo()
    return out


def test_an_image_is_saved_with_the_ending_of_its_type(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    words = ["image", "openai/gpt-image-2", "an otter", "-n", "2", "--size", "32x16"]
    out = run(monkeypatch, [*words, "-o", str(tmp_path / "otter")])
    names = ["otter-1.png", "otter-2.png"]
    assert out.getvalue().split() == [str(tmp_path / name) for name in names]
    assert (tmp_path / "otter-1.png").read_bytes().startswith(b"\x89PNG")
    edited = run(
        monkeypatch,
        ["image", "openai/gpt-image-2", "a hat", "-f", str(tmp_path / "otter-1.png"), "-o", "-"],
    )
    assert edited.buffer.getvalue().startswith(b"\x89PNG")


def test_a_text_is_spoken_into_a_file_or_a_pipe(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    words = ["speak", "openai/tts-1", "--voice", "alloy"]
    out = run(monkeypatch, [*words, "Hello there", "-o", str(tmp_path / "hello")])
    path = out.getvalue().strip()
    piped = run(monkeypatch, words, piped=b"Hello there\n", out=Piped())
    assert path == str(tmp_path / "hello.wav")
    assert piped.buffer.getvalue() == (tmp_path / "hello.wav").read_bytes()


def test_a_sound_is_written_down(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    reply = Reply(text="What was said.")
    sound = tmp_path / "talk.wav"
    sound.write_bytes(b"RIFF0000WAVE")
    words = ["transcribe", "openai/whisper-1"]
    out = run(monkeypatch, [*words, str(sound), "--language", "en"], reply=reply)
    assert out.getvalue() == "What was said.\n"
    timed = run(
        monkeypatch,
        [*words, "-", "--timestamps", "segment"],
        piped=b"RIFF0000WAVE",
        reply=reply,
    )
    assert timed.getvalue() == "    0.00  A: What was said.\n"
    as_json = run(monkeypatch, [*words, str(sound), "--json"], reply=reply)
    assert json.loads(as_json.getvalue())["text"] == "What was said."


def test_lines_are_ranked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    words = ["rerank", "cohere/rerank-v3.5", "dog run"]
    out = run(monkeypatch, [*words, "-n", "1"], piped=DOCUMENTS.encode())
    assert out.getvalue() == "1.0000\ta dog and a cat run\n"
    path = tmp_path / "documents.txt"
    path.write_text(DOCUMENTS)
    ranked = run(monkeypatch, [*words, str(path), "--json"])
    assert [one["index"] for one in json.loads(ranked.getvalue())] == [1, 0, 2]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["speak", "openai/tts-1"], "there is no text"),
        (["rerank", "cohere/rerank-v3.5", "q", "/no/such/file"], "can't be read"),
        (["rerank", "cohere/rerank-v3.5", "q"], "there are no documents"),
        (["transcribe", "anthropic/m", "-"], "'stt'"),
    ],
)
def test_what_is_wrong_is_a_line(
    words: list[str],
    message: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name in ("OPENAI", "COHERE", "ANTHROPIC"):
        monkeypatch.setenv(f"{name}_API_KEY", "mock-key")
    monkeypatch.setattr("sys.stdin", Piped())
    assert main(words) == 2
    assert message in capsys.readouterr().err
