"""Plugins, hooks and middleware in a client's calls."""

from __future__ import annotations

from collections.abc import Sequence

from ai_lib.client.call.call import Call
from ai_lib.errors.exceptions import AiLibError, PluginError
from ai_lib.plugins.context import HookType, PluginContext
from ai_lib.plugins.hook import must_wait, run_at_once
from ai_lib.types.events import Event, StreamEnd
from ai_lib.types.request import ChatRequest
from ai_lib.types.response import ChatResponse

from ...plugins import Middleware, Plugin, PluginRegistry
from ...plugins.hook_manager import run_hook
from .base import Interceptor, Proceed

_NOTE = "plugins"


class _PluginState:
    """What the plugins know of one call, and how far a stream has come with them."""

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

        async def inner(ctx: PluginContext) -> ChatResponse:
            _take_request(call, ctx)
            ctx.response = await proceed()
            return ctx.response

        return await chain.execute(self._visit(call).ctx, inner)

    async def before_request(self, call: Call) -> None:
        await self._registry.start()
        ctx = self._visit(call).ctx
        ctx.request = call.request
        await self._registry.trigger(HookType.BEFORE_REQUEST, ctx)
        _take_request(call, ctx)

    async def on_cache_lookup(self, call: Call) -> None:
        kind = HookType.CACHE_HIT if call.lookup == "hit" else HookType.CACHE_MISS
        await self._registry.trigger(kind, self._visit(call).ctx)

    async def on_events(self, call: Call, events: list[Event]) -> list[Event]:
        visit = self._visit(call)
        await self._start(visit)
        hooks = self._registry.listening(HookType.STREAM_EVENT)
        if not hooks:
            return events
        out: list[Event] = []
        for event in events:
            visit.ctx.event = event
            for hook in hooks:
                await run_hook(hook, HookType.STREAM_EVENT, visit.ctx)
            shown, visit.ctx.event = visit.ctx.event, None
            if shown is None and isinstance(event, StreamEnd):
                shown = event  # without it the stream would not be complete
            if shown is not None:
                out.append(shown)
        return out

    async def after_response(self, call: Call, response: ChatResponse) -> ChatResponse:
        visit = self._visit(call)
        await self._tell_of_retries(visit)
        if call.streamed:
            await self._start(visit)
        visit.ctx.response = response
        await self._registry.trigger(HookType.AFTER_RESPONSE, visit.ctx)
        found = visit.ctx.response
        if not isinstance(found, ChatResponse):
            raise PluginError("a plugin replaced the response by no ChatResponse", plugin="")
        await self._end(visit)
        return found

    async def on_error(self, call: Call, error: AiLibError) -> None:
        visit = self._visit(call)
        await self._tell_of_retries(visit)
        visit.ctx.error = error
        await self._registry.trigger(HookType.ERROR, visit.ctx)
        await self._end(visit)

    async def on_abandoned(self, call: Call) -> None:
        await self._end(self._visit(call))

    def on_retry(self, call: Call, number: int, error: AiLibError, seconds: float) -> None:
        visit = self._visit(call)
        ctx = visit.ctx
        hooks = self._registry.listening(HookType.RETRY)
        ctx.attempt, ctx.error, ctx.delay_seconds = number, error, seconds
        run_at_once(hooks, HookType.RETRY, ctx)
        ctx.error = None
        if any(must_wait(hook) for hook in hooks):
            visit.retries.append((number, error, seconds))

    def on_end(self, call: Call) -> None:
        visit = call.notes.pop(_NOTE, None)
        if isinstance(visit, _PluginState) and visit.has_started and not visit.has_ended:
            visit.has_ended = True
            hooks = self._registry.listening(HookType.STREAM_END)
            run_at_once(hooks, HookType.STREAM_END, visit.ctx)

    def _visit(self, call: Call) -> _PluginState:
        visit = call.notes.get(_NOTE)
        if not isinstance(visit, _PluginState):
            ctx = PluginContext(request=call.request, request_id=call.id, streamed=call.streamed)
            visit = call.notes[_NOTE] = _PluginState(ctx)
        target = call.first.target if call.first is not None else call.target
        if target is not None:
            visit.ctx.model, visit.ctx.provider = target.model, target.compiled.id
        return visit

    async def _start(self, visit: _PluginState) -> None:
        if not visit.has_started:
            visit.has_started = True
            await self._tell_of_retries(visit)
            await self._registry.trigger(HookType.STREAM_START, visit.ctx)

    async def _end(self, visit: _PluginState) -> None:
        if visit.has_started and not visit.has_ended:
            visit.has_ended = True
            await self._registry.trigger(HookType.STREAM_END, visit.ctx)

    async def _tell_of_retries(self, visit: _PluginState) -> None:
        told, visit.retries = visit.retries, []
        for visit.ctx.attempt, visit.ctx.error, visit.ctx.delay_seconds in told:
            for hook in self._registry.listening(HookType.RETRY):
                if must_wait(hook):
                    await run_hook(hook, HookType.RETRY, visit.ctx)
        visit.ctx.error = None


def _registry_of(plugins: Sequence[Plugin | Middleware]) -> PluginRegistry:
    registry = PluginRegistry()
    for one in plugins:
        if isinstance(one, Middleware):
            registry.middleware.use(one)
        else:
            registry.add(one)
    return registry


def _take_request(call: Call, ctx: PluginContext) -> None:
    """Send what the plugins made of the request; whether it is streamed is the caller's."""
    found = ctx.request
    if not isinstance(found, ChatRequest):
        raise PluginError(
            "a plugin replaced the request by no ChatRequest: copy ctx.request with "
            "msgspec.structs.replace",
            plugin="",
        )
    if found.stream != call.request.stream:
        raise PluginError("a plugin can't change whether a call is streamed", plugin="")
    call.request = found
