"""Whether this runs in a notebook."""

import sys
from typing import Any


def notebook() -> Any:
    """Return the shell of a notebook's kernel; None in a terminal and without IPython."""
    module = sys.modules.get("IPython")
    shell = module.get_ipython() if module is not None else None
    if shell is None or type(shell).__name__ == "TerminalInteractiveShell":
        return None
    return shell
