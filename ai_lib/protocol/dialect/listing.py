"""The `models:` and `counting:` parts of a dialect: a provider's own list, and its token counts.

The addresses are the manifest's endpoints `list_models` and `count_tokens`.

    models: { each: "$.data[*]", id: "@.id", created: ["@.created"], owner: ["@.owned_by"] }
    counting: { keep: [model, messages, system, tools], tokens: $.input_tokens }

The paths of `models` but `each` are those of one element.
"""

from __future__ import annotations

import msgspec

from ai_lib.protocol.dialect.template import fill_template
from ai_lib.types.json import JsonDict


class _Part(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The parent of every part: an unknown key is an error that names its path."""


class ListingShape(_Part, frozen=True, kw_only=True):
    """How a list of models is read.

    `each` is the path of the elements, or several whose elements follow each other. `id_prefix` is
    taken off an id. Of the other paths the first that selects something counts:
    `created` (seconds since 1970, or RFC 3339), `owner`, `display_name`, and the sizes in tokens.
    `next` is the path of what asks for the next page, as `{page}` in the query of the endpoint;
    with `more`, there is one only where that path selects true.
    """

    each: str | tuple[str, ...] = "$.data[*]"
    id: str = "@.id"
    id_prefix: str = ""
    created: tuple[str, ...] = ()
    owner: tuple[str, ...] = ()
    display_name: tuple[str, ...] = ()
    context_window: tuple[str, ...] = ()
    max_output_tokens: tuple[str, ...] = ()
    next: str | None = None
    more: str | None = None


class CountingShape(_Part, frozen=True, kw_only=True):
    """How a count of tokens is asked for and read.

    The body is the `keep` fields of the chat that is counted; a kept `model` is named although the
    chat has it in its address. With `within` it stands at that
    dotted path, with the model as `model`, behind `model_prefix`, unless the model is not named
    there. With `body`, that is sent instead, filled with `$model` and `$text`, all texts of the
    chat. `tokens` is the path of the number, or of a list that is counted.
    """

    keep: tuple[str, ...] = ()
    body: JsonDict | None = None
    within: str | None = None
    model_prefix: str = ""
    names_model: bool = True
    tokens: str

    def make_body(self, chat_body: JsonDict, model: str, text: str) -> JsonDict:
        """Return the body of the request that counts a chat."""
        if self.body is not None:
            filled = fill_template(self.body, {"model": model, "text": text})
            return filled if isinstance(filled, dict) else {}
        fields = {key: value for key, value in chat_body.items() if key in self.keep}
        if self.within is None:
            return {"model": model, **fields} if "model" in self.keep else fields
        if self.names_model:
            fields = {"model": f"{self.model_prefix}{model}", **fields}
        for name in reversed(self.within.split(".")):
            fields = {name: fields}
        return fields
