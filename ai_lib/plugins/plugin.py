"""What a plugin is."""

from __future__ import annotations

from collections.abc import Awaitable

from ai_lib.plugins.context import PluginContext, PluginPriority


class Plugin:
    """Several hooks in one object. A plugin overrides `name` and the moments it cares for, by plain
    methods or, where the client waits for them, by `async` ones; what it does not override costs
    nothing.

    `priority` orders plugins, `is_fatal` says that its failure ends the call, where otherwise it
    is logged and the call goes on. `enabled` may be changed at any time.
    """

    priority: int = PluginPriority.NORMAL
    is_fatal: bool = False
    enabled: bool = True

    def name(self) -> str:
        """Return the name under which it is registered."""
        return type(self).__name__

    def on_init(self) -> Awaitable[None] | None:
        """Get ready; called when it is registered."""

    def on_shutdown(self) -> Awaitable[None] | None:
        """Let go; called when it is taken out, or its registry closes."""

    def on_before_request(self, ctx: PluginContext) -> Awaitable[None] | None:
        """See, or replace, `ctx.request` before it is compiled."""

    def on_after_response(self, ctx: PluginContext) -> Awaitable[None] | None:
        """See, or replace, `ctx.response`; of a stream it is the whole reply, at its end."""

    def on_stream_start(self, ctx: PluginContext) -> Awaitable[None] | None:
        """Hear that the events of a stream begin to come."""

    def on_stream_event(self, ctx: PluginContext) -> Awaitable[None] | None:
        """See, or replace, `ctx.event` on its way to the caller."""

    def on_stream_end(self, ctx: PluginContext) -> Awaitable[None] | None:
        """Hear that a stream has ended: whole, with `ctx.error`, or left early (neither).

        Where nobody can wait, as for a stream that was forgotten, only a plain method is called.
        """

    def on_error(self, ctx: PluginContext) -> Awaitable[None] | None:
        """Hear of `ctx.error`, which ends the call."""

    def on_retry(self, ctx: PluginContext) -> Awaitable[None] | None:
        """Hear that attempt `ctx.attempt` failed with `ctx.error`, and another one follows.

        It is called when the call goes on to its answer or its error, not between attempts; a
        plain method is called at once, from whatever thread.
        """

    def on_cache_hit(self, ctx: PluginContext) -> Awaitable[None] | None:
        """Hear that a cache had the answer."""

    def on_cache_miss(self, ctx: PluginContext) -> Awaitable[None] | None:
        """Hear that a cache did not have the answer."""

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"
