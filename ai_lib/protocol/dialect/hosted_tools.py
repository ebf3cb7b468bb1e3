"""The `hosted:` part of a request: tools that the provider runs, in its words."""

import msgspec

from ai_lib.types.json import JsonDict, JsonValue


class HostedToolShape(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How one tool is asked for. The placeholders are the options that it takes.

    `tool` is written among the tools, `body` merged into the body (lists are joined), `headers` are
    sent along (the values of several tools are joined by commas). `exclusive` names options that
    can't be given together, `needs` those that must be given. `implied` has the values of options
    that hold without a word.
    """

    tool: JsonDict
    body: JsonDict = {}
    headers: dict[str, str] = {}
    exclusive: tuple[tuple[str, ...], ...] = ()
    needs: tuple[str, ...] = ()
    implied: dict[str, JsonValue] = {}
