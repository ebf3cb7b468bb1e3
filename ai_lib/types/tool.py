"""Tools: what the model may call, and the calls it makes."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final, Literal, cast, overload

import msgspec

from ai_lib.types.json import JsonDict, JsonObject, JsonValue
from ai_lib.types.records.record import Record


def _no_parameters() -> JsonObject:
    return {"type": "object", "properties": {}}


class ToolDefinition(Record, frozen=True, kw_only=True, omit_defaults=True):
    """A function the model may call. `parameters` is a JSON Schema of type `object`.

    `cache` is as on content blocks. `extra` holds further fields of the provider's own; a tool that
    the provider runs itself is made with `of_provider`, and `extra` is all of it, or with `hosted`,
    by what it does. A tool of an MCP
    server has the server's name and the tool's `annotations`, which are never sent; `adaptations`
    says what its definition lost.
    """

    name: str
    description: str | None = None
    parameters: JsonObject = msgspec.field(default_factory=_no_parameters)
    strict: bool | None = None
    function: Callable[..., object] | None = None
    cache: str | None = None
    extra: JsonObject = {}
    is_of_provider: bool = False
    hosted_options: JsonObject | None = None
    server: str | None = None
    annotations: JsonObject = {}
    adaptations: Sequence[str] = ()

    def to_dict(self) -> JsonDict:
        """Return all of it but its function as a dict of JSON's types, with a `version`.

        Raises:
            RequestError: a part of it has no form in JSON.
        """
        return Record.to_dict(msgspec.structs.replace(self, function=None))

    @classmethod
    def _read_other_form(cls, value: Mapping[str, object]) -> object:
        from ai_lib.types.records.loading import read_tool

        return read_tool(value)

    @classmethod
    def of_provider(
        cls, tool: JsonObject, *, function: Callable[..., object] | None = None
    ) -> "ToolDefinition":
        """Offer a tool in the provider's words, such as a search that the provider runs itself.

        With a `function`, the caller runs it: it gets the arguments as one mapping, or the text of
        a tool that takes free text.
        """
        inner = tool.get("custom")
        inner_name = cast("JsonObject", inner).get("name") if isinstance(inner, Mapping) else None
        name = tool.get("name") or inner_name or tool.get("type") or next(iter(tool), "")
        return cls(name=str(name), extra=tool, is_of_provider=True, function=function)

    @classmethod
    def hosted(
        cls, name: str, /, *, extra: JsonObject | None = None, **options: JsonValue
    ) -> "ToolDefinition":
        """Offer a tool that the provider runs, by what it does: `web_search`, `code_execution` ...

        The manifest says how the provider is asked for it; `extra` is added in the provider's own
        words. A request to a target that lacks the tool, or one of the options that protect
        (`allowed_domains`, `blocked_domains`, `allowed_tools`, `approval`), raises CapabilityError;
        another option that it lacks is left out, which the response's `adaptations` says.
        """
        return cls(name=name, extra=extra or {}, is_of_provider=True, hosted_options=options)

    @overload
    @classmethod
    def from_function(
        cls,
        function: Callable[..., object],
        /,
        *,
        name: str | None = None,
        description: str | None = None,
        parameters: JsonObject | None = None,
        strict: bool | None = None,
    ) -> "ToolDefinition": ...

    @overload
    @classmethod
    def from_function(
        cls,
        *,
        name: str,
        description: str | None = None,
        parameters: JsonObject | None = None,
        strict: bool | None = None,
    ) -> "ToolDefinition": ...

    @classmethod
    def from_function(
        cls,
        function: Callable[..., object] | None = None,
        *,
        name: str | None = None,
        description: str | None = None,
        parameters: JsonObject | None = None,
        strict: bool | None = None,
    ) -> "ToolDefinition":
        """Describe a tool, by hand or from a Python function.

        From a function the name, the docstring's first paragraph and the annotations are read, and
        what the docstring says of each parameter; `name` and `description` override it. With
        `parameters`, a JSON Schema, the function is its handler: it gets the arguments as keywords,
        or as one mapping where it has one parameter that the schema does not name.

        Raises:
            TypeError: an annotation can't be expressed as JSON Schema, or neither a function nor
                a name was given.
        """
        if function is not None:
            from ai_lib.types.schema.docstring import describe
            from ai_lib.types.schema.signature import (
                Signature,
                get_documented_function,
                get_function_name,
            )

            return cls(
                name=name or get_function_name(function),
                description=description or describe(get_documented_function(function)),
                parameters=Signature(function).schema() if parameters is None else parameters,
                strict=strict,
                function=function,
            )
        if name is None:
            raise TypeError("from_function() needs a function, or name= and parameters=")
        return cls(
            name=name,
            description=description,
            parameters=_no_parameters() if parameters is None else parameters,
            strict=strict,
        )


APPROVAL: Final = "approval"
"""The kind of a call that asks whether the provider may make it."""


class ToolCall(Record, frozen=True, kw_only=True, omit_defaults=True):
    """One call the model wants made.

    `arguments` is the parsed JSON object; `signature` is the provider's opaque state for it. With
    `is_custom`, the tool takes free text, which is the member `input` of the arguments.
    `exact_json` is the object as text where a number in it has more digits than a float.

    `kind` is `function` for all calls but two kinds: an `approval` asks whether the provider may
    call a tool of the MCP `server` itself, and is answered by `Message.approval`; and a tool of the
    provider's own that the caller runs has the provider's word, such as `shell`.
    """

    id: str
    name: str
    arguments: JsonObject
    index: int = 0
    signature: str | None = None
    is_custom: bool = False
    exact_json: str = ""
    kind: str = "function"
    server: str | None = None

    @property
    def function_name(self) -> str:
        """The same as `name`."""
        return self.name


class ToolChoice(Record, frozen=True, kw_only=True, omit_defaults=True):
    """Whether the model may, must or must not call tools; with `name`, which one it must call."""

    mode: Literal["auto", "none", "required", "tool"] = "auto"
    name: str | None = None

    @classmethod
    def of(cls, choice: "ToolChoice | str | Mapping[str, object]") -> "ToolChoice":
        """Read `auto`, `none`, `required`, the name of the tool to call, or a dict that says it.

        Raises:
            InvalidArguments: the dict is malformed.
        """
        if isinstance(choice, ToolChoice):
            return choice
        if not isinstance(choice, str):
            from ai_lib.types.records.loading import read_tool_choice

            choice_read: ToolChoice = read_tool_choice(choice)
            return choice_read
        if choice in ("auto", "none", "required"):
            return msgspec.convert({"mode": choice}, cls)
        return cls(mode="tool", name=choice)
