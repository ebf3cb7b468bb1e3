"""Values that were shown while they arrived, which a notebook must not show a second time."""

from typing import Any, TypeVar

import msgspec

from ai_lib.client.tools.conversation import ToolRun
from ai_lib.structured.output import StructuredOutput
from ai_lib.types.markup.notebook import find_notebook
from ai_lib.types.response import ChatResponse

T = TypeVar("T")


class _DisplayedContent:
    """Shows nothing in the cell that has shown the value already."""

    def _ipython_display_(self) -> None:
        shell = find_notebook()
        if shell is None or shell.execution_count != getattr(self, "cell", None):
            raise NotImplementedError  # IPython then shows the value as usual


class DisplayedResponse(ChatResponse, _DisplayedContent, frozen=True, kw_only=True):
    """A response that cell number `cell` shows."""

    cell: int


class DisplayedRun(ToolRun, _DisplayedContent, frozen=True, kw_only=True):
    """A run of tools that cell number `cell` shows."""

    cell: int


class DisplayedOutput(StructuredOutput[T], _DisplayedContent, frozen=True, kw_only=True):
    """A typed answer that cell number `cell` shows."""

    cell: int


_DISPLAYED_TYPES: dict[type, Any] = {
    ChatResponse: DisplayedResponse,
    ToolRun: DisplayedRun,
    StructuredOutput: DisplayedOutput,
}


def mark_displayed(value: T) -> T:
    """Return the value marked as shown by the current cell; outside a notebook return it as is."""
    shell = find_notebook()
    if shell is None or not isinstance(value, msgspec.Struct):
        return value
    fields = {name: getattr(value, name) for name in value.__struct_fields__}
    displayed: T = _DISPLAYED_TYPES[type(value)](**fields, cell=shell.execution_count)
    return displayed
