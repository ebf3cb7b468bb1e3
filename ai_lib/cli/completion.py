"""`ai-lib completion`: writes a shell's completion script from the parser's commands."""

import argparse
from typing import Final

from ai_lib.cli.output import write_text

_BASH: Final = """\
_ai_lib() {{
    local current="${{COMP_WORDS[COMP_CWORD]}}" words=""
    if [ "$COMP_CWORD" -eq 1 ]; then
        words="{commands}"
    else
        case "${{COMP_WORDS[1]}}" in
{cases}
        esac
    fi
    COMPREPLY=($(compgen -W "$words" -- "$current"))
}}
complete -o default -F _ai_lib ai-lib
"""
_ZSH: Final = """\
#compdef ai-lib
_ai_lib() {{
    if (( CURRENT == 2 )); then
        compadd {commands}
        return
    fi
    case "$words[2]" in
{cases}
    esac
    _files
}}
compdef _ai_lib ai-lib
"""


def write_completion(shell: str) -> int:
    """Write the script to standard output; return the exit code."""
    commands = _list_commands()
    names = " ".join(commands)
    if shell == "bash":
        cases = [
            f'            {name}) words="{" ".join(options)}" ;;'
            for name, options in commands.items()
        ]
        write_text(_BASH.format(commands=names, cases="\n".join(cases)))
    else:
        cases = [
            f"        {name}) compadd -- {' '.join(options)} ;;"
            for name, options in commands.items()
        ]
        write_text(_ZSH.format(commands=names, cases="\n".join(cases)))
    return 0


def _list_commands() -> dict[str, list[str]]:
    """Return each command with its options."""
    from ai_lib.cli.options import make_parser

    commands: dict[str, list[str]] = {}
    for action in make_parser()._actions:
        if isinstance(action, argparse._SubParsersAction):
            for name, command in action.choices.items():
                options = [
                    word for argument in command._actions for word in argument.option_strings
                ]
                commands[name] = options
    return commands
