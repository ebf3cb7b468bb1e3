"""The `billing:` part of a dialect: what in a request's body bounds and raises its cost."""

import msgspec


class HostedToolsShape(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where tools stand that the provider runs.

    `each` is the path of tools. With `name`, that member names the tool, without a date at its end
    (`web_search_20260209`), and one without it, or named in `own`, is the caller's. Without `name`,
    every member of a tool that is not in `own` is a tool. `uses` is the member with the most uses
    of a tool, `total_uses` the member of the body with the most of all.

    A use brings at most `tokens` where the price list does not say how many, and a tool that
    nothing limits is counted with `assumed_uses` of them.
    """

    each: str = "$.tools[*]"
    name: str = ""
    own: tuple[str, ...] = ()
    uses: str = ""
    total_uses: str = ""
    tokens: int = 5000
    assumed_uses: int = 10


class BillingShape(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a body says of its cost; paths are dotted.

    `output` are the limits of the response: the largest counts. `candidates` are the numbers of
    responses. Tokens of thinking come on top of the limit where `thinking` lists the path of their
    own. `service_tier` is the tier that is asked for, `factors` has members whose values multiply
    every price, each known value with its factor. `hosted` says where tools are that the provider
    runs, `switches` which members turn one on, by its name. `media` are members that ask for a
    response in sound or pictures.

    A member in `unbounded` brings what can't be counted before: context that the provider keeps,
    other models, servers that it calls. `long_cache` are texts of an encoded body that ask for a
    cache of an hour or more. `content` are the members that hold what is charged as input. `hidden`
    are the most tokens that the provider itself adds to the input where a body has a member.
    """

    output: tuple[str, ...] = ()
    candidates: tuple[str, ...] = ()
    thinking: tuple[str, ...] = ()
    service_tier: tuple[str, ...] = ()
    factors: dict[str, dict[str, float]] = {}
    hosted: HostedToolsShape | None = None
    switches: dict[str, str] = {}
    media: tuple[str, ...] = ()
    unbounded: tuple[str, ...] = ()
    long_cache: tuple[str, ...] = ()
    content: tuple[str, ...] = ()
    hidden: dict[str, int] = {}
