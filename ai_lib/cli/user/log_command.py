"""`ai-lib logs`: shows the conversations that were logged."""

import argparse

import msgspec

from ai_lib.cli.output import find_width, format_table, write_json, write_problem, write_text
from ai_lib.cli.user.log import ConversationLog, LogEntry, find_log, format_entries

_EXCERPT = 60


def run_logs(parsed: argparse.Namespace) -> int:
    """Write the newest entries, whole where one conversation is named; return the exit code.

    Raises:
        RequestError: there is no log, or it can't be read.
    """
    log = find_log(is_wanted=True, path=parsed.database) or ConversationLog()
    entries = log.find(parsed.text, limit=parsed.number)
    if not entries:
        write_problem("the log has no answer with this text" if parsed.text else "the log is empty")
        return 1
    if parsed.json:
        write_json([msgspec.to_builtins(entry) for entry in entries])
    elif parsed.full or len({entry.conversation for entry in entries}) == 1:
        write_text("".join(format_entries(entries)))
    else:
        columns = ("conversation", "at", "model", "question", "answer")
        write_text(
            format_table(columns, [_make_row(entry) for entry in entries], width=find_width())
        )
    return 0


def _make_row(entry: LogEntry) -> dict[str, str]:
    return {
        "conversation": entry.conversation,
        "at": entry.at.partition("+")[0].replace("T", " "),
        "model": entry.model,
        "question": _shorten(entry.question),
        "answer": _shorten(entry.answer),
    }


def _shorten(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _EXCERPT else f"{line[: _EXCERPT - 3]}..."
