"""One try to get an answer: what it cost and why it ended."""

from collections.abc import Iterable

import msgspec

from ai_lib.types.usage import Usage


class Attempt(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One attempt of a call, as listed on its response or its error.

    `ended` is `answered`, `cancelled`, or the standard class of the error, whose type's name is
    `error`. `sent` is false when our own protection refused it, so that nothing left this machine.
    `waited_ms` is what it waited for before (backoff, queue, rate limit), `latency_ms` how long it
    then took. `in_doubt` says that it broke off after it was sent, so that the provider may have
    worked on it. `usage` is what the provider said it used, as far as it came to that.
    """

    provider: str
    model: str
    ended: str = "answered"
    error: str | None = None
    status_code: int | None = None
    request_id: str | None = None
    retry_after: float | None = None
    sent: bool = True
    in_doubt: bool = False
    waited_ms: float = 0.0
    latency_ms: float = 0.0
    usage: Usage = Usage()


def summed(usages: Iterable[Usage]) -> Usage:
    """Return the counts of all of them together, without their `raw` objects."""
    known = list(usages)
    if len(known) == 1:
        return msgspec.structs.replace(known[0], raw=None)
    return Usage(
        prompt_tokens=sum(one.prompt_tokens for one in known),
        completion_tokens=sum(one.completion_tokens for one in known),
        total_tokens=sum(one.total_tokens for one in known),
        reasoning_tokens=sum(one.reasoning_tokens for one in known),
        cache_read_tokens=sum(one.cache_read_tokens for one in known),
        cache_write_tokens=sum(one.cache_write_tokens for one in known),
    )
