"""The blocking package takes plain functions, and says so."""

import pytest

from ai_lib_sync.errors import PluginError
from ai_lib_sync.plugins import (
    HookManager,
    HookType,
    MiddlewareChain,
    Plugin,
    PluginContext,
    PluginRegistry,
)

pytestmark = pytest.mark.async_only


class Waiting(Plugin):
    async def on_before_request(self, ctx: PluginContext) -> None:
        """Never reached."""


class Slow:
    async def __call__(self, ctx: PluginContext) -> None:
        """Never reached."""


async def hook(ctx: PluginContext) -> None:
    """Never reached."""


def test_what_has_to_be_waited_for_is_refused_when_it_is_registered() -> None:
    with pytest.raises(PluginError, match="give it a plain function"):
        PluginRegistry().register(Waiting())
    for callback in (hook, Slow()):
        with pytest.raises(PluginError, match="give it a plain function"):
            HookManager().register(HookType.ERROR, "h", callback)
    with pytest.raises(PluginError, match="give it a plain function"):
        MiddlewareChain().use(hook)  # type: ignore[arg-type]
