"""The conversation in the terminal: each entry is a question, or a command that begins with `/`.

Ctrl-C ends a response, Ctrl-D the conversation.
"""

from collections.abc import Callable

from ai_lib.cli.chat.line_reader import LineReader
from ai_lib.cli.chat.repl_commands import find_command
from ai_lib.cli.chat.state import ConversationState
from ai_lib.cli.output import write_note, write_problem
from ai_lib.errors.exceptions import AiLibError, CredentialError, ProtocolError
from ai_lib.types.message import Message

Ask = Callable[[Message], object]

_WELCOME = "Ctrl-C ends a response, Ctrl-D the conversation; /help lists the commands\n"


def run_repl(state: ConversationState, ask: Ask, on_interrupt: Callable[[], None]) -> int:
    """Read questions until the end; return the exit code: 1 if the last question failed, else 0.

    `ask` shows a response; `on_interrupt` is called when a Ctrl-C or an error ended it.

    Raises:
        CredentialError, ProtocolError: no question can be asked at all.
    """
    write_note(_WELCOME)
    exit_code = 0
    with LineReader() as reader:
        while True:
            try:
                entry = reader.read()
            except EOFError:
                write_note("\n")
                return exit_code
            except KeyboardInterrupt:
                write_note("\n")
                continue
            try:
                question = _run_entry(state, entry)
            except EOFError:
                return exit_code
            except AiLibError as error:
                write_problem(error)
                continue
            if question is not None:
                exit_code = _ask_once(state, ask, on_interrupt, question)


def _run_entry(state: ConversationState, entry: str) -> Message | None:
    """Run a command; return the question to ask, if any. Raises EOFError at /quit."""
    if not entry:
        return None
    command = find_command(entry)
    if command is not None:
        run, argument = command
        return run(state, argument)
    from ai_lib.cli.chat.attachments import attach_files

    return Message.user(attach_files(entry, state.files))


def _ask_once(
    state: ConversationState, ask: Ask, on_interrupt: Callable[[], None], question: Message
) -> int:
    try:
        ask(question)
    except KeyboardInterrupt:
        on_interrupt()
        write_note("\n[interrupted]\n")
    except AiLibError as error:
        is_hopeless = isinstance(error, CredentialError | ProtocolError)
        if is_hopeless and not state.responses and not state.is_switched:
            raise
        on_interrupt()
        write_problem(error)
        return 1
    return 0
