"""The log of conversations: an SQLite file with a row for each answer, kept when asked for."""

import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import datetime, timezone
from pathlib import Path
from typing import Final

import msgspec

from ai_lib._runtime.private_files import create_private
from ai_lib.cli.user.folder import find_user_folder, make_user_folder
from ai_lib.errors.exceptions import RequestError

VARIABLE: Final = "AI_LIB_CHAT_LOG"
_FILE: Final = "log.db"
_ON: Final = ("1", "true", "yes", "on")
_TABLE: Final = """
create table if not exists answers (
    id integer primary key, conversation text not null, at text not null, model text not null,
    question text not null, answer text not null, prompt_tokens integer, completion_tokens integer,
    cost real, currency text, milliseconds real, finish_reason text
)
"""


class LogEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One question and its answer. `conversation` is the same for all of one conversation.

    `at` is the time in UTC (ISO 8601); `cost` is None where it is unknown.
    """

    conversation: str
    model: str
    question: str
    answer: str
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    cost: float | None = None
    currency: str | None = None
    milliseconds: float | None = None
    finish_reason: str | None = None
    at: str = ""


_COLUMNS: Final = tuple(field for field in LogEntry.__struct_fields__)


class ConversationLog:
    """The log in one file; without a path, the user's own."""

    def __init__(self, path: Path | None = None) -> None:
        self.path = path or find_user_folder() / _FILE

    def add(self, entry: LogEntry) -> None:
        """Add an answer, with the time of now; the file is made if need be.

        Raises:
            RequestError: it can't be written.
        """
        at = datetime.now(timezone.utc).isoformat(timespec="seconds")
        values = msgspec.structs.astuple(msgspec.structs.replace(entry, at=at))
        marks = ", ".join("?" * len(_COLUMNS))
        with self._open(is_new=True) as database, database:
            database.execute(_TABLE)
            names = ", ".join(_COLUMNS)
            database.execute(f"insert into answers ({names}) values ({marks})", values)

    def find(self, text: str = "", *, limit: int = 0) -> list[LogEntry]:
        """Return the entries whose question, answer, model or conversation contains `text`.

        The oldest comes first; with `limit`, only that many of the newest are returned.

        Raises:
            RequestError: the file is not there, or can't be read.
        """
        if not self.path.is_file():
            raise RequestError(
                f"there is no log at {self.path}: `ai-lib chat --log` or {VARIABLE}=1 begins one"
            )
        like = f"%{text}%"
        fields = ("question", "answer", "model", "conversation")
        condition = " or ".join(f"{name} like ?" for name in fields)
        query = f"select {', '.join(_COLUMNS)} from answers where {condition} order by id desc"
        with self._open(is_new=False) as database:
            rows = database.execute(f"{query} limit ?", (*[like] * len(fields), limit or -1))
            entries = [LogEntry(**dict(zip(_COLUMNS, row, strict=True))) for row in rows]
        return entries[::-1]

    @contextmanager
    def _open(self, *, is_new: bool) -> Iterator[sqlite3.Connection]:
        try:
            if is_new:
                if self.path == find_user_folder() / _FILE:
                    make_user_folder()
                create_private(self.path)
            with closing(sqlite3.connect(self.path)) as database:
                yield database
        except (sqlite3.Error, OSError) as error:
            raise RequestError(f"the log {self.path} can't be used: {error}") from error


def find_log(*, is_wanted: bool, path: str | None = None) -> ConversationLog | None:
    """Return the log to write to, or None where none is asked for.

    It is asked for by `--log`, or by the variable `AI_LIB_CHAT_LOG`: `1`, or the path of a file.
    """
    if path:
        return ConversationLog(Path(path))
    setting = os.environ.get(VARIABLE, "").strip()
    if setting and setting.lower() not in (*_ON, "0", "false", "no", "off"):
        return ConversationLog(Path(setting))
    return ConversationLog() if is_wanted or setting.lower() in _ON else None


def format_entries(entries: Sequence[LogEntry]) -> Iterator[str]:
    """Yield the text of each entry: a line of facts, the question, the answer."""
    for entry in entries:
        facts = f"{entry.at}  {entry.model}  {entry.conversation}"
        yield f"# {facts}\n> " + entry.question.replace("\n", "\n> ") + f"\n\n{entry.answer}\n\n"
