"""What has been shown while it came: the same values, which a notebook does not show once more."""

from typing import Any, TypeVar

import msgspec

from ai_lib.client.tools.conversation import ToolRun
from ai_lib.structured.output import StructuredOutput
from ai_lib.types.markup.notebook import notebook
from ai_lib.types.response import ChatResponse

T = TypeVar("T")


class _Displayed:
    """Says to a notebook that there is nothing to show, in the very cell it was shown in."""

    def _ipython_display_(self) -> None:
        shell = notebook()
        if shell is None or shell.execution_count != getattr(self, "shown_in", None):
            raise NotImplementedError  # so that it is shown as ever


class DisplayedResponse(ChatResponse, _Displayed, frozen=True, kw_only=True):
    """A reply that cell number `shown_in` shows."""

    shown_in: int


class DisplayedRun(ToolRun, _Displayed, frozen=True, kw_only=True):
    """A run of tools that cell number `shown_in` shows."""

    shown_in: int


class DisplayedOutput(StructuredOutput[T], _Displayed, frozen=True, kw_only=True):
    """A typed answer that cell number `shown_in` shows."""

    shown_in: int


_KINDS: dict[type, Any] = {
    ChatResponse: DisplayedResponse,
    ToolRun: DisplayedRun,
    StructuredOutput: DisplayedOutput,
}


def shown(value: T) -> T:
    """Return the value as one that has been shown; outside of a notebook it is itself."""
    shell = notebook()
    if shell is None or not isinstance(value, msgspec.Struct):
        return value
    fields = {name: getattr(value, name) for name in value.__struct_fields__}
    found: T = _KINDS[type(value)](**fields, shown_in=shell.execution_count)
    return found
