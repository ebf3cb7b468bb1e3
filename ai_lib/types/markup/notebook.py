"""Finds the notebook that runs this code, and writes to its output areas."""

import sys
from collections.abc import Mapping
from typing import Any


def find_notebook() -> Any:
    """Return the shell of a notebook's kernel; None in a terminal and without IPython."""
    module = sys.modules.get("IPython")
    shell = module.get_ipython() if module is not None else None
    if shell is None or type(shell).__name__ == "TerminalInteractiveShell":
        return None
    return shell


def publish(data: Mapping[str, str], area: str, *, update: bool) -> None:
    """Show data by its MIME types in an output area of that name; for notebooks only.

    With `update` it replaces the area's content.
    """
    from importlib import import_module

    display: Any = import_module("IPython.display").display
    display(dict(data), raw=True, display_id=area, update=update)
