"""The base class of plugins."""

from __future__ import annotations

from collections.abc import Awaitable

from ai_lib.plugins.context import PluginContext, PluginPriority


class Plugin:
    """Several hooks in one object. A plugin overrides `name` and the methods of the moments it
    needs, by plain methods or, in the async package, by `async` ones. A method that is not
    overridden costs nothing.

    `priority` orders plugins. With `is_fatal` its failure ends the call; otherwise it is logged and
    the call goes on. `enabled` may be changed at any time.
    """

    priority: int = PluginPriority.NORMAL
    is_fatal: bool = False
    enabled: bool = True

    def name(self) -> str:
        """Return the name under which it is registered."""
        return type(self).__name__

    def on_init(self) -> Awaitable[None] | None:
        """Initialize; called when the plugin is registered."""

    def on_shutdown(self) -> Awaitable[None] | None:
        """Clean up; called when the plugin is unregistered, or its registry shuts down."""

    def on_before_request(self, ctx: PluginContext) -> Awaitable[None] | None:
        """Read or replace `ctx.request` before it is compiled."""

    def on_after_response(self, ctx: PluginContext) -> Awaitable[None] | None:
        """Read or replace `ctx.response`; for a stream it is the whole response, at its end."""

    def on_stream_start(self, ctx: PluginContext) -> Awaitable[None] | None:
        """Handle the start of a stream's events."""

    def on_stream_event(self, ctx: PluginContext) -> Awaitable[None] | None:
        """Read or replace `ctx.event` before the caller gets it."""

    def on_stream_end(self, ctx: PluginContext) -> Awaitable[None] | None:
        """Handle the end of a stream: complete, with `ctx.error`, or abandoned (neither).

        Where nothing can be awaited, as in a finalizer, only a plain method is called.
        """

    def on_error(self, ctx: PluginContext) -> Awaitable[None] | None:
        """Handle `ctx.error`, which ends the call."""

    def on_retry(self, ctx: PluginContext) -> Awaitable[None] | None:
        """Handle that attempt `ctx.attempt` failed with `ctx.error`, and another one follows.

        An async method is called once the call has its response or its error, not between
        attempts; a plain method is called at once, from any thread.
        """

    def on_cache_hit(self, ctx: PluginContext) -> Awaitable[None] | None:
        """Handle that a cache had the response."""

    def on_operation(self, ctx: PluginContext) -> Awaitable[None] | None:
        """Read or replace `ctx.texts` before they are sent by `ctx.operation`, which is no chat."""

    def on_operation_result(self, ctx: PluginContext) -> Awaitable[None] | None:
        """Read or replace `ctx.texts`, which came of an operation that is no chat."""

    def on_cache_miss(self, ctx: PluginContext) -> Awaitable[None] | None:
        """Handle that a cache did not have the response."""

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"
