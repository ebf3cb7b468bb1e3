"""A conversation in the terminal: a line is a question, Ctrl-C ends an answer, Ctrl-D all."""

import contextlib
import sys
from collections.abc import Callable

from ai_lib.errors.exceptions import AiLibError, CredentialError, ProtocolError

_HELP = "Ctrl-C ends an answer, Ctrl-D or /quit the conversation; /new begins another one\n"


def run_repl(
    ask: Callable[[str], object], on_interrupt: Callable[[], None], restart: Callable[[], None]
) -> int:
    """Read questions until the end; return the exit code, that of the last error if it is one.

    `ask` shows an answer, `interrupted` is called after a Ctrl-C or an error in the middle of one.

    Raises:
        CredentialError, ProtocolError: no question at all could be asked.
    """
    with contextlib.suppress(ImportError):
        import readline  # noqa: F401 (it gives `input` its history)
    sys.stderr.write(_HELP)
    exit_code = 0
    while True:
        try:
            line = input("> ").strip()
        except EOFError:
            sys.stderr.write("\n")
            return exit_code
        except KeyboardInterrupt:
            sys.stderr.write("\n")
            continue
        if line in ("/quit", "/exit"):
            return exit_code
        if line == "/new":
            restart()
        elif line:
            exit_code = _ask_once(ask, on_interrupt, line)


def _ask_once(ask: Callable[[str], object], on_interrupt: Callable[[], None], line: str) -> int:
    try:
        ask(line)
    except KeyboardInterrupt:
        on_interrupt()
        sys.stderr.write("\n[interrupted]\n")
    except (CredentialError, ProtocolError):
        raise
    except AiLibError as error:
        on_interrupt()
        sys.stderr.write(f"ai-lib: {error}\n")
        return 1
    return 0
