"""One question to a real provider, from the command line."""

from __future__ import annotations

import sys

from ai_lib.cli.options import ChatOptions
from ai_lib.types.events import PartialContentDelta
from ai_lib.types.response import CallStats, ChatResponse

from ..client import AiClient, ChatRequestBuilder


async def chat(options: ChatOptions) -> int:
    """Ask, and write the answer to standard output; return the exit code.

    Raises:
        AiLibError: the question can't be asked, or was not answered.
    """
    client = await AiClient.create(
        options.model, base_url=options.base_url, timeout=options.timeout
    )
    async with client:
        request = client.chat()
        if options.system:
            request.system(options.system)
        request.user(options.question)
        answer = _stream if options.stream else _whole
        response, stats = await answer(request)
    if options.verbose or sys.stderr.isatty():
        usage = response.usage
        sys.stderr.write(
            f"[{stats.model}: {usage.prompt_tokens} tokens in, {usage.completion_tokens} out; "
            f"{stats.latency_ms / 1000:.1f} s; {response.finish_reason}]\n"
        )
    return 0


async def _stream(request: ChatRequestBuilder) -> tuple[ChatResponse, CallStats]:
    ended = True
    try:
        async with request.stream() as stream:
            async for event in stream:
                if isinstance(event, PartialContentDelta) and event.candidate == 0:
                    ended = event.text.endswith("\n")
                    _write(event.text)
            return stream.response(), stream.stats()
    finally:
        if not ended:
            _write("\n")


async def _whole(request: ChatRequestBuilder) -> tuple[ChatResponse, CallStats]:
    response, stats = await request.execute_with_stats()
    _write(f"{response.content}\n")
    return response, stats


def _write(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()
