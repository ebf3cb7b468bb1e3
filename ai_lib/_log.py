"""The library's logger. It says nothing anywhere unless the application asks for it."""

import logging
from typing import Final

LOG: Final = logging.getLogger("ai_lib")

if not LOG.handlers:
    LOG.addHandler(logging.NullHandler())

# Where httpcore, when it speaks HTTP for us, tells what it does.
HTTPCORE: Final = tuple(
    logging.getLogger(f"{package}.{name}")
    for package in ("httpcore", "httpcore2")
    for name in ("connection", "http11", "http2", "proxy", "socks")
)
