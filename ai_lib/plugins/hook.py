"""A function that runs at a moment of a call."""

from collections.abc import Awaitable, Callable, Sequence
from inspect import iscoroutinefunction
from typing import NamedTuple

from ai_lib._log import LOG
from ai_lib.plugins.context import HookType, PluginContext, PluginPriority

Callback = Callable[[PluginContext], Awaitable[object] | object]


class Hook(NamedTuple):
    """A function under a name; `is_fatal` says that its error ends the call."""

    name: str
    callback: Callback
    priority: int = PluginPriority.NORMAL
    is_fatal: bool = False


def run_at_once(hooks: Sequence[Hook], kind: HookType, ctx: PluginContext) -> None:
    """Run those that need not be waited for; an error of theirs is logged, never raised."""
    for hook in hooks:
        if must_wait(hook):
            continue
        try:
            hook.callback(ctx)
        except Exception:  # noqa: BLE001 (whoever ends the call must get to its end)
            LOG.exception("the plugin %r failed at %s; the call goes on", hook.name, kind.value)


def must_wait(hook: Hook) -> bool:
    """Whether the function has to be waited for."""
    called = type(hook.callback).__call__
    return iscoroutinefunction(hook.callback) or iscoroutinefunction(called)
