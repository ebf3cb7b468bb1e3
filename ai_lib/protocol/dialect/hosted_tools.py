"""The `hosted:` part of a request: tools that the provider runs, in its words."""

from fnmatch import fnmatchcase

import msgspec

from ai_lib.types.json import JsonDict, JsonValue


class HostedToolShape(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How one tool is asked for. The placeholders are the options that it takes.

    `tool` is written among the tools, `body` merged into the body (lists are joined), `headers` are
    sent along (the values of several tools are joined by commas). `exclusive` names options that
    can't be given together, `needs` those that must be given. `implied` has the values of options
    that hold without a word. Without a `tool`, the body alone asks for it. `models` has other
    shapes by patterns of models; the first that matches counts, and null says that they lack it.
    """

    tool: JsonDict = {}
    body: JsonDict = {}
    headers: dict[str, str] = {}
    exclusive: tuple[tuple[str, ...], ...] = ()
    needs: tuple[str, ...] = ()
    implied: dict[str, JsonValue] = {}
    models: "dict[str, HostedToolShape | None]" = {}

    def for_model(self, model: str) -> "HostedToolShape | None":
        """Return the shape for a model; None where the model lacks the tool."""
        for pattern, shape in self.models.items():
            if fnmatchcase(model, pattern):
                return shape
        return self


class OutputShape(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The members of an output, by dotted paths: the first that is a text counts.

    What has a `url` or an `id` is a source, anything else a text; all of `texts` are texts.
    """

    url: tuple[str, ...] = ("url",)
    id: tuple[str, ...] = ()
    title: tuple[str, ...] = ("title",)
    text: tuple[str, ...] = ("text",)
    texts: tuple[str, ...] = ()


class HostedPartShape(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a part is read that tells what a provider's own tool did.

    It is a part for which `match` holds. The other fields are paths from it, or words: the `kind`
    of tool (`kinds` has the standard words), the `id` and `name` of the use, its `input`, under
    `input_name` where it is no object, its `output`, whose `members` say what it holds, `status`
    and `error`, `failed` where that is true, and the `server` of an MCP tool.
    A part that `is_call` tells of the use, one that `is_result` of what it gave; any other of both.
    """

    match: str
    kind: str
    kinds: dict[str, str] = {}
    id: str = "@.id"
    name: str | None = None
    input: str | None = None
    input_name: str | None = None
    output: str | None = None
    members: OutputShape = OutputShape()
    status: str | None = None
    error: str | None = None
    failed: str | None = None
    server: str | None = None
    is_call: bool = False
    is_result: bool = False
