"""Reads what bounds and raises the cost of a request out of its body, as it is sent."""

import re
from collections.abc import Iterator, Mapping
from typing import Final

import msgspec

from ai_lib.errors.exceptions import RequestError
from ai_lib.protocol.compiled import CompiledManifest
from ai_lib.protocol.dialect.billing import BillingShape, HostedToolsShape
from ai_lib.protocol.query.path import compile_path
from ai_lib.types.json import JsonObject, encode_json, find_member

# More tokens than any model has; a limit beyond it is a mistake.
_MOST_TOKENS: Final = 100_000_000
_MOST_CANDIDATES: Final = 1024
_VERSION: Final = re.compile(r"_20\d{6}$|_preview(_.*)?$")


class HostedUse(msgspec.Struct, frozen=True, kw_only=True):
    """A tool that the provider may run, and how often at most; None is without end."""

    name: str
    most_uses: int | None = None


class BilledRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What a body says of its cost.

    `model` is the model it names, empty where the address does. `output_tokens` is the limit of one
    response, None where the body has none, `thinking_tokens` what comes on top of it. `factor`
    multiplies every price, `problem` says what can't be counted before. With `writes_long`, all
    that a cache stores is kept long: the provider does not tell apart what is. `hidden_tokens` are
    the most that the provider itself adds to the input.
    """

    model: str = ""
    output_tokens: int | None = None
    thinking_tokens: int = 0
    candidates: int = 1
    service_tier: str = ""
    factor: float = 1.0
    hosted: tuple[HostedUse, ...] = ()
    wants_media: bool = False
    keeps_long: bool = False
    writes_long: bool = False
    hidden_tokens: int = 0
    problem: str = ""


def read_billed_request(compiled: CompiledManifest, body: JsonObject) -> BilledRequest:
    """Return what the body of a chat says of its cost.

    Raises:
        RequestError: a limit is no count from 1 on, or larger than any model's.
    """
    shape = compiled.dialect.billing
    limits = [_read_limit(compiled, body, path, _MOST_TOKENS) for path in shape.output]
    counts = [_read_limit(compiled, body, path, _MOST_CANDIDATES) for path in shape.candidates]
    thinking = [_read_limit(compiled, body, path, _MOST_TOKENS) for path in shape.thinking]
    factor, problem = _read_factor(shape, body)
    model = body.get("model")
    tiers = [tier for path in shape.service_tier if (tier := find_member(body, path)) is not None]
    encoded = encode_json(body).decode() if shape.long_cache else ""
    keeps_long = any(text in encoded for text in shape.long_cache)
    return BilledRequest(
        model=model if isinstance(model, str) else "",
        output_tokens=max((limit for limit in limits if limit is not None), default=None),
        thinking_tokens=max((limit for limit in thinking if limit is not None), default=0),
        candidates=max((count for count in counts if count is not None), default=1),
        service_tier=str(tiers[0]) if tiers else "",
        factor=factor,
        hosted=tuple(_iterate_hosted(shape, body)),
        wants_media=any(find_member(body, path) is not None for path in shape.media),
        keeps_long=keeps_long,
        writes_long=keeps_long and not compiled.dialect.usage.cache_write_long_tokens,
        hidden_tokens=sum(
            count for path, count in shape.hidden.items() if find_member(body, path) is not None
        ),
        problem=problem,
    )


def find_extra_content(compiled: CompiledManifest, extra: JsonObject) -> str | None:
    """Return what the fields a caller merged into a body may add to its input, as text.

    None says that it can't be counted: a picture or a file that has only an address.
    """
    parts = [extra[name] for name in compiled.dialect.billing.content if name in extra]
    if not parts:
        return ""
    text = encode_json(parts).decode()
    return None if _ADDRESS.search(text) else text


_ADDRESS: Final = re.compile(r'"(?:image_url|file_id|file_uri|fileUri|url|file_url|input_image)"')


def _read_limit(
    compiled: CompiledManifest, body: JsonObject, path: str, most_allowed: int
) -> int | None:
    limit = find_member(body, path)
    if limit is None:
        return None
    if isinstance(limit, bool) or not isinstance(limit, int) or not 0 < limit <= most_allowed:
        raise RequestError(
            f"{path}={limit!r:.100} bounds nothing: it is a whole number from 1 to {most_allowed}",
            provider=compiled.id,
        )
    return limit


def _read_factor(shape: BillingShape, body: JsonObject) -> tuple[float, str]:
    factor, problem = 1.0, ""
    for path in shape.unbounded:
        if find_member(body, path) not in (None, [], {}, ""):
            problem = problem or f"{path} brings what can't be counted before"
    for path, factor_by_value in shape.factors.items():
        value = find_member(body, path)
        if value is None:
            continue
        if str(value) in factor_by_value:
            factor *= factor_by_value[str(value)]
        else:
            problem = problem or f"what {path}={value!r:.60} costs is unknown"
    return factor, problem


def _iterate_hosted(shape: BillingShape, body: JsonObject) -> Iterator[HostedUse]:
    for path, name in shape.switches.items():
        if find_member(body, path) not in (None, False, [], {}, "", "none", "off"):
            yield HostedUse(name=name)
    hosted = shape.hosted
    if hosted is None:
        return
    total = _as_count(find_member(body, hosted.total_uses)) if hosted.total_uses else None
    for tool in compile_path(hosted.each).select(body):
        if isinstance(tool, Mapping):
            yield from _read_tool(hosted, tool, total)


def _read_tool(
    hosted: HostedToolsShape, tool: JsonObject, total: int | None
) -> Iterator[HostedUse]:
    own_limit = _as_count(tool.get(hosted.uses)) if hosted.uses else None
    limits = [limit for limit in (own_limit, total) if limit is not None]
    if hosted.name:
        kind = tool.get(hosted.name)
        names = [kind] if isinstance(kind, str) else []
    else:
        names = list(tool)
    for name in names:
        plain_name = _VERSION.sub("", name)
        if plain_name not in hosted.own:
            yield HostedUse(name=plain_name, most_uses=min(limits, default=None))


def _as_count(value: object) -> int | None:
    return value if type(value) is int and value >= 0 else None
