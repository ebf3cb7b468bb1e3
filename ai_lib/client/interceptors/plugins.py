"""Plugins, hooks and middleware in a client's calls."""

from __future__ import annotations

from collections.abc import Sequence

from ai_lib.client.call.call import Call
from ai_lib.errors.exceptions import AiLibError, PluginError
from ai_lib.plugins.context import HookType, PluginContext
from ai_lib.plugins.hook import is_async, run_plain_hooks
from ai_lib.types.events import Event, StreamEnd
from ai_lib.types.request import ChatRequest
from ai_lib.types.response import ChatResponse

from ...plugins import Middleware, Plugin, PluginRegistry
from ...plugins.hook_manager import run_hook
from .base import Interceptor, Proceed

_STATE = "plugins"


class _PluginState:
    """The context of one call's hooks, and which of them have run."""

    def __init__(self, ctx: PluginContext) -> None:
        self.ctx = ctx
        self.has_started = False
        self.has_ended = False
        self.retries: list[tuple[int, AiLibError, float]] = []


class PluginInterceptor(Interceptor):
    """Runs the hooks of a registry at the moments of each call, and its middleware around it."""

    order = 20

    def __init__(self, plugins: PluginRegistry | Sequence[Plugin | Middleware]) -> None:
        self._registry = plugins if isinstance(plugins, PluginRegistry) else _registry_of(plugins)

    def is_idle(self) -> bool:
        return self._registry.is_empty

    async def wrap_call(self, call: Call, proceed: Proceed) -> ChatResponse:
        chain = self._registry.middleware
        if not len(chain):
            return await proceed()

        async def send(ctx: PluginContext) -> ChatResponse:
            _take_request(call, ctx)
            ctx.response = await proceed()
            return ctx.response

        return await chain.execute(self._state_of(call).ctx, send)

    async def before_request(self, call: Call) -> None:
        await self._registry.start()
        ctx = self._state_of(call).ctx
        if call.request is None:
            call.texts = await self._trigger_operation(HookType.OPERATION, ctx, call.texts or ())
            return
        ctx.request = call.request
        await self._registry.trigger(HookType.BEFORE_REQUEST, ctx)
        _take_request(call, ctx)

    async def after_operation(self, call: Call, texts: Sequence[str]) -> Sequence[str]:
        ctx = self._state_of(call).ctx
        return await self._trigger_operation(HookType.OPERATION_RESULT, ctx, texts)

    async def _trigger_operation(
        self, kind: HookType, ctx: PluginContext, texts: Sequence[str]
    ) -> Sequence[str]:
        ctx.texts = list(texts)
        await self._registry.trigger(kind, ctx)
        if len(ctx.texts) != len(texts) or not all(isinstance(text, str) for text in ctx.texts):
            raise PluginError("a plugin must leave as many texts in ctx.texts", plugin="")
        return ctx.texts

    async def on_cache_lookup(self, call: Call) -> None:
        kind = HookType.CACHE_HIT if call.cache_lookup == "hit" else HookType.CACHE_MISS
        await self._registry.trigger(kind, self._state_of(call).ctx)

    async def on_events(self, call: Call, events: list[Event]) -> list[Event]:
        state = self._state_of(call)
        await self._start(state)
        hooks = self._registry.hooks_for(HookType.STREAM_EVENT)
        if not hooks:
            return events
        visible_events: list[Event] = []
        for event in events:
            state.ctx.event = event
            for hook in hooks:
                await run_hook(hook, HookType.STREAM_EVENT, state.ctx)
            visible_event, state.ctx.event = state.ctx.event, None
            if visible_event is None and isinstance(event, StreamEnd):
                visible_event = event  # without it the stream would not be complete
            if visible_event is not None:
                visible_events.append(visible_event)
        return visible_events

    async def after_response(self, call: Call, response: ChatResponse) -> ChatResponse:
        state = self._state_of(call)
        await self._run_retry_hooks(state)
        if call.streamed:
            await self._start(state)
        state.ctx.response = response
        await self._registry.trigger(HookType.AFTER_RESPONSE, state.ctx)
        replacement = state.ctx.response
        if not isinstance(replacement, ChatResponse):
            raise PluginError("a plugin replaced the response by no ChatResponse", plugin="")
        await self._end(state)
        return replacement

    async def on_error(self, call: Call, error: AiLibError) -> None:
        if call.request is None:
            return
        state = self._state_of(call)
        await self._run_retry_hooks(state)
        state.ctx.error = error
        await self._registry.trigger(HookType.ERROR, state.ctx)
        await self._end(state)

    async def on_abandoned(self, call: Call) -> None:
        if call.request is None:
            return
        await self._end(self._state_of(call))

    def on_retry(self, call: Call, number: int, error: AiLibError, seconds: float) -> None:
        if call.request is None:
            return
        state = self._state_of(call)
        ctx = state.ctx
        hooks = self._registry.hooks_for(HookType.RETRY)
        ctx.attempt, ctx.error, ctx.delay_seconds = number, error, seconds
        run_plain_hooks(hooks, HookType.RETRY, ctx)
        ctx.error = None
        if any(is_async(hook) for hook in hooks):
            state.retries.append((number, error, seconds))

    def on_end(self, call: Call) -> None:
        state = call.state.pop(_STATE, None)
        if isinstance(state, _PluginState) and state.has_started and not state.has_ended:
            state.has_ended = True
            hooks = self._registry.hooks_for(HookType.STREAM_END)
            run_plain_hooks(hooks, HookType.STREAM_END, state.ctx)

    def _state_of(self, call: Call) -> _PluginState:
        state = call.state.get(_STATE)
        if not isinstance(state, _PluginState):
            ctx = PluginContext(request=call.request, request_id=call.id, streamed=call.streamed)
            ctx.operation = call.operation
            state = call.state[_STATE] = _PluginState(ctx)
        prepared = call.first_request
        target = prepared.target if prepared is not None else call.target
        if target is not None:
            state.ctx.model, state.ctx.provider = target.model, target.compiled.id
        return state

    async def _start(self, state: _PluginState) -> None:
        if not state.has_started:
            state.has_started = True
            await self._run_retry_hooks(state)
            await self._registry.trigger(HookType.STREAM_START, state.ctx)

    async def _end(self, state: _PluginState) -> None:
        if state.has_started and not state.has_ended:
            state.has_ended = True
            await self._registry.trigger(HookType.STREAM_END, state.ctx)

    async def _run_retry_hooks(self, state: _PluginState) -> None:
        retries, state.retries = state.retries, []
        for state.ctx.attempt, state.ctx.error, state.ctx.delay_seconds in retries:
            for hook in self._registry.hooks_for(HookType.RETRY):
                if is_async(hook):
                    await run_hook(hook, HookType.RETRY, state.ctx)
        state.ctx.error = None


def _registry_of(plugins: Sequence[Plugin | Middleware]) -> PluginRegistry:
    registry = PluginRegistry()
    for plugin in plugins:
        if isinstance(plugin, Middleware):
            registry.middleware.use(plugin)
        else:
            registry.add(plugin)
    return registry


def _take_request(call: Call, ctx: PluginContext) -> None:
    """Send what the plugins made of the request; whether it is streamed is the caller's."""
    request = ctx.request
    if not isinstance(request, ChatRequest):
        raise PluginError(
            "a plugin replaced the request by no ChatRequest: copy ctx.request with "
            "msgspec.structs.replace",
            plugin="",
        )
    if request.stream != call.streamed:
        raise PluginError("a plugin can't change whether a call is streamed", plugin="")
    call.request = request
