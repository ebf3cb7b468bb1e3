"""A draft written as one body."""

import msgspec

from ai_lib.protocol.dialect import Dialect
from ai_lib.protocol.template import fill
from ai_lib.testing.blocks import candidate_values, usage_values
from ai_lib.testing.draft import Draft
from ai_lib.testing.shape import ServeShape


def plain_body(dialect: Dialect, serve: ServeShape, draft: Draft) -> bytes:
    """Return the reply's body."""
    shape = serve.plain
    values = [
        {
            **draft.common,
            **candidate_values(dialect, serve, one),
            "finish_reason": draft.finish_reason,
        }
        for one in draft.candidates
    ]
    whole = {
        **values[0],
        "candidates": [fill(shape.candidate, of_one) for of_one in values],
        "usage": fill(serve.usage, usage_values(draft.usage)),
    }
    return msgspec.json.encode(fill(shape.body, whole))
