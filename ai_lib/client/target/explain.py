"""Explains a call before it is made: its request, and what applies to it. Nothing is sent."""

import shlex
from collections.abc import Callable, Mapping
from urllib.parse import quote_plus

import msgspec

from ai_lib.protocol.compiled import CompiledManifest
from ai_lib.protocol.manifest.models import ModelRecord
from ai_lib.protocol.model import Model
from ai_lib.request.chat import build_chat
from ai_lib.transport.credentials.lookup import Credential, CredentialReport, describe_credential
from ai_lib.types.cost import CostBounds, TokenCount
from ai_lib.types.json import JsonObject, encode_json
from ai_lib.types.message import Message
from ai_lib.types.request import ChatRequest
from ai_lib.types.wire import HttpRequest

# Stands where the key would; it is no key, and never leaves this file.
_PLACEHOLDER = "the-key-goes-here"


class Explanation(msgspec.Struct, frozen=True, kw_only=True):
    """What would be sent, and what applies; as text, a page for people.

    `curl` is a command that sends the very request, with the key taken from its variable.
    `adaptations` lists what was renamed or left out. `model_info` is None for a model that nothing
    lists. `retry` is the manifest's own policy, in its words. `tokens` are those of the input,
    `cost` is what one attempt costs; None where no client asked.
    """

    provider: str
    model: str
    source: str
    dialect: str
    protocol_version: str
    curl: str
    body: JsonObject
    adaptations: tuple[str, ...]
    credential: CredentialReport
    model_info: ModelRecord | None
    retry: JsonObject
    timeout_seconds: float
    tokens: TokenCount | None = None
    cost: CostBounds | None = None

    @property
    def largest_cost(self) -> float | None:
        """What the largest possible call costs, in the currency of the prices; None if unknown."""
        info = self.model_info
        if info is None or info.context_window is None or info.max_output_tokens is None:
            return None
        prices = info.prices
        if prices.input is None or prices.output is None:
            return None
        total = info.context_window * prices.input + info.max_output_tokens * prices.output
        return total / 1_000_000

    def _repr_html_(self) -> str:
        from ai_lib.types.markup.html import render_code, render_details

        page, _, _ = str(self).partition(f"\n\n{self.curl}")
        return render_code(page) + render_details(
            "The request, as a curl command", render_code(self.curl)
        )

    def __str__(self) -> str:
        largest = _largest(self.largest_cost, self.model_info)
        key = str(self.credential).removeprefix("key ")
        lines = [
            f"{self.provider}/{self.model}",
            f"  manifest    {self.source} (protocol {self.protocol_version})",
            f"  dialect     {self.dialect}",
            f"  key         {key}",
            f"  timeout     {self.timeout_seconds:g} s",
            f"  retry       {_retry(self.retry)}",
            f"  limits      {_limits(self.model_info)}",
            f"  price       {_price(self.model_info)}{largest}",
            *([f"  tokens      {_tokens(self.tokens)}"] if self.tokens else []),
            *([f"  this call   {_bounds(self.cost)}"] if self.cost else []),
            f"  adapted     {'; '.join(self.adaptations) or 'nothing'}",
            "",
            self.curl,
        ]
        return "\n".join(lines)


def explain(
    compiled: CompiledManifest,
    model: Model,
    request: ChatRequest | None = None,
    *,
    base_url: str | None = None,
    fit_media: bool = True,
    timeout_seconds: float,
    credential: Credential | None = None,
    finish: Callable[[HttpRequest], tuple[HttpRequest, tuple[str, ...]]] | None = None,
) -> Explanation:
    """Return what a call would be; without `request`, a question of one word.

    `finish` adds what is no part of the manifest, and returns notes on it.

    Raises:
        RequestError: the target can't be asked this.
    """
    request = request or ChatRequest(messages=(Message.user("Hello"),))
    manifest = compiled.manifest
    report = describe_credential(manifest, credential=credential)
    is_sent = manifest.auth.kind not in ("none", "aws_sigv4")  # a signature holds for minutes
    key = _PLACEHOLDER if is_sent else None
    built = build_chat(
        request, compiled, model=model, credential=key, base_url=base_url, fit_media=fit_media
    )
    names = (*report.required, *report.conventional)
    variable = next((name for name in names if name.isidentifier()), "API_KEY")
    wire, notes = (built.wire, ()) if finish is None else finish(built.wire)
    return Explanation(
        provider=compiled.id,
        model=model.name,
        source=manifest.source,
        dialect=built.compiled.dialect.dialect,
        protocol_version=manifest.protocol_version,
        curl=_curl(wire.url, _hide_headers(wire), built.body, variable),
        body=built.body,
        adaptations=(*built.adaptations, *notes),
        credential=report,
        model_info=model.record,
        retry=_mapping(manifest.raw.get("retry_policy")),
        timeout_seconds=timeout_seconds,
    )


