"""The tools of an MCP server as the definitions that a model is given, and the pins of them."""

import hashlib
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from typing import Final

import msgspec

from ai_lib.errors.mcp import McpError, McpToolChanged
from ai_lib.types.json import JsonDict, JsonObject, JsonValue, as_object
from ai_lib.types.tool import ToolDefinition

MAX_DESCRIPTION: Final = 2000
# What the user or the model is told of a tool: what an approval is given for.
_PINNED: Final = ("name", "title", "description", "inputSchema", "outputSchema", "annotations")
_PIN: Final = "sha256:"
_PROSE: Final = frozenset({"title", "description"})  # what a schema says to its reader
_VALUES: Final = frozenset({"const", "default", "enum", "examples"})


class ListedTool(msgspec.Struct, frozen=True, kw_only=True):
    """One tool as its server lists it, and its pin."""

    name: str
    raw: JsonObject
    pin: str

    @property
    def description(self) -> str | None:
        """What the server says of it."""
        text = self.raw.get("description")
        return text if isinstance(text, str) else None

    @property
    def schema(self) -> JsonObject:
        """What it takes, as the server says it."""
        return as_object(self.raw.get("inputSchema"))


class ToolFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which tools of a server may be used: those of `allow`, if it is given, without `deny`."""

    allow: frozenset[str] | None = None
    deny: frozenset[str] = frozenset()

    def accepts(self, name: str) -> bool:
        """Return whether a tool may be used."""
        return name not in self.deny and (self.allow is None or name in self.allow)


def pin_tool(tool: JsonObject) -> str:
    """Return the digest of all that is told of a tool, as `sha256:` and 64 hexadecimal digits."""
    pinned = {name: tool.get(name) for name in _PINNED}
    canonical = msgspec.json.encode(pinned, order="deterministic")
    return _PIN + hashlib.sha256(canonical).hexdigest()


def read_listed_tools(
    tools: Sequence[JsonObject], server: str, accepted: ToolFilter
) -> tuple[ListedTool, ...]:
    """Return the tools that may be used.

    Raises:
        McpError: the server lists a tool twice.
    """
    listed: dict[str, ListedTool] = {}
    for tool in tools:
        name = tool.get("name")
        if not isinstance(name, str) or not accepted.accepts(name):
            continue
        if name in listed:
            raise McpError(f"{server} lists two tools named {name!r}", server=server)
        listed[name] = ListedTool(name=name, raw=tool, pin=pin_tool(tool))
    return tuple(listed.values())


def check_approved(tools: Sequence[ListedTool], approved: Mapping[str, str], server: str) -> None:
    """Check tools against their pins.

    Raises:
        McpToolChanged: a tool is new, or not what was approved.
    """
    for tool in tools:
        pin = approved.get(tool.name)
        if pin == tool.pin:
            continue
        state = "was not approved" if pin is None else "is not the one that was approved"
        raise McpToolChanged(
            f"{server}: the tool {tool.name!r} {state}: its pin is {tool.pin}. Read its "
            "description (error.new), then approve it by that pin, or leave it out with deny=",
            server=server,
            tool=tool.name,
            approved=pin,
            pin=tool.pin,
            new=tool.description,
        )


def check_unchanged(before: ListedTool, now: ListedTool | None, server: str) -> None:
    """Check that a tool is still what it was when the model was told of it.

    Raises:
        McpToolChanged: it is another one now, or is gone.
    """
    if now is not None and now.pin == before.pin:
        return
    state = "is gone" if now is None else "has changed"
    raise McpToolChanged(
        f"{server}: the tool {before.name!r} {state} since it was listed; it was not called. List "
        "the tools again to use what there is now",
        server=server,
        tool=before.name,
        approved=before.pin,
        pin=None if now is None else now.pin,
        old=before.description,
        new=None if now is None else now.description,
    )


def define_tool(
    tool: ListedTool, function: Callable[..., object], *, server: str, prefix: str | None
) -> ToolDefinition:
    """Return a tool as a model is given it."""
    title = tool.raw.get("title")
    stated = tool.description or (title if isinstance(title, str) else None)
    description, notes = clean_description(stated)
    schema_notes: list[str] = []
    parameters = clean_schema(fit_schema(tool.schema), schema_notes)
    annotations = clean_schema(as_object(tool.raw.get("annotations")), [])
    owner = f"{tool.name} of {server}"
    return ToolDefinition(
        name=f"{prefix}{tool.name}" if prefix else tool.name,
        description=description,
        parameters=as_object(parameters),
        function=function,
        server=server,
        annotations=as_object(annotations),
        adaptations=(
            *(f"the description of {owner}: {note}" for note in notes),
            *(f"the schema of {owner}: {note}" for note in schema_notes),
        ),
    )


def clean_schema(value: JsonValue, notes: list[str]) -> JsonValue:
    """Return a schema with its titles and descriptions as `clean_description` leaves them.

    What its values may be is left as it is. `notes` gets what was removed.
    """
    if isinstance(value, list):
        return [clean_schema(item, notes) for item in value]
    if not isinstance(value, dict):
        return value
    cleaned: JsonDict = {}
    for name, part in value.items():
        if name in _PROSE and isinstance(part, str):
            cleaned[name], removed = clean_description(part)
            notes += removed
        else:
            cleaned[name] = part if name in _VALUES else clean_schema(part, notes)
    return cleaned


def fit_schema(schema: JsonObject) -> JsonObject:
    """Return a schema as a model is given it: of type `object`, with `properties`."""
    fitted: JsonDict = {name: part for name, part in schema.items() if name != "$schema"}
    if fitted.get("type") != "object":
        fitted = {"type": "object"}
    fitted.setdefault("properties", {})
    return fitted


def clean_description(text: str | None) -> tuple[str | None, list[str]]:
    """Return a description without what a reader does not see, cut at 2,000 characters.

    The notes say what was removed: control characters, tags and other invisible ones, and marks
    that change the direction of text.
    """
    if text is None:
        return None, []
    notes = []
    visible = "".join(character for character in text if not _is_hidden(character))
    if len(visible) < len(text):
        notes.append(f"{len(text) - len(visible)} invisible characters removed")
    if len(visible) > MAX_DESCRIPTION:
        notes.append(f"cut at {MAX_DESCRIPTION} of {len(visible)} characters")
        visible = visible[:MAX_DESCRIPTION]
    return visible, notes


# What joins the characters of some scripts and emoji stands in honest text; others are format
# characters of Unicode (Cf), controls (Cc), surrogates, private use, and variation selectors.
_HIDDEN: Final = frozenset({"Cc", "Cf", "Co", "Cs", "Zl", "Zp"})
_INVISIBLE: Final = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0e\uffa0\U000e0100-\U000e01ef]"
)


def _is_hidden(character: str) -> bool:
    if character in "\n\t" or " " <= character <= "~":
        return False
    return unicodedata.category(character) in _HIDDEN or bool(_INVISIBLE.match(character))
