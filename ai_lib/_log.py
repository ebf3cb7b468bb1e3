"""The library's logger. It says nothing anywhere unless the application asks for it."""

import logging
from typing import Final

LOG: Final = logging.getLogger("ai_lib")

if not LOG.handlers:
    LOG.addHandler(logging.NullHandler())
