"""Parses the command line. It imports nothing heavy, so that `--help` is instant."""

import argparse
import json
import sys
from collections.abc import Sequence
from typing import Final, NamedTuple

from ai_lib._version import __version__
from ai_lib.cli.media.commands import add_media_commands
from ai_lib.cli.mock.commands import add_server_commands
from ai_lib.cli.plain_commands import add_commands

# The arguments of a command that may go on after an option.
_LISTS: Final = {
    "chat": "words",
    "record": "words",
    "explain": "words",
    "lint": "files",
    "rerank": "files",
    "image": "words",
    "speak": "words",
    "update": "addresses",
}


class ChatOptions(NamedTuple):
    """The options of `ai-lib chat` and `ai-lib record`; no question means a conversation."""

    model: str
    question: str | None = None
    system: str | None = None
    files: Sequence[str] = ()
    schema: str | None = None
    parameters: Sequence[tuple[str, object]] = ()
    base_url: str | None = None
    timeout: float | None = None
    stream: bool = True
    plain: bool = False
    verbose: bool = False
    cassette: str | None = None
    mcp: str | None = None
    tools: str | None = None
    allow_tools: bool = False
    context: bytes = b""
    is_logged: bool = False


def make_parser() -> argparse.ArgumentParser:
    """Return the parser of the whole command line."""
    parser = argparse.ArgumentParser(prog="ai-lib", description="One client for every provider.")
    parser.add_argument("--version", action="version", version=f"ai-lib {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    commands.add_parser("demo", help="stream responses from a built-in mock provider; no key")
    chat = commands.add_parser("chat", help="ask a model one question, or have a conversation")
    _add_chat(chat)
    record = commands.add_parser("record", help="ask a question and record the exchange in a file")
    record.add_argument("cassette", metavar="CASSETTE", help="the file; it is overwritten")
    _add_chat(record)
    add_server_commands(commands)
    doctor = commands.add_parser("doctor", help="show keys, proxies, TLS and manifests in force")
    doctor.add_argument(
        "--check", action="store_true", help="check whether providers are reachable"
    )
    doctor.add_argument("--provider", action="append", default=[], metavar="ID", help="only these")
    doctor.add_argument("--json", action="store_true", help="write JSON")
    completion = commands.add_parser("completion", help="write a completion script for a shell")
    completion.add_argument("shell", choices=("bash", "zsh"))
    add_media_commands(commands)
    add_commands(commands)
    return parser


def _add_chat(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "words",
        nargs="*",
        metavar="[MODEL] [QUESTION]",
        help="provider/model (without one, the default model), and the question, or - for standard "
        "input; without a question, a conversation",
    )
    parser.add_argument("-m", "--model", metavar="MODEL", help="the model, if not the first word")
    parser.add_argument("--system", metavar="TEXT", help="instructions for the model")
    parser.add_argument(
        "-f",
        "--file",
        action="append",
        default=[],
        metavar="FILE",
        help="attach a file; - is standard input",
    )
    parser.add_argument(
        "--json", metavar="SCHEMA", help="respond in JSON that fits this schema (a file, or JSON)"
    )
    parser.add_argument(
        "--param", action="append", default=[], metavar="NAME=VALUE", help="a standard parameter"
    )
    parser.add_argument("--base-url", metavar="URL", help="use this base URL, not the provider's")
    parser.add_argument("--timeout", metavar="SECONDS", type=float, help="the time limit of a call")
    parser.add_argument(
        "--no-stream", action="store_true", help="write the response when it is complete"
    )
    parser.add_argument(
        "--mcp", metavar="SERVER", help="offer the tools of MCP servers; each call is asked for"
    )
    parser.add_argument(
        "--tools",
        metavar="FILE",
        help="offer the functions of a Python file; each call is asked for",
    )
    parser.add_argument(
        "--allow-tools", action="store_true", help="make the calls of tools without asking"
    )
    parser.add_argument("--plain", action="store_true", help="plain text, even in a terminal")
    parser.add_argument(
        "-v", "--verbose", action="store_true", help="always show usage, cost and adaptations"
    )
    parser.add_argument(
        "--log", action="store_true", help="keep questions and answers for `ai-lib logs`"
    )


def parse_arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Parse the arguments; exit with code 2 and the usage when they are wrong.

    Options may stand before, between and after the words of a command.
    """
    parser = make_parser()
    parsed, leftover = parser.parse_known_args(arguments)
    _take_late_words(parser, parsed, leftover)
    if parsed.command in ("chat", "record"):
        _settle_model(parser, parsed)
    elif parsed.command == "explain":
        _settle_words(parser, parsed)
    return parsed


def _take_late_words(
    parser: argparse.ArgumentParser, parsed: argparse.Namespace, leftover: Sequence[str]
) -> None:
    """Take the words that argparse leaves over: those after an option, of a list begun before."""
    words = list(leftover)
    is_plain = words[:1] == ["--"]
    words = words[1:] if is_plain else words
    if not words:
        return
    late_words = getattr(parsed, _LISTS.get(parsed.command, ""), None)
    options = [] if is_plain else [word for word in words if _is_option(word)]
    if late_words is None or options:
        parser.error(f"unrecognized arguments: {' '.join(options or words)}")
    late_words += words


def _is_option(word: str) -> bool:
    return word[:1] == "-" and word != "-" and not any(letter.isspace() for letter in word)


def _settle_model(parser: argparse.ArgumentParser, parsed: argparse.Namespace) -> None:
    """Say of the words which is the model, and which the question."""
    words = parsed.words
    model = parsed.model
    if model is None and len(words) < 2:
        from ai_lib.cli.user.default_model import find_default_model, is_model

        default = find_default_model()
        if default is not None and not (words and is_model(words[0])):
            model = default
    if model is None and words:
        model, words = words[0], words[1:]
    if model is None:
        parser.error("name a model, as provider/model; `ai-lib models --default MODEL` sets one")
    if len(words) > 1:
        parser.error(f"one question at a time: put it in quotes ({words[1]!r} is left over)")
    parsed.model, parsed.question = model, words[0] if words else None


def _settle_words(parser: argparse.ArgumentParser, parsed: argparse.Namespace) -> None:
    if not 1 <= len(parsed.words) <= 2:
        parser.error("explain takes a model and perhaps a question, in quotes")
    parsed.model, parsed.question = (*parsed.words, "Hello")[:2]


def make_chat_options(parsed: argparse.Namespace) -> ChatOptions:
    """Return the options of `chat`; for `-` the question is read from standard input.

    It is also read from there without a question, unless standard input is a terminal. Beside a
    question, what is piped is its context.

    Raises:
        ValueError: a `--param` is not NAME=VALUE, or standard input can't be read.
    """
    from ai_lib.cli.standard_input import read_context, read_standard_input

    question, context = parsed.question, b""
    if parsed.file.count("-") + (question == "-") > 1:
        raise ValueError("standard input is read once: give - as the question or to one -f")
    if question == "-" or (question is None and not _is_terminal()):
        if "-" in parsed.file:
            raise ValueError("name a question beside -f -")
        question = read_standard_input().decode("utf-8").strip()
        if not question:
            raise ValueError("there is no question on standard input")
    elif question is not None and "-" not in parsed.file:
        context = read_context()
    return ChatOptions(
        model=parsed.model,
        question=question,
        system=parsed.system,
        files=parsed.file,
        schema=parsed.json,
        parameters=[parse_parameter(text) for text in parsed.param],
        base_url=parsed.base_url,
        timeout=parsed.timeout,
        stream=not parsed.no_stream,
        plain=parsed.plain,
        verbose=parsed.verbose,
        cassette=getattr(parsed, "cassette", None),
        mcp=parsed.mcp,
        tools=parsed.tools,
        allow_tools=parsed.allow_tools,
        context=context,
        is_logged=parsed.log,
    )


def _is_terminal() -> bool:
    return sys.stdin is not None and sys.stdin.isatty()


def parse_parameter(text: str) -> tuple[str, object]:
    """Return the name and value of NAME=VALUE; a value that is not JSON is a text.

    Raises:
        ValueError: `text` is not NAME=VALUE.
    """
    name, sign, value = text.partition("=")
    if not sign or not name:
        raise ValueError(f"--param must be NAME=VALUE, not {text!r}")
    try:
        return name, json.loads(value)
    except ValueError:
        return name, value
