"""Writes responses and the statistics of calls as Markdown and HTML, for notebooks."""

import re
from collections.abc import Iterable, Sequence
from typing import Final, Protocol

import msgspec

from ai_lib.errors.printable import to_printable
from ai_lib.types.attempt import Attempt
from ai_lib.types.content import AudioBlock, Citation, ImageBlock
from ai_lib.types.cost import CostEstimate
from ai_lib.types.json import JsonObject
from ai_lib.types.markup.html import escape_lines, render_details, render_facts, render_note
from ai_lib.types.markup.markdown import sanitize_markdown
from ai_lib.types.tool import ToolCall
from ai_lib.types.usage import Usage


def format_tokens(usage: Usage) -> str:
    """Return the token counts, as `12 tokens in (4 cached), 30 out (8 thinking)`."""
    cached = f" ({usage.cache_read_tokens:,} cached)" if usage.cache_read_tokens else ""
    thought = f" ({usage.reasoning_tokens:,} thinking)" if usage.reasoning_tokens else ""
    return f"{usage.prompt_tokens:,} tokens in{cached}, {usage.completion_tokens:,} out{thought}"


def format_money(amount: float | None, currency: str = "USD") -> str:
    """Return an amount of money without needless zeros; empty when it is unknown."""
    if amount is None:
        return ""
    if amount and abs(amount) < 0.01:
        digits = f"{amount:.8f}".rstrip("0")
        return f"{digits if digits.strip('-0.') else f'{amount:.2g}'} {currency}"
    return f"{amount:.4f}".rstrip("0").rstrip(".") + f" {currency}"


def format_cost(cost: CostEstimate | None) -> str:
    """Return the total of a cost; empty when it is unknown."""
    return format_money(cost.total_cost, cost.currency) if cost is not None else ""


def format_duration(milliseconds: float) -> str:
    """Return a duration, in milliseconds below one second, else in seconds."""
    if milliseconds < 1000:
        return f"{milliseconds:.0f} ms"
    return f"{milliseconds / 1000:.1f} s"


def sum_durations(attempts: Iterable[Attempt]) -> float:
    """Return the milliseconds that attempts took, with their waiting time."""
    return sum(attempt.waited_ms + attempt.latency_ms for attempt in attempts)


def summary_parts(
    model: str | None, usage: Usage, attempts: Sequence[Attempt], cost: CostEstimate | None
) -> list[str]:
    """Return model, tokens, cost, time and attempts of a call, as far as they are known."""
    last = attempts[-1] if attempts else None
    name = model or (last.model if last else "")
    parts = [f"{last.provider}/{name}" if last and name else name, format_tokens(usage)]
    parts.append(format_cost(cost))
    if attempts:
        parts.append(format_duration(sum_durations(attempts)))
    if len(attempts) > 1:
        parts.append(f"{len(attempts)} attempts")
    return [part for part in parts if part]


class StatsLike(Protocol):
    """The statistics of one call."""

    @property
    def model(self) -> str: ...
    @property
    def provider(self) -> str: ...
    @property
    def latency_ms(self) -> float: ...
    @property
    def time_to_first_token_ms(self) -> float | None: ...
    @property
    def retry_count(self) -> int: ...
    @property
    def prompt_tokens(self) -> int: ...
    @property
    def completion_tokens(self) -> int: ...
    @property
    def total_tokens(self) -> int: ...
    @property
    def request_id(self) -> str: ...
    @property
    def cost(self) -> float | None: ...
    @property
    def currency(self) -> str: ...


def stats_html(stats: StatsLike) -> str:
    """Return the statistics of one call as a table."""
    first = stats.time_to_first_token_ms
    return render_facts(
        {
            "model": f"{stats.provider}/{stats.model}",
            "tokens in": stats.prompt_tokens,
            "tokens out": stats.completion_tokens,
            "total": stats.total_tokens,
            "cost": format_money(stats.cost, stats.currency) or "unknown",
            "time": format_duration(stats.latency_ms),
            "first token": None if first is None else format_duration(first),
            "retries": stats.retry_count or None,
            "request id": stats.request_id,
        }
    )


class CandidateLike(Protocol):
    """One candidate of a response."""

    @property
    def content(self) -> str: ...
    @property
    def refusal(self) -> str | None: ...
    @property
    def thinking(self) -> str: ...
    @property
    def tool_calls(self) -> Sequence[ToolCall]: ...
    @property
    def images(self) -> Sequence[ImageBlock]: ...
    @property
    def audio(self) -> AudioBlock | None: ...
    @property
    def citations(self) -> Sequence[Citation]: ...


class ResponseLike(Protocol):
    """A whole response."""

    @property
    def candidates(self) -> Sequence[CandidateLike]: ...
    @property
    def usage(self) -> Usage: ...
    @property
    def total_usage(self) -> Usage: ...
    @property
    def model(self) -> str | None: ...
    @property
    def attempts(self) -> Sequence[Attempt]: ...
    @property
    def cost(self) -> CostEstimate | None: ...


