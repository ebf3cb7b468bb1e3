# Copied from ai_lib/plugins/__init__.py by codegen; do not edit.
"""Plugins, hooks and middleware around a client's calls."""

from typing import TYPE_CHECKING

from ai_lib._lazy import exports

if TYPE_CHECKING:
    from ai_lib.errors.exceptions import PluginError as PluginError
    from ai_lib.plugins.context import (
        HookType as HookType,
        PluginContext as PluginContext,
        PluginPriority as PluginPriority,
    )
    from ai_lib.plugins.plugin import Plugin as Plugin

    from .hook_manager import HookManager as HookManager
    from .middleware import (
        Middleware as Middleware,
        MiddlewareChain as MiddlewareChain,
    )
    from .registry import PluginRegistry as PluginRegistry

_WHERE = {
    "HookManager": ".hook_manager",
    "HookType": "ai_lib.plugins.context",
    "Middleware": ".middleware",
    "MiddlewareChain": ".middleware",
    "Plugin": "ai_lib.plugins.plugin",
    "PluginContext": "ai_lib.plugins.context",
    "PluginError": "ai_lib.errors.exceptions",
    "PluginPriority": "ai_lib.plugins.context",
    "PluginRegistry": ".registry",
}

if not TYPE_CHECKING:
    __all__, __getattr__, __dir__ = exports(__name__, _WHERE)
