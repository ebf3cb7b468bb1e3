# Generated from ai_lib/client/one_question.py by codegen; do not edit.
"""ask: one question, with a client of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from ai_lib.types.content import Block
from ai_lib.types.response import ChatResponse

from .client import AiClient

if TYPE_CHECKING:
    from ssl import SSLContext

    from ai_lib.transport.options import TransportOptions

    from ..transport.credentials.obtain import ApiKey


def ask(
    model: str,
    prompt: str | Sequence[Block],
    *,
    system: str | None = None,
    api_key: ApiKey | None = None,
    base_url: str | None = None,
    timeout: float | None = None,
    headers: Mapping[str, str] | None = None,
    proxy: str | None = "environment",
    max_retries: int | None = None,
    ssl_context: SSLContext | None = None,
    http: TransportOptions | None = None,
) -> ChatResponse:
    """Ask `provider/model` one question, and return the response; `print` shows its text.

    A client is made for the question and closed after it. Make an `AiClient` for more than a few:
    it keeps its connections. Arguments are those of `AiClient.create`.

    Raises:
        AiLibError: as `AiClient.create` and `ChatRequestBuilder.execute` raise.
    """
    client = AiClient.create(
        model,
        api_key=api_key,
        base_url=base_url,
        timeout=timeout,
        headers=headers,
        proxy=proxy,
        max_retries=max_retries,
        ssl_context=ssl_context,
        http=http,
    )
    with client:
        chat = client.chat()
        if system is not None:
            chat.system(system)
        return chat.user(prompt).execute()
