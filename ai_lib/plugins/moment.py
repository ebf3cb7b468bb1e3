"""Hooks at moments when nobody may wait."""

from collections.abc import Awaitable, Callable, Sequence
from inspect import iscoroutinefunction
from typing import Protocol

from ai_lib._log import LOG
from ai_lib.plugins.context import HookType, PluginContext


class Listening(Protocol):
    """A function under a name."""

    @property
    def name(self) -> str: ...
    @property
    def callback(self) -> Callable[[PluginContext], Awaitable[object] | object]: ...


def run_at_once(hooks: Sequence[Listening], kind: HookType, ctx: PluginContext) -> None:
    """Run those that need not be waited for; an error of theirs is logged, never raised."""
    for hook in hooks:
        if must_wait(hook):
            continue
        try:
            hook.callback(ctx)
        except Exception:  # noqa: BLE001 (whoever ends the call must get to its end)
            LOG.exception("the plugin %r failed at %s; the call goes on", hook.name, kind.value)


def must_wait(hook: Listening) -> bool:
    """Whether the function has to be waited for."""
    called = type(hook.callback).__call__
    return iscoroutinefunction(hook.callback) or iscoroutinefunction(called)
