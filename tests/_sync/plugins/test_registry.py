# Generated from tests/plugins/test_registry.py by codegen; do not edit.
"""Plugins and hooks by hand: order, names, failures."""

from __future__ import annotations

import logging

import pytest

from ai_lib_sync.errors import PluginError, RequestError
from ai_lib_sync.plugins import (
    HookManager,
    HookType,
    Plugin,
    PluginContext,
    PluginPriority,
    PluginRegistry,
)


class Noted(Plugin):
    """Records what it is told."""

    def __init__(self, name: str, book: list[str], priority: int = PluginPriority.NORMAL) -> None:
        self._name = name
        self.book = book
        self.priority = priority

    def name(self) -> str:
        return self._name

    def on_init(self) -> None:
        self.book.append(f"{self._name} init")

    def on_shutdown(self) -> None:
        self.book.append(f"{self._name} shutdown")

    def on_before_request(self, ctx: PluginContext) -> None:
        self.book.append(f"{self._name} before {ctx.model}")

    def on_after_response(self, ctx: PluginContext) -> None:
        self.book.append(f"{self._name} after")


class Failing(Plugin):
    def on_before_request(self, ctx: PluginContext) -> None:
        raise KeyError("oops")


def test_the_documented_way() -> None:
    told: list[str] = []
    registry = PluginRegistry()
    registry.register(Noted("logging", told))
    hooks = HookManager()
    hooks.register(HookType.BEFORE_REQUEST, "log", lambda ctx: told.append(f"Starting {ctx.model}"))
    ctx = PluginContext(model="gpt-4o", request={"messages": [...]})
    registry.trigger_before_request(ctx)
    hooks.trigger(HookType.BEFORE_REQUEST, ctx)
    assert told == ["logging init", "logging before gpt-4o", "Starting gpt-4o"]


def test_they_run_by_priority_and_the_other_way_round_after_the_response() -> None:
    book: list[str] = []
    registry = PluginRegistry()
    registry.register(Noted("late", book, PluginPriority.LOW))
    registry.register(Noted("early", book, PluginPriority.HIGH))
    registry.hooks.register("before_request", "middle", lambda _: book.append("middle"))
    assert registry.plugin_names == ["early", "late"]
    book.clear()
    registry.trigger_before_request(PluginContext("m"))
    registry.trigger_after_response(PluginContext("m"))
    assert book == ["early before m", "middle", "late before m", "late after", "early after"]


def test_names_are_taken_once() -> None:
    registry = PluginRegistry()
    registry.register(Noted("one", []))
    with pytest.raises(PluginError, match="'one' already") as caught:
        registry.register(Noted("one", []))
    assert caught.value.plugin == "one"
    hooks = HookManager().register(HookType.ERROR, "h", print)
    with pytest.raises(PluginError, match="'h' already"):
        hooks.register(HookType.ERROR, "h", print)
    hooks.register(HookType.RETRY, "h", print)
    assert hooks.unregister(HookType.ERROR, "h")
    assert not hooks.unregister(HookType.ERROR, "h")
    assert hooks.hook_counts() == {HookType.RETRY: 1}


def test_plugins_are_let_go_the_last_first() -> None:
    book: list[str] = []
    registry = PluginRegistry()
    for name in ("a", "b", "c"):
        registry.register(Noted(name, book))
    assert registry.unregister("b")
    assert not registry.unregister("b")
    registry.shutdown_all()
    assert book[3:] == ["b shutdown", "c shutdown", "a shutdown"]
    assert registry.plugins == ()


def test_a_plugin_may_be_switched_off() -> None:
    book: list[str] = []
    registry = PluginRegistry()
    registry.register(Noted("a", book))
    book.clear()
    assert registry.disable("a")
    registry.trigger_before_request(PluginContext("m"))
    assert registry.enable("a")
    registry.trigger_before_request(PluginContext("m"))
    assert book == ["a before m"]
    assert not registry.enable("b")


def test_one_that_fails_is_logged_and_the_others_run(
    caplog: pytest.LogCaptureFixture,
) -> None:
    book: list[str] = []
    registry = PluginRegistry()
    registry.register(Failing())
    registry.register(Noted("a", book))
    with caplog.at_level(logging.ERROR, "ai_lib"):
        registry.trigger_before_request(PluginContext("m"))
    assert book[-1] == "a before m"
    assert "'Failing' failed at before_request" in caplog.text


def test_one_that_is_fatal_ends_it_with_an_error_of_ours() -> None:
    plugin = Failing()
    plugin.is_fatal = True
    registry = PluginRegistry()
    registry.register(plugin)
    with pytest.raises(PluginError, match="'Failing' failed at before_request") as caught:
        registry.trigger_before_request(PluginContext("m"))
    assert isinstance(caught.value.__cause__, KeyError)

    def refuse(ctx: PluginContext) -> None:
        raise RequestError("not today")

    hooks = HookManager().register("error", "no", refuse, fatal=True)
    with pytest.raises(RequestError, match="not today"):
        hooks.trigger("error", PluginContext("m"))


def test_one_that_can_not_get_ready_is_not_registered() -> None:
    class Unready(Plugin):
        def on_init(self) -> None:
            raise OSError("no disk")

    registry = PluginRegistry()
    with pytest.raises(PluginError, match="no disk"):
        registry.register(Unready())
    assert not registry.has("Unready")


def test_what_is_no_plugin_or_hook_is_refused() -> None:
    with pytest.raises(PluginError, match="no Plugin"):
        PluginRegistry().register("logging")  # type: ignore[arg-type]
    with pytest.raises(PluginError, match="no function"):
        HookManager().register("error", "h", "print")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="sometimes"):
        HookManager().register("sometimes", "h", print)


def test_a_decorated_function_is_a_hook() -> None:
    hooks = HookManager()
    seen: list[object] = []

    @hooks.hook(HookType.ERROR)
    def watch(ctx: PluginContext) -> None:
        seen.append(ctx)

    ctx = PluginContext("m")
    hooks.trigger(HookType.ERROR, ctx)
    assert seen == [ctx]
    hooks.clear()
    assert hooks.hooks("error") == ()