def _curl(url: str, headers: tuple[tuple[str, str], ...], body: JsonObject, variable: str) -> str:
    parts = [f"curl {_quote(url, variable)}"]
    parts += [f"  -H {_quote(f'{name}: {value}', variable)}" for name, value in headers]
    text = msgspec.json.format(encode_json(body), indent=2).decode()
    return " \\\n".join([*parts, f"  -d {shlex.quote(text)}"])


def _hide_headers(wire: HttpRequest) -> tuple[tuple[str, str], ...]:
    """Return the headers without the caller's secrets; the place of the key stays."""
    return tuple(
        (name, "***" if name.lower() in wire.secrets and _PLACEHOLDER not in value else value)
        for name, value in wire.headers
    )


def _quote(text: str, variable: str) -> str:
    """Quote for a shell, with the variable in the key's place."""
    pieces = text.split(quote_plus(_PLACEHOLDER))
    if len(pieces) == 1:
        return shlex.quote(text)
    escaped = [piece.translate(_ESCAPED) for piece in pieces]
    return '"' + f"${variable}".join(escaped) + '"'


_ESCAPED = str.maketrans({sign: f"\\{sign}" for sign in '"\\$`'})


def _retry(policy: JsonObject) -> str:
    if not policy:
        return "the manifest says nothing"
    statuses = ", ".join(map(str, policy.get("retry_on_http_status") or ())) or "those of its class"
    delays = f"{policy.get('min_delay_ms', '?')} to {policy.get('max_delay_ms', '?')} ms"
    return (
        f"{policy.get('strategy')}, {policy.get('max_retries', '?')} more attempts, {delays}, "
        f"jitter {policy.get('jitter', 'none')}, on {statuses}"
    )


def _limits(info: ModelRecord | None) -> str:
    window = info.context_window if info else None
    max_output = info.max_output_tokens if info else None
    return (
        f"context {'unknown' if window is None else f'{window} tokens'}, "
        f"answer {'unknown' if max_output is None else f'{max_output} tokens'}"
    )


def _price(info: ModelRecord | None) -> str:
    if info is None or (info.prices.input is None and info.prices.output is None):
        return "unknown"
    prices = info.prices
    parts = {
        "in": prices.input,
        "out": prices.output,
        "cached": prices.cache_read,
        "cache write": prices.cache_write,
    }
    listed = ", ".join(f"{value:g} {name}" for name, value in parts.items() if value is not None)
    return f"{prices.currency} per million tokens: {listed}"


def _largest(cost: float | None, info: ModelRecord | None) -> str:
    if cost is None or info is None:
        return ""
    return f"; the largest call costs {cost:.4g} {info.prices.currency}"


def _tokens(count: TokenCount) -> str:
    method = f"by {count.encoding}" if count.is_exact else f"estimated, at most {count.at_most}"
    return f"{count.tokens} of input, {method}"


def _bounds(cost: CostBounds) -> str:
    lower, upper = (
        "unknown" if bound is None else f"{bound:.4g} {cost.currency}"
        for bound in (cost.lower, cost.upper)
    )
    reason = f" ({cost.reason})" if cost.reason else ""
    return f"costs at least {lower}, at most {upper}{reason}"


def _mapping(value: object) -> JsonObject:
    return value if isinstance(value, Mapping) else {}
