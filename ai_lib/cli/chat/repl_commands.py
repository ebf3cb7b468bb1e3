"""The commands of a conversation in the terminal: what is typed after a `/`."""

import re
from collections.abc import Callable
from typing import Final

from ai_lib.cli.chat.state import ConversationState
from ai_lib.cli.output import write_note
from ai_lib.errors.exceptions import RequestError
from ai_lib.types.message import Message

Command = Callable[[ConversationState, str], Message | None]

_ENTRY: Final = re.compile(r"/([a-z]+)(?:\s+(.*))?", re.DOTALL)


def find_command(entry: str) -> tuple[Command, str] | None:
    """Return the command of an entry and its argument; None when the entry is a question.

    Raises:
        RequestError: there is no such command.
    """
    match = _ENTRY.fullmatch(entry)
    if match is None:
        return None
    command = COMMANDS.get(match[1])
    if command is None:
        raise RequestError(f"there is no /{match[1]}; /help lists the commands")
    return command[0], (match[2] or "").strip()


def _show_help(state: ConversationState, argument: str) -> None:
    width = max(len(command[1]) for command in COMMANDS.values())
    lines = [f"{usage:<{width}}  {text}\n" for _, usage, text in COMMANDS.values() if usage]
    write_note("".join(lines))


def _switch_model(state: ConversationState, argument: str) -> None:
    if argument:
        state.switch_model(argument)
    write_note(f"the model is {state.model}\n")


def _set_system(state: ConversationState, argument: str) -> None:
    if argument:
        state.set_system("" if argument == "-" else argument)
    write_note(f"the instructions are: {state.system}\n" if state.system else "no instructions\n")


def _save(state: ConversationState, argument: str) -> None:
    state.save(_need(argument, "/save FILE"))
    write_note(f"{len(state.messages)} messages are in {argument}\n")


def _load(state: ConversationState, argument: str) -> None:
    state.load(_need(argument, "/load FILE"))
    write_note(f"{len(state.messages)} messages from {argument}\n")


def _retry(state: ConversationState, argument: str) -> Message:
    question = state.take_last_question()
    if question is None:
        raise RequestError("there is no question to ask again")
    return question


def _attach(state: ConversationState, argument: str) -> None:
    state.files.append(_need(argument, "/file FILE"))
    write_note("it goes with the next question\n")


def _show_cost(state: ConversationState, argument: str) -> None:
    write_note(f"{state.describe_cost()}\n")


def _restart(state: ConversationState, argument: str) -> None:
    state.restart()
    write_note("a new conversation\n")


def _quit(state: ConversationState, argument: str) -> None:
    raise EOFError


def _need(argument: str, usage: str) -> str:
    if not argument:
        raise RequestError(f"say which: {usage}")
    return argument


# What runs, how it is typed, and what it does. Commands without a usage are other names.
COMMANDS: Final[dict[str, tuple[Command, str, str]]] = {
    "help": (_show_help, "/help", "list the commands"),
    "model": (_switch_model, "/model [MODEL]", "show the model, or ask another one from now on"),
    "system": (_set_system, "/system [TEXT]", "show the instructions, or set them; - removes them"),
    "file": (_attach, "/file FILE", "attach a file to the next question"),
    "retry": (_retry, "/retry", "ask the last question again"),
    "cost": (_show_cost, "/cost", "show what the conversation used and cost"),
    "save": (_save, "/save FILE", "write the conversation to a file"),
    "load": (_load, "/load FILE", "go on with a conversation from a file"),
    "new": (_restart, "/new", "begin another conversation"),
    "quit": (_quit, "/quit", "end; so does Ctrl-D"),
    "exit": (_quit, "", ""),
}
