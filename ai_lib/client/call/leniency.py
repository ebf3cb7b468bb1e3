"""Whether values in nearly the right form are taken of the target that answered."""

from ai_lib.client.call.call import Call


def is_lenient_call(call: Call, coerce: bool | None) -> bool:
    """Return `coerce`; where that leaves it open, what the dialect of the last target says."""
    if coerce is not None:
        return coerce
    return bool(call.requests) and call.requests[-1].target.compiled.dialect.reply.lenient
