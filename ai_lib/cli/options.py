"""The command line's arguments; nothing heavy is imported here, so that `--help` is instant."""

import argparse
import json
import sys
from collections.abc import Sequence
from typing import NamedTuple

from ai_lib._version import __version__
from ai_lib.cli.mock.commands import add_server_commands
from ai_lib.cli.plain_commands import add_commands


class ChatOptions(NamedTuple):
    """What `ai-lib chat` or `ai-lib record` was asked; without a question, a conversation."""

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


def make_parser() -> argparse.ArgumentParser:
    """Return the parser of the whole command line."""
    parser = argparse.ArgumentParser(prog="ai-lib", description="One client for every provider.")
    parser.add_argument("--version", action="version", version=f"ai-lib {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    commands.add_parser("demo", help="see answers stream in from a provider of its own; no key")
    chat = commands.add_parser("chat", help="ask a model one question, or talk with it")
    _add_chat(chat)
    record = commands.add_parser("record", help="ask a question and record the exchange in a file")
    record.add_argument("cassette", metavar="CASSETTE", help="the file; it is made anew")
    _add_chat(record)
    add_server_commands(commands)
    doctor = commands.add_parser("doctor", help="show keys, proxies, TLS and manifests in force")
    doctor.add_argument("--check", action="store_true", help="see whether providers are reachable")
    doctor.add_argument("--provider", action="append", default=[], metavar="ID", help="only these")
    doctor.add_argument("--json", action="store_true", help="write JSON")
    completion = commands.add_parser("completion", help="write a completion script for a shell")
    completion.add_argument("shell", choices=("bash", "zsh"))
    add_commands(commands)
    return parser


def _add_chat(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("model", metavar="MODEL", help="provider/model")
    parser.add_argument(
        "question",
        nargs="?",
        metavar="QUESTION",
        help="the question, - to read it; without one, a conversation in the terminal",
    )
    parser.add_argument("--system", metavar="TEXT", help="instructions for the model")
    parser.add_argument(
        "-f", "--file", action="append", default=[], metavar="FILE", help="attach a file"
    )
    parser.add_argument(
        "--json", metavar="SCHEMA", help="answer in JSON that fits this schema (a file, or JSON)"
    )
    parser.add_argument(
        "--param", action="append", default=[], metavar="NAME=VALUE", help="a standard parameter"
    )
    parser.add_argument("--base-url", metavar="URL", help="another address than the provider's")
    parser.add_argument("--timeout", metavar="SECONDS", type=float, help="how long to wait")
    parser.add_argument("--no-stream", action="store_true", help="write the answer when complete")
    parser.add_argument("--plain", action="store_true", help="no Markdown, even in a terminal")
    parser.add_argument("-v", "--verbose", action="store_true", help="always show usage and cost")


def parse_arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Read the arguments; exits with code 2 and the usage when they are wrong."""
    return make_parser().parse_args(arguments)


def make_chat_options(parsed: argparse.Namespace) -> ChatOptions:
    """Return the options of `chat`, with the question read from standard input for `-`.

    Without a question it is read from standard input too, unless that is a terminal.

    Raises:
        ValueError: a `--param` is not NAME=VALUE.
    """
    question = parsed.question
    if question == "-" or (question is None and not sys.stdin.isatty()):
        question = sys.stdin.read().strip()
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
    )


def parse_parameter(text: str) -> tuple[str, object]:
    """Return the name and value of NAME=VALUE; the value is JSON, or else a text.

    Raises:
        ValueError: it is not of that form.
    """
    name, sign, value = text.partition("=")
    if not sign or not name:
        raise ValueError(f"--param wants NAME=VALUE, not {text!r}")
    try:
        return name, json.loads(value)
    except ValueError:
        return name, value
