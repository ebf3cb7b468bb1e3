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
from .hook_manager import HookManager, check_callable, fatal_error, run_hook
from .middleware import Middleware, MiddlewareChain

_REVERSED = frozenset(
    {HookType.AFTER_RESPONSE, HookType.STREAM_EVENT, HookType.STREAM_END, HookType.ERROR}
)


class PluginRegistry:
    """Holds plugins, single hooks (`hooks`) and middleware (`middleware`) for clients.

    Give it to a client by `builder().plugins(registry)`.

    Before a request hooks run by priority, the lower first, after the response in reverse order;
    those of one priority run in the order of registration. A plugin that is registered while calls
    are under way runs from their next moment on, unless a call began with an empty registry.
    """

    def __init__(
        self, *, hooks: HookManager | None = None, middleware: MiddlewareChain | None = None
    ) -> None:
        self.hooks = hooks or HookManager()
        self.middleware = middleware or MiddlewareChain()
        self._plugins: tuple[Plugin, ...] = ()
        self._uninitialized: deque[Plugin] = deque()

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
        """Whether there is no plugin, hook or middleware."""
        return not (self._plugins or len(self.middleware) or self.hooks.hook_counts())

    def register(self, plugin: Plugin) -> PluginRegistry:
        """Add a plugin and initialize it.

        Raises:
            PluginError: it is no plugin, its name is taken, it can't be called here, or it fails.
        """
        self._insert(plugin)
        try:
            maybe_await(plugin.on_init())
        except Exception as error:
            self._remove(plugin)
            raise fatal_error(plugin.name(), "on_init", error) from error
        return self

    def add(self, plugin: Plugin) -> PluginRegistry:
        """Add a plugin that is initialized with the next call; when that fails, it is removed.

        Raises PluginError when it is no plugin, its name is taken, or it can't be called here.
        """
        self._insert(plugin)
        self._uninitialized.append(plugin)
        return self

    def start(self) -> None:
        """Initialize the plugins that are not. Raises when one that is fatal fails."""
        while self._uninitialized:
            plugin = self._uninitialized.popleft()
            try:
                maybe_await(plugin.on_init())
            except Exception as error:
                self._remove(plugin)
                if plugin.is_fatal:
                    raise fatal_error(plugin.name(), "on_init", error) from error
                LOG.exception("the plugin %r failed at on_init and is removed", plugin.name())

    def _remove(self, plugin: Plugin) -> None:
        self._plugins = tuple(other for other in self._plugins if other is not plugin)

    def _insert(self, plugin: Plugin) -> None:
        if not isinstance(plugin, Plugin):
            raise PluginError(f"{plugin!r} is no Plugin of this package", plugin=repr(plugin))
        name = plugin.name()
        if not name:
            raise PluginError(f"{plugin!r} has no name", plugin=repr(plugin))
        if self.has(name):
            raise PluginError(f"there is a plugin {name!r} already", plugin=name)
        for kind in HookType:
            if _overrides(plugin, kind):
                check_callable(name, _get_method(plugin, kind))
        self._plugins = tuple(sorted((*self._plugins, plugin), key=lambda item: item.priority))

    def unregister(self, name: str) -> bool:
        """Remove a plugin and shut it down; return False when there is none of that name.

        Raises PluginError when its shutdown fails.
        """
        plugin = self.get(name)
        if plugin is None:
            return False
        self._remove(plugin)
        try:
            maybe_await(plugin.on_shutdown())
        except Exception as error:
            raise fatal_error(name, "on_shutdown", error) from error
        return True

    def shutdown_all(self) -> None:
        """Remove all plugins, the last first. Raises as `unregister`."""
        for plugin in reversed(self._plugins):
            self.unregister(plugin.name())

    def get(self, name: str) -> Plugin | None:
        """Return the plugin of that name."""
        return next((plugin for plugin in self._plugins if plugin.name() == name), None)

    def has(self, name: str) -> bool:
        """Return whether there is a plugin of that name."""
        return self.get(name) is not None

    def enable(self, name: str) -> bool:
        """Enable a plugin; return False when there is none of that name."""
        return self._set_enabled(name, enabled=True)

    def disable(self, name: str) -> bool:
        """Disable a plugin without removing it; return False when there is none of that name."""
        return self._set_enabled(name, enabled=False)

    def _set_enabled(self, name: str, *, enabled: bool) -> bool:
        plugin = self.get(name)
        if plugin is not None:
            plugin.enabled = enabled
        return plugin is not None

    def hooks_for(self, kind: HookType) -> list[Hook]:
        """Return the hooks of a moment in their order: those of plugins, and single ones."""
        hooks = [
            Hook(plugin.name(), _get_method(plugin, kind), plugin.priority, plugin.is_fatal)
            for plugin in self._plugins
            if plugin.enabled and _overrides(plugin, kind)
        ]
        hooks += self.hooks.hooks(kind)
        if kind in (HookType.STREAM_START, HookType.STREAM_END):
            hooks += [
                Hook(type(middleware).__name__, getattr(middleware, f"on_{kind.value}"))
                for middleware in self.middleware
                if isinstance(middleware, Middleware)
            ]
        hooks.sort(key=lambda hook: hook.priority)
        return hooks[::-1] if kind in _REVERSED else hooks

    def trigger(self, kind: HookType, ctx: PluginContext) -> None:
        """Run the hooks of a moment. Raises when one that is fatal fails."""
        for hook in self.hooks_for(kind):
            run_hook(hook, kind, ctx)

    def trigger_before_request(self, ctx: PluginContext) -> None:
        """Run the hooks of BEFORE_REQUEST."""
        self.trigger(HookType.BEFORE_REQUEST, ctx)

    def trigger_after_response(self, ctx: PluginContext) -> None:
        """Run the hooks of AFTER_RESPONSE."""
        self.trigger(HookType.AFTER_RESPONSE, ctx)

    def trigger_error(self, ctx: PluginContext) -> None:
        """Run the hooks of ERROR."""
        self.trigger(HookType.ERROR, ctx)

    def trigger_stream_event(self, ctx: PluginContext) -> None:
        """Run the hooks of STREAM_EVENT."""
        self.trigger(HookType.STREAM_EVENT, ctx)


def _overrides(plugin: Plugin, kind: HookType) -> bool:
    name = f"on_{kind.value}"
    return getattr(type(plugin), name) is not getattr(Plugin, name) or name in vars(plugin)


def _get_method(plugin: Plugin, kind: HookType) -> Callback:
    method: Callback = getattr(plugin, f"on_{kind.value}")
    return method
