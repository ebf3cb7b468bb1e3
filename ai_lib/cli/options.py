"""Parses the command line. It imports nothing heavy, so that `--help` is instant."""

import argparse
import json
import sys
from collections.abc import Sequence
from typing import NamedTuple

from ai_lib._version import __version__
from ai_lib.cli.mock.commands import add_server_commands
from ai_lib.cli.plain_commands import add_commands


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
    allow_tools: bool = False


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
    add_commands(commands)
    return parser


def _add_chat(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("model", metavar="MODEL", help="provider/model")
    parser.add_argument(
        "question",
        nargs="?",
        metavar="QUESTION",
        help="the question, or - for standard input; without one, a conversation",
    )
    parser.add_argument("--system", metavar="TEXT", help="instructions for the model")
    parser.add_argument(
        "-f", "--file", action="append", default=[], metavar="FILE", help="attach a file"
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
        "--allow-tools", action="store_true", help="make the calls of tools without asking"
    )
    parser.add_argument("--plain", action="store_true", help="plain text, even in a terminal")
    parser.add_argument("-v", "--verbose", action="store_true", help="always show usage and cost")


def parse_arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Parse the arguments; exit with code 2 and the usage when they are wrong."""
    return make_parser().parse_args(arguments)


def make_chat_options(parsed: argparse.Namespace) -> ChatOptions:
    """Return the options of `chat`; for `-` the question is read from standard input.

    It is also read from there without a question, unless standard input is a terminal.

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
        mcp=parsed.mcp,
        allow_tools=parsed.allow_tools,
    )


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
