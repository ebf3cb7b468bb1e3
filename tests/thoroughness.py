"""How much the tests try: a part of it in the core, all of it with `THOROUGH=1` in the environment.

`nox -s thorough` runs every test with all of it.
"""

import os
from collections.abc import Sequence
from typing import Final, TypeVar

THOROUGH: Final = bool(os.environ.get("THOROUGH"))
_SHARE: Final = 5  # the core tries one of so many
_FEWEST_EXAMPLES: Final = 30

Row = TypeVar("Row")


def count_examples(whole: int) -> int:
    """Return how many generated examples a test tries of those it tries when thorough."""
    return whole if THOROUGH else min(whole, max(whole // _SHARE, _FEWEST_EXAMPLES))


def sample_rows(rows: Sequence[Row]) -> Sequence[Row]:
    """Return the rows that a test tries: all when thorough, else one of five in their order."""
    return rows if THOROUGH else rows[::_SHARE]
