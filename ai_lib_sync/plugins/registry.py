# Generated from ai_lib/plugins/registry.py by codegen; do not edit.
"""The plugins of a client."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from ai_lib._log import LOG
from ai_lib.errors.exceptions import PluginError
from ai_lib.plugins.context import HookType, PluginContext
from ai_lib.plugins.hook import Callback, Hook
from ai_lib.plugins.plugin import Plugin

from .._runtime.backend import maybe_await
from .hook_manager import HookManager, check_callable, fatal, run_hook
from .middleware import Middleware, MiddlewareChain

_REVERSED = frozenset(
    {HookType.AFTER_RESPONSE, HookType.STREAM_EVENT, HookType.STREAM_END, HookType.ERROR}
)


class PluginRegistry:
    """Plugins, loose hooks (`hooks`) and middleware (`middleware`), to be given to clients with
    `builder().plugins(registry)`.

    Before a request they run by priority, the lower first, after the response the other way
    round; of one priority, in the order they came. What is registered while calls are under way
    counts from their next moment on; a call that began with nothing registered stays without.
    """

    def __init__(
        self, *, hooks: HookManager | None = None, middleware: MiddlewareChain | None = None
    ) -> None:
        self.hooks = hooks or HookManager()
        self.middleware = middleware or MiddlewareChain()
        self._plugins: tuple[Plugin, ...] = ()
        self._fresh: deque[Plugin] = deque()

    @property
    def plugins(self) -> Sequence[Plugin]:
        """The plugins, by priority."""
        return self._plugins

    @property
    def plugin_names(self) -> list[str]:
        """Their names, by priority."""
        return [plugin.name() for plugin in self._plugins]

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing that may run at any moment of a call."""
        return not (self._plugins or len(self.middleware) or self.hooks.hook_counts())

    def register(self, plugin: Plugin) -> PluginRegistry:
        """Let a plugin get ready, and add it.

        Raises:
            PluginError: it is no plugin, its name is taken, it can't be called here, or it fails.
        """
        self._take_in(plugin)
        try:
            maybe_await(plugin.on_init())
        except Exception as error:
            self._drop(plugin)
            raise fatal(plugin.name(), "on_init", error) from error
        return self

    def add(self, plugin: Plugin) -> PluginRegistry:
        """Add a plugin that gets ready with the next call; one that fails at that is dropped.

        Raises PluginError when it is no plugin, its name is taken, or it can't be called here.
        """
        self._take_in(plugin)
        self._fresh.append(plugin)
        return self

    def start(self) -> None:
        """Let the plugins get ready that are not. Raises when one that is fatal fails."""
        while self._fresh:
            plugin = self._fresh.popleft()
            try:
                maybe_await(plugin.on_init())
            except Exception as error:
                self._drop(plugin)
                if plugin.is_fatal:
                    raise fatal(plugin.name(), "on_init", error) from error
                LOG.exception("the plugin %r failed at on_init and is dropped", plugin.name())

    def _drop(self, plugin: Plugin) -> None:
        self._plugins = tuple(one for one in self._plugins if one is not plugin)

    def _take_in(self, plugin: Plugin) -> None:
        if not isinstance(plugin, Plugin):
            raise PluginError(f"{plugin!r} is no Plugin of this package", plugin=repr(plugin))
        name = plugin.name()
        if not name:
            raise PluginError(f"{plugin!r} has no name", plugin=repr(plugin))
        if self.has(name):
            raise PluginError(f"there is a plugin {name!r} already", plugin=name)
        for kind in HookType:
            if _overrides(plugin, kind):
                check_callable(name, _method(plugin, kind))
        self._plugins = tuple(sorted((*self._plugins, plugin), key=lambda one: one.priority))

    def unregister(self, name: str) -> bool:
        """Take a plugin out and let it go; False when there is none. Raises PluginError when it
        fails at that.
        """
        plugin = self.get(name)
        if plugin is None:
            return False
        self._drop(plugin)
        try:
            maybe_await(plugin.on_shutdown())
        except Exception as error:
            raise fatal(name, "on_shutdown", error) from error
        return True

    def shutdown_all(self) -> None:
        """Take all plugins out, the last first. Raises as `unregister`."""
        for plugin in reversed(self._plugins):
            self.unregister(plugin.name())

    def get(self, name: str) -> Plugin | None:
        """Return the plugin of that name."""
        return next((one for one in self._plugins if one.name() == name), None)

    def has(self, name: str) -> bool:
        """Whether there is a plugin of that name."""
        return self.get(name) is not None

    def enable(self, name: str) -> bool:
        """Let a plugin count; False when there is none of that name."""
        return self._switch(name, on=True)

    def disable(self, name: str) -> bool:
        """Let a plugin not count, though it stays; False when there is none of that name."""
        return self._switch(name, on=False)

    def _switch(self, name: str, *, on: bool) -> bool:
        plugin = self.get(name)
        if plugin is not None:
            plugin.enabled = on
        return plugin is not None

    def listening(self, kind: HookType) -> list[Hook]:
        """Return what runs at a moment, in its order: loose hooks among the plugins."""
        found = [
            Hook(plugin.name(), _method(plugin, kind), plugin.priority, plugin.is_fatal)
            for plugin in self._plugins
            if plugin.enabled and _overrides(plugin, kind)
        ]
        found += self.hooks.hooks(kind)
        if kind in (HookType.STREAM_START, HookType.STREAM_END):
            found += [
                Hook(type(one).__name__, getattr(one, f"on_{kind.value}"))
                for one in self.middleware
                if isinstance(one, Middleware)
            ]
        found.sort(key=lambda hook: hook.priority)
        return found[::-1] if kind in _REVERSED else found

    def trigger(self, kind: HookType, ctx: PluginContext) -> None:
        """Run what listens at a moment. Raises when something that is fatal fails."""
        for hook in self.listening(kind):
            run_hook(hook, kind, ctx)

    def trigger_before_request(self, ctx: PluginContext) -> None:
        """Run what listens before a request."""
        self.trigger(HookType.BEFORE_REQUEST, ctx)

    def trigger_after_response(self, ctx: PluginContext) -> None:
        """Run what listens after a response."""
        self.trigger(HookType.AFTER_RESPONSE, ctx)

    def trigger_error(self, ctx: PluginContext) -> None:
        """Run what listens to errors."""
        self.trigger(HookType.ERROR, ctx)

    def trigger_stream_event(self, ctx: PluginContext) -> None:
        """Run what listens to the events of streams."""
        self.trigger(HookType.STREAM_EVENT, ctx)


def _overrides(plugin: Plugin, kind: HookType) -> bool:
    name = f"on_{kind.value}"
    return getattr(type(plugin), name) is not getattr(Plugin, name) or name in vars(plugin)


def _method(plugin: Plugin, kind: HookType) -> Callback:
    method: Callback = getattr(plugin, f"on_{kind.value}")
    return method
