"""The library's logger. It says nothing anywhere unless the application asks for it."""

import logging
from typing import Final

from ai_lib.errors.printable import to_printable

LOG: Final = logging.getLogger("ai_lib")


def _make_printable(record: logging.LogRecord) -> bool:
    """Escape what would act on a terminal in a record's arguments; accept every record."""
    if isinstance(record.args, tuple):
        record.args = tuple(to_printable(a) if isinstance(a, str) else a for a in record.args)
    return True


if not LOG.handlers:
    LOG.addHandler(logging.NullHandler())
    LOG.addFilter(_make_printable)

# Where httpcore, when it speaks HTTP for us, tells what it does.
HTTPCORE: Final = tuple(
    logging.getLogger(f"{package}.{name}")
    for package in ("httpcore", "httpcore2")
    for name in ("connection", "http11", "http2", "proxy", "socks")
)
