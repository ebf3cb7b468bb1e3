# Generated from ai_lib/batch/chat_batch.py by codegen; do not edit.
"""A batch of chats: prompts and requests sent through one client."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar, overload

import msgspec

from ai_lib.batch.config import BatchConfig
from ai_lib.client.batches.result import BatchResult
from ai_lib.types.message import MessageLike
from ai_lib.types.request import ChatRequest
from ai_lib.types.response import ChatResponse

from ..client import AiClient, AiClientBuilder, ChatRequestBuilder
from .executor import BatchExecutor, OnProgress

if TYPE_CHECKING:
    from ai_lib.batch.engines import BatchEngine

    from .engine_run import EngineCompleted, EngineRun

G = TypeVar("G")
R = TypeVar("R")
Prompt: TypeAlias = str | Sequence[MessageLike] | ChatRequest


@overload
def batch_execute(
    items: Iterable[Prompt],
    operation: AiClient,
    max_concurrent: int | None = None,
    fail_fast: bool | None = None,
    *,
    timeout: float | None = None,
    config: BatchConfig | None = None,
    on_progress: OnProgress | None = None,
) -> BatchResult[ChatResponse]: ...


@overload
def batch_execute(
    items: Iterable[Prompt],
    operation: AiClientBuilder[AiClient],
    max_concurrent: int | None = None,
    fail_fast: bool | None = None,
    *,
    timeout: float | None = None,
    config: BatchConfig | None = None,
    on_progress: OnProgress | None = None,
    on: BatchEngine,
) -> BatchResult[ChatResponse]: ...


@overload
def batch_execute(
    items: Iterable[G],
    operation: Callable[[G], R | R],
    max_concurrent: int | None = None,
    fail_fast: bool | None = None,
    *,
    timeout: float | None = None,
    config: BatchConfig | None = None,
    on_progress: OnProgress | None = None,
) -> BatchResult[R]: ...


def batch_execute(
    items: Iterable[Any],
    operation: Callable[[Any], object] | AiClient | AiClientBuilder[AiClient],
    max_concurrent: int | None = None,
    fail_fast: bool | None = None,
    *,
    timeout: float | None = None,
    config: BatchConfig | None = None,
    on_progress: OnProgress | None = None,
    on: BatchEngine | None = None,
) -> BatchResult[Any]:
    """Run `operation` over the items and return the result of each, as `BatchExecutor` does.

    `operation` may be a client: the items are then prompts (a text, messages, or a `ChatRequest`
    from a builder's `build()`), and the results are `ChatResponse`s. The client's own retries,
    limits and fallbacks protect each call.

        result = batch_execute(["What is AI?", "What is Python?"], client)

    With `on`, a `DaskEngine` or `RayEngine`, the prompts are sent by the engine's workers, in
    chunks, each of which has one client of the builder that is given in place of a client;
    `max_concurrent` is then that of one chunk. The journal is written here. An item that was under
    way when its worker was lost has the error `ItemOutcomeUnknown`.

    Raises as `BatchExecutor.execute`, and what the engine raises.
    """
    settings = config or BatchConfig()
    if on is not None or isinstance(operation, AiClientBuilder):
        run = _make_run(
            on, items, operation, max_concurrent, fail_fast, timeout, settings, on_progress
        )
        return run.execute()
    if isinstance(operation, AiClient):
        settings = _config_for_chats(settings, operation)
    executor: BatchExecutor[Any, Any] = BatchExecutor(
        _ChatExecutor(operation) if isinstance(operation, AiClient) else operation,
        max_concurrent,
        fail_fast,
        timeout=timeout,
        config=settings,
    )
    return executor.execute(items, on_progress=on_progress)


def batch_as_completed(
    prompts: Iterable[Prompt],
    builder: AiClientBuilder[AiClient],
    *,
    on: BatchEngine,
    max_concurrent: int | None = None,
    timeout: float | None = None,
    config: BatchConfig | None = None,
    on_progress: OnProgress | None = None,
) -> EngineCompleted:
    """Return the items of a batch on an engine as they come, chunk by chunk; see `batch_execute`.

        with batch_as_completed(prompts, builder, on=RayEngine()) as items:
            for item in items:
                print(item.index, item.result or item.error)

    What the journal has comes first. Leaving the block ends what is still under way.

    Raises, when the block is entered, as `batch_execute`.
    """
    from .engine_run import EngineCompleted

    settings = config or BatchConfig()
    run = _make_run(on, prompts, builder, max_concurrent, None, timeout, settings, on_progress)
    return EngineCompleted(run)


def _make_run(
    engine: BatchEngine | None,
    items: Iterable[Any],
    builder: object,
    max_concurrent: int | None,
    fail_fast: bool | None,
    timeout: float | None,
    config: BatchConfig,
    on_progress: OnProgress | None,
) -> EngineRun:
    if engine is None or not isinstance(builder, AiClientBuilder):
        raise TypeError("an engine runs prompts by a builder: batch_execute(prompts, builder, on=)")
    from .engine_run import EngineRun

    arguments = {"max_concurrent": max_concurrent, "fail_fast": fail_fast, "timeout": timeout}
    overrides = {name: value for name, value in arguments.items() if value is not None}
    settings = msgspec.structs.replace(
        config, result_type=config.result_type or ChatResponse, **overrides
    )
    return EngineRun(builder, start_chat, list(items), engine, settings, on_progress)


def _config_for_chats(config: BatchConfig, client: AiClient) -> BatchConfig:
    """Return the config with the type of responses, and with the model as the journal's name."""
    return msgspec.structs.replace(
        config,
        result_type=config.result_type or ChatResponse,
        journal_name=config.journal_name or client.model_id,
    )


def start_chat(client: AiClient, prompt: Prompt) -> ChatRequestBuilder:
    """Return a chat request builder with the content of a prompt."""
    chat = client.chat()
    if isinstance(prompt, str):
        return chat.user(prompt)
    if not isinstance(prompt, ChatRequest):
        return chat.messages(prompt)
    chat.messages(prompt.messages).tools(prompt.tools).extra(prompt.extra)
    for name, value in prompt.parameters.items():
        chat.param(name, value)
    if prompt.tool_choice is not None:
        chat.tool_choice(prompt.tool_choice)
    if prompt.response_format is not None:
        chat.response_format(prompt.response_format)
    return chat


class _ChatExecutor:
    """Sends a prompt through a client."""

    def __init__(self, client: AiClient) -> None:
        self._client = client

    def __call__(self, prompt: Prompt) -> ChatResponse:
        return start_chat(self._client, prompt).execute()
