"""The conversation in the terminal: each line is a question.

Ctrl-C ends a response, Ctrl-D the conversation.
"""

import contextlib
from collections.abc import Callable

from ai_lib.cli.output import write_note, write_problem
from ai_lib.errors.exceptions import AiLibError, CredentialError, ProtocolError

_HELP = "Ctrl-C ends a response, Ctrl-D or /quit the conversation; /new begins another one\n"


def run_repl(
    ask: Callable[[str], object], on_interrupt: Callable[[], None], restart: Callable[[], None]
) -> int:
    """Read questions until the end; return the exit code: 1 if the last question failed, else 0.

    `ask` shows a response; `on_interrupt` is called when a Ctrl-C or an error ended it.

    Raises:
        CredentialError, ProtocolError: no question can be asked at all.
    """
    with contextlib.suppress(ImportError):
        import readline  # noqa: F401 (it gives `input` its history)
    write_note(_HELP)
    exit_code = 0
    while True:
        try:
            line = input("> ").strip()
        except EOFError:
            write_note("\n")
            return exit_code
        except KeyboardInterrupt:
            write_note("\n")
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
        write_note("\n[interrupted]\n")
    except (CredentialError, ProtocolError):
        raise
    except AiLibError as error:
        on_interrupt()
        write_problem(error)
        return 1
    return 0
