"""A function that runs at a moment of a call."""

from collections.abc import Awaitable, Callable, Sequence
from inspect import iscoroutinefunction
from typing import NamedTuple

from ai_lib._log import LOG
from ai_lib.plugins.context import HookType, PluginContext, PluginPriority

Callback = Callable[[PluginContext], Awaitable[object] | object]


class Hook(NamedTuple):
    """A function under a name; with `is_fatal` its error ends the call."""

    name: str
    callback: Callback
    priority: int = PluginPriority.NORMAL
    is_fatal: bool = False


def run_plain_hooks(hooks: Sequence[Hook], kind: HookType, ctx: PluginContext) -> None:
    """Run the hooks that are plain functions; their errors are logged, never raised."""
    for hook in hooks:
        if is_async(hook):
            continue
        try:
            hook.callback(ctx)
        except Exception:  # noqa: BLE001 (the end of the call must be reached)
            LOG.exception("the plugin %r failed at %s; the call goes on", hook.name, kind.value)


def is_async(hook: Hook) -> bool:
    """Return whether the function of a hook has to be awaited."""
    call_method = type(hook.callback).__call__
    return iscoroutinefunction(hook.callback) or iscoroutinefunction(call_method)
