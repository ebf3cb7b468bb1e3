"""The tools of a provider's own that the caller runs, such as a shell: each needs a function."""

from collections.abc import Sequence
from fnmatch import fnmatchcase

from ai_lib.protocol.dialect.model import RequestShape
from ai_lib.protocol.query.expression import compile_expression
from ai_lib.types.tool import ToolDefinition


def check_functions(tools: Sequence[ToolDefinition], shape: RequestShape) -> None:
    """Check that tools which the caller runs have functions.

    Raises:
        TypeError: one has none: the model would call it for nothing.
    """
    for tool in tools:
        is_own_words = tool.is_of_provider and tool.hosted_options is None
        if is_own_words and tool.function is None and _is_caller_run(tool, shape):
            raise TypeError(
                f"the tool {tool.name!r} is run by you, not by the provider: give it a function, "
                "as in ToolDefinition.of_provider(tool, function=run)"
            )


def _is_caller_run(tool: ToolDefinition, shape: RequestShape) -> bool:
    kind = str(tool.extra.get("type") or tool.name)
    return any(
        fnmatchcase(kind, pattern) and (not condition or compile_expression(condition)(tool.extra))
        for pattern, condition in shape.caller_tools.items()
    )
