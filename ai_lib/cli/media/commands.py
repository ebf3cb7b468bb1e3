"""The parsers of `ai-lib image`, `speak`, `transcribe` and `rerank`, and what their words mean."""

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ai_lib.cli.standard_input import read_standard_input

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]


def add_media_commands(commands: "Commands") -> None:
    """Add the four commands to the parser."""
    image = _add_command(commands, "image", "make an image, or change one")
    _add_text(image, "PROMPT", "what it shows")
    _add_output(image, "image")
    image.add_argument(
        "-f", "--file", action="append", default=[], metavar="FILE", help="an image to change"
    )
    image.add_argument("-n", "--count", type=int, metavar="COUNT", help="how many")
    for name in ("size", "aspect-ratio", "quality", "format", "background"):
        image.add_argument(f"--{name}", metavar=name.upper(), help="as the provider has it")
    speak = _add_command(commands, "speak", "speak a text")
    _add_text(speak, "TEXT", "what is said")
    _add_output(speak, "speech")
    speak.add_argument("--voice", metavar="VOICE", help="the provider's name or id of a voice")
    speak.add_argument("--format", metavar="FORMAT", help="mp3, wav, opus, pcm")
    speak.add_argument("--speed", type=float, metavar="FACTOR", help="1 is as usual")
    speak.add_argument("--language", metavar="CODE", help="such as en")
    speak.add_argument("--instructions", metavar="TEXT", help="how to speak")
    transcribe = _add_command(commands, "transcribe", "write down what is said in a sound")
    transcribe.add_argument("file", metavar="FILE", help="the sound; - is standard input")
    transcribe.add_argument("--language", metavar="CODE", help="such as en")
    transcribe.add_argument("--prompt", metavar="TEXT", help="names and words that are said")
    transcribe.add_argument("--speakers", action="store_true", help="tell apart who speaks")
    transcribe.add_argument("--timestamps", choices=("word", "segment"), help="when each was said")
    transcribe.add_argument("--json", action="store_true", help="write JSON")
    rerank = _add_command(commands, "rerank", "order lines by their relevance to a query")
    rerank.add_argument("query", metavar="QUERY", help="what is looked for")
    rerank.add_argument(
        "files", nargs="*", metavar="FILE", help="documents, one a line; else standard input"
    )
    rerank.add_argument("-n", "--top", type=int, metavar="COUNT", help="how many to write")
    rerank.add_argument("--json", action="store_true", help="write JSON")


def read_text(words: Sequence[str], subject: str) -> str:
    """Return the text of a command; `-` or nothing is standard input.

    Raises:
        ValueError: there is no text, or there are several.
    """
    if len(words) > 1:
        raise ValueError(f"one {subject} at a time: put it in quotes ({words[1]!r} is left over)")
    text = words[0] if words else "-"
    if text == "-":
        text = read_standard_input().decode("utf-8").strip()
    if not text:
        raise ValueError(f"there is no {subject}: name it, or pipe it")
    return text


def read_documents(files: Sequence[str]) -> list[str]:
    """Return the lines of files, or of standard input; empty ones are left out.

    Raises:
        ValueError: there are none, or a file can't be read.
    """
    contents: list[bytes] = []
    for name in files or ["-"]:
        if name == "-":
            contents.append(read_standard_input())
            continue
        try:
            with open(name, "rb") as file:
                contents.append(file.read())
        except OSError as error:
            raise ValueError(f"{name} can't be read: {error.strerror}") from error
    lines = [line for content in contents for line in content.decode("utf-8").split("\n")]
    documents = [line.strip() for line in lines if line.strip()]
    if not documents:
        raise ValueError("there are no documents: name files, or pipe lines")
    return documents


def _add_command(commands: "Commands", name: str, help: str) -> argparse.ArgumentParser:
    parser = commands.add_parser(name, help=help)
    parser.add_argument("model", metavar="MODEL", help="provider/model")
    parser.add_argument("--base-url", metavar="URL", help="use this base URL, not the provider's")
    parser.add_argument("--timeout", metavar="SECONDS", type=float, help="the time limit")
    parser.add_argument("-v", "--verbose", action="store_true", help="write what it cost")
    return parser


def _add_text(parser: argparse.ArgumentParser, name: str, help: str) -> None:
    parser.add_argument(
        "words", nargs="*", metavar=name, help=f"{help}; - or none is standard input"
    )


def _add_output(parser: argparse.ArgumentParser, name: str) -> None:
    parser.add_argument(
        "-o",
        "--output",
        metavar="FILE",
        help=f"the file ({name} by default); - is standard output, which a pipe is as well",
    )
