# Generated from ai_lib/plugins/hook_manager.py by codegen; do not edit.
"""Registers and runs functions at the moments of a call."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from threading import Lock as PlainLock

from ai_lib._log import LOG
from ai_lib._runtime.forks import ForkedState, renew_after_fork
from ai_lib.errors.exceptions import AiLibError, PluginError
from ai_lib.plugins.context import HookType, PluginContext, PluginPriority
from ai_lib.plugins.hook import Callback, Hook

from .._runtime.backend import can_await, maybe_await


class HookManager(ForkedState):
    """Holds hooks by moment, each under a name; safe in any task or thread.

    A hook gets the context; its return value is ignored. An error is logged and the call goes on,
    unless the hook is `fatal`: then the call ends with PluginError, or with the error itself when
    that is one of this library's.
    """

    def __init__(self) -> None:
        self._lock = PlainLock()
        renew_after_fork(self)
        self._hooks: dict[HookType, tuple[Hook, ...]] = {}

    def register(
        self,
        hook_type: HookType | str,
        name: str,
        callback: Callback,
        *,
        priority: int = PluginPriority.NORMAL,
        fatal: bool = False,
    ) -> HookManager:
        """Add a function, after those of the same priority.

        Raises:
            PluginError: the name is taken at that moment, or the function can't be called here.
        """
        kind = HookType(hook_type)
        check_callable(name, callback)
        with self._lock:
            registered = self._hooks.get(kind, ())
            if any(hook.name == name for hook in registered):
                raise PluginError(f"there is a {kind.value} hook {name!r} already", plugin=name)
            hooks = [*registered, Hook(name, callback, priority, fatal)]
            self._hooks[kind] = tuple(sorted(hooks, key=lambda hook: hook.priority))
        return self

    def hook(
        self, hook_type: HookType | str, *, priority: int = PluginPriority.NORMAL
    ) -> Callable[[Callback], Callback]:
        """Add the decorated function under its own name."""

        def add(callback: Callback) -> Callback:
            name = getattr(callback, "__qualname__", repr(callback))
            self.register(hook_type, name, callback, priority=priority)
            return callback

        return add

    def unregister(self, hook_type: HookType | str, name: str) -> bool:
        """Remove a function; return False when there is none of that name."""
        kind = HookType(hook_type)
        with self._lock:
            registered = self._hooks.get(kind, ())
            remaining = tuple(hook for hook in registered if hook.name != name)
            self._hooks[kind] = remaining
        return len(remaining) < len(registered)

    def clear(self) -> None:
        """Remove all functions."""
        with self._lock:
            self._hooks = {}

    def hooks(self, hook_type: HookType | str) -> Sequence[Hook]:
        """Return the functions of a moment, in the order they run."""
        return self._hooks.get(HookType(hook_type), ())

    def hook_counts(self) -> dict[HookType, int]:
        """Return how many functions each moment has."""
        return {kind: len(hooks) for kind, hooks in self._hooks.items() if hooks}

    def trigger(self, hook_type: HookType | str, ctx: PluginContext) -> None:
        """Run the functions of a moment, one after the other. Raises as the class says."""
        for hook in self.hooks(hook_type):
            run_hook(hook, HookType(hook_type), ctx)


def check_callable(name: str, callback: Callable[..., object]) -> None:
    """Raise PluginError for a callback that this client can't call."""
    if not callable(callback):
        raise PluginError(f"the hook {name!r} is no function", plugin=name)
    if not can_await(callback):
        raise PluginError(
            f"{name!r} has to be waited for, which this client can't: give it a plain function",
            plugin=name,
        )


def run_hook(hook: Hook, kind: HookType, ctx: PluginContext) -> None:
    """Run one function; log its error, or raise it when the function is fatal."""
    try:
        maybe_await(hook.callback(ctx))
    except Exception as error:
        if hook.is_fatal:
            raise fatal_error(hook.name, kind.value, error) from error
        LOG.exception("the plugin %r failed at %s; the call goes on", hook.name, kind.value)


def fatal_error(name: str, moment: str, error: Exception) -> AiLibError:
    """Return the error that ends the call: the error itself when it is one of this library's."""
    if isinstance(error, AiLibError):
        return error
    return PluginError(f"the plugin {name!r} failed at {moment}: {error}", plugin=name)
