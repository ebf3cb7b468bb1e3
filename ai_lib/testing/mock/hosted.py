"""Uses of a provider's own tools in a mocked reply, in the provider's form."""

from collections.abc import Sequence

import msgspec

from ai_lib.protocol.dialect.template import fill_template
from ai_lib.protocol.query.path import MISSING
from ai_lib.testing.mock.serve_shape import ServeSection
from ai_lib.types.content import Source
from ai_lib.types.json import JsonObject, encode_json


class HostedCall(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """A use of a tool that the provider runs: what it was given, and what it gave.

    `kind` is what the tool does, such as `web_search`. It gives `sources` and a `text`, or fails
    with the code `error`. A tool of an MCP server has its `name` and the `server`.
    """

    kind: str
    input: JsonObject = {}
    sources: Sequence[Source] = ()
    text: str = ""
    error: str | None = None
    name: str = ""
    server: str = ""
    id: str | None = None


def list_missing_kinds(serve: ServeSection, calls: Sequence[HostedCall]) -> list[str]:
    """Return the kinds of tools that a dialect's section has no form for."""
    return sorted({call.kind for call in calls} - serve.hosted.keys())


def write_hosted_parts(serve: ServeSection, call: HostedCall, tool_id: str) -> list[object]:
    """Return the parts in which a provider tells of a use."""
    shape = serve.hosted[call.kind]
    sources = [_fill_source(shape.source, source) for source in call.sources]
    values: dict[str, object] = {
        **call.input,
        "id": call.id or tool_id,
        "name": call.name or MISSING,
        "server": call.server or MISSING,
        "input": dict(call.input),
        "arguments": encode_json(call.input).decode(),
        "sources": sources,
        "text": call.text,
        "some_text": call.text or MISSING,
        "status": "failed" if call.error is not None else "completed",
    }
    templates = shape.parts
    if call.error is not None:
        values["error"] = call.error
        templates = shape.failed_parts or shape.parts
    return [fill_template(template, values) for template in templates]


def _fill_source(template: object, source: Source) -> object:
    facts = {name: getattr(source, name) for name in ("url", "title", "text", "id")}
    return fill_template(
        template,
        {name: value for name, value in facts.items() if value is not None},
    )
