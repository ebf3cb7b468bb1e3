"""The questions and replies of the demo."""

from typing import Final

from ai_lib.protocol.bundle import list_bundled_dialects, list_bundled_names
from ai_lib.testing.mock.reply import Reply
from ai_lib.types.tool import ToolDefinition

QUESTION: Final = "How can one program talk to every provider?"
TOOL_QUESTION: Final = "What is the weather in Lisbon? Use get_weather."
TOOL_RESULT: Final = "21 degrees and sunny"

ANSWER: Final = Reply(
    thinking="They want the short version. I will name the idea and stop.",
    text=(
        "What differs between providers is written down as data: one manifest each, one small "
        "table for each dialect of the wire. The program reads it, so your code stays the same."
    ),
    pause=0.012,
)

WEATHER: Final = ToolDefinition.from_function(
    name="get_weather",
    description="Tell the weather in a city.",
    parameters={
        "type": "object",
        "properties": {"city": {"type": "string"}},
        "required": ["city"],
    },
)


def list_demo_dialects() -> list[tuple[str, str]]:
    """Return pairs of a bundled provider and the dialect that is named after it."""
    providers = list_bundled_names("manifests")
    pairs = [(name.partition("_")[0], name) for name in list_bundled_dialects()]
    return [(provider, dialect) for provider, dialect in pairs if provider in providers]