def response_text(response: ResponseLike) -> str:
    """Return what the first candidate says, fit for a terminal, and a line that sums up the call.

    Where it says nothing, the tools that it calls or the files that it made are named.
    """
    candidate = response.candidates[0]
    answer = candidate.content or candidate.refusal or ""
    calls = [tool_call_text(call.name, call.arguments) for call in candidate.tool_calls]
    media = [f"[{image.media_type or 'image'}]" for image in candidate.images]
    if candidate.audio is not None:
        media.append(candidate.audio.transcript or "[audio]")
    summary = response_summary(response)
    lines = [answer, *calls, *media, f"[{summary}]" if summary else ""]
    return to_printable("\n".join(line for line in lines if line))


def response_markdown(response: ResponseLike) -> str:
    """Return a response with a line that sums up its call."""
    return join_paragraphs(
        *map(_candidate_markdown, response.candidates), render_note(response_summary(response))
    )


def _candidate_markdown(candidate: CandidateLike) -> str:
    calls = [(call.name, call.arguments) for call in candidate.tool_calls]
    text = candidate_markdown(candidate.thinking, candidate.content, calls)
    return join_paragraphs(text, candidate_media_markdown(candidate))


def candidate_media_markdown(candidate: CandidateLike) -> str:
    """Return the images, the sound and the sources of a candidate; empty when it has none.

    Only images that the response holds itself are shown: no address is loaded.
    """
    if not (candidate.images or candidate.audio or candidate.citations):
        return ""
    parts = [_image_html(image) for image in candidate.images]
    if candidate.audio is not None:
        size = len(candidate.audio.data or "") * 3 // 4
        sound = f"audio, {candidate.audio.format or 'raw'}, {size:,} bytes"
        parts += [sanitize_markdown(candidate.audio.transcript or ""), render_note(sound)]
    sources = {citation.url or citation.title: citation for citation in candidate.citations}
    lines = [_source_html(source) for name, source in sources.items() if name]
    return join_paragraphs(*parts, "\n".join(lines))


def _image_html(image: ImageBlock) -> str:
    if image.data and image.media_type in _SHOWN_IMAGES and _BASE64.fullmatch(image.data):
        return f'<img alt="image" src="data:{image.media_type};base64,{image.data}">'
    return f"image: {inline_code_html(image.url or image.media_type or 'unknown')}"


def _source_html(source: Citation) -> str:
    title = escape_lines(source.title or source.url or "").translate(_MARKDOWN_ESCAPES)
    if source.url is None or not source.url.startswith(("https://", "http://")):
        return f"- {title}"
    address = escape_lines(source.url).replace('"', "&quot;").translate(_MARKDOWN_ESCAPES)
    return f'- <a href="{address}">{title}</a>'


_SHOWN_IMAGES: Final = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
_BASE64: Final = re.compile(r"[A-Za-z0-9+/_-]+={0,2}")


def candidate_markdown(
    thinking: str, content: str, calls: Sequence[tuple[str, JsonObject | str]], end: str = ""
) -> str:
    """Return a candidate so far; arguments that are text are shown as they are."""
    thinking_part = (
        render_details(
            "Thinking", f"<div>{escape_lines(thinking).translate(_MARKDOWN_ESCAPES)}</div>"
        )
        if thinking.strip()
        else ""
    )
    call_lines = "\n".join(f"- {tool_call_html(name, arguments)}" for name, arguments in calls)
    return join_paragraphs(thinking_part, sanitize_markdown(content) + end, call_lines)


def tool_call_html(name: str, arguments: JsonObject | str) -> str:
    """Return a tool call on one line, as HTML in Markdown."""
    return inline_code_html(tool_call_text(name, arguments))


def tool_call_text(name: str, arguments: JsonObject | str) -> str:
    """Return a tool call on one line; arguments that are text are taken as they are."""
    text = arguments if isinstance(arguments, str) else msgspec.json.encode(arguments).decode()
    return f"{name}({text})"


def inline_code_html(text: str) -> str:
    """Return a text on one line as HTML in which Markdown sees no markup."""
    return f"<code>{escape_lines(text).translate(_MARKDOWN_ESCAPES)}</code>"


_MARKDOWN_ESCAPES: Final = str.maketrans({char: f"&#{ord(char)};" for char in "[]()*_`~$|\\"})


def response_summary(response: ResponseLike) -> str:
    """Return model, tokens, cost, time and attempts in one line, as far as they are known."""
    return " · ".join(
        summary_parts(response.model, response.total_usage, response.attempts, response.cost)
    )


def join_paragraphs(*parts: str) -> str:
    """Join parts to paragraphs; empty parts are left out."""
    return "\n\n".join(part.strip("\n") for part in parts if part.strip())
