"""The command line's arguments; nothing heavy is imported here, so that `--help` is instant."""

import argparse
import sys
from collections.abc import Sequence
from typing import NamedTuple

from ai_lib._version import __version__
from ai_lib.cli.lab import add_commands


class ChatOptions(NamedTuple):
    """What `ai-lib chat` was asked."""

    model: str
    question: str
    system: str | None = None
    base_url: str | None = None
    timeout: float | None = None
    stream: bool = True
    verbose: bool = False


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Read the arguments; exits with code 2 and the usage when they are wrong."""
    parser = argparse.ArgumentParser(prog="ai-lib", description="One client for every provider.")
    parser.add_argument("--version", action="version", version=f"ai-lib {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    commands.add_parser("demo", help="see answers stream in from a provider of its own; no key")
    chat = commands.add_parser("chat", help="ask a real provider one question")
    chat.add_argument("model", metavar="MODEL", help="provider/model")
    chat.add_argument("question", metavar="QUESTION", help="the question, or - to read it")
    chat.add_argument("--system", metavar="TEXT", help="instructions for the model")
    chat.add_argument("--base-url", metavar="URL", help="another address than the provider's")
    chat.add_argument("--timeout", metavar="SECONDS", type=float, help="how long to wait")
    chat.add_argument("--no-stream", action="store_true", help="write the answer when complete")
    chat.add_argument("-v", "--verbose", action="store_true", help="always show the usage")
    add_commands(commands)
    return parser.parse_args(arguments)


def chat_options(parsed: argparse.Namespace) -> ChatOptions:
    """Return the options of `chat`, with the question read from standard input for `-`."""
    question = sys.stdin.read().strip() if parsed.question == "-" else parsed.question
    return ChatOptions(
        model=parsed.model,
        question=question,
        system=parsed.system,
        base_url=parsed.base_url,
        timeout=parsed.timeout,
        stream=not parsed.no_stream,
        verbose=parsed.verbose,
    )
