"""Runs cells in a kernel, as Jupyter does, and gives what each of them shows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient

ROOT = Path(__file__).parents[2]


class Shown:
    """The outputs of one cell."""

    def __init__(self, outputs: list[Any]) -> None:
        self.outputs = outputs

    def of(self, mime: str) -> list[str]:
        """What the cell displays or returns, in one form."""
        return [one["data"][mime] for one in self.outputs if mime in one.get("data", {})]

    @property
    def markdown(self) -> list[str]:
        return self.of("text/markdown")

    @property
    def html(self) -> list[str]:
        return self.of("text/html")

    @property
    def printed(self) -> str:
        return "".join(one["text"] for one in self.outputs if one["output_type"] == "stream")


def executed(cells: dict[str, str], *, allow_errors: bool = False) -> tuple[dict[str, Shown], Any]:
    """Run named cells in one kernel; give their outputs by name, and the notebook."""
    notebook = nbformat.v4.new_notebook()
    notebook.cells = [nbformat.v4.new_code_cell(source) for source in cells.values()]
    client = NotebookClient(
        notebook,
        timeout=60,
        kernel_name="python3",
        resources={"metadata": {"path": str(ROOT)}},
        allow_errors=allow_errors,
    )
    client.execute()
    outputs = [Shown(cell["outputs"]) for cell in notebook.cells]
    return dict(zip(cells, outputs, strict=True)), notebook
