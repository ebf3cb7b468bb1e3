"""Who is measured: where each contender's code is, what it runs on, and which floor is its own."""

import importlib
import sys
from dataclasses import dataclass, field

from benchmarks.rivals import absence, pins, python


@dataclass(frozen=True)
class Contender:
    """One who is measured.

    `rival` is the package it needs, in an environment of its own; None needs only ours. `package`
    is what its user imports. Ratios are to `floor`, which does the same job the same way.
    """

    name: str
    module: str
    made: str
    floor: str = "floor"
    runs_on: str = "asyncio"
    options: dict[str, object] = field(default_factory=dict)
    rival: str | None = None
    package: str = "ai_lib"

    @property
    def python(self) -> str:
        """The interpreter it runs in."""
        return sys.executable if self.rival is None else str(python(self.rival))

    @property
    def absence(self) -> str | None:
        """Why it can't be measured here, or None."""
        return None if self.rival is None else absence(self.rival)

    @property
    def version(self) -> str | None:
        """The requirement that pins a rival."""
        return None if self.rival is None else pins().get(self.rival)

    def make(self, url: str) -> object:
        """Return the contender, for a provider at that base URL."""
        module = importlib.import_module(f"benchmarks.contenders.{self.module}")
        return getattr(module, self.made)(url, **self.options)


def _rival(name: str, made: str, package: str, floor: str = "floor") -> Contender:
    return Contender(name, "rivals", made, floor=floor, rival=name, package=package)


def _floor(name: str, **more: object) -> Contender:
    fields: dict[str, object] = {"made": "Floor", "floor": name, "package": "httpcore, msgspec"}
    return Contender(name, "floor", **{**fields, **more})  # type: ignore[arg-type]


def _ours(name: str, **more: object) -> Contender:
    return Contender(name, "ours", "AiLib", **more)  # type: ignore[arg-type]


_SYNC = {"runs_on": "threads", "floor": "floor-blocking"}
_ALL = (
    _floor("floor"),
    _floor("floor-trio", runs_on="trio"),
    _floor("floor-blocking", made="BlockingFloor", runs_on="threads"),
    _floor("floor-messages", options={"messages": True}),
    _ours("ai_lib"),
    _ours("ai_lib-trio", runs_on="trio", floor="floor-trio"),
    Contender("ai_lib_sync", "ours_blocking", "AiLibSync", package="ai_lib_sync", **_SYNC),  # type: ignore[arg-type]
    _ours("ai_lib-messages", options={"provider": "anthropic"}, floor="floor-messages"),
    _ours("ai_lib-bare", options={"setting": "bare"}, floor="ai_lib-bare"),
    _ours("ai_lib-everything", options={"setting": "everything"}, floor="ai_lib-bare"),
    _ours("ai_lib-off", options={"setting": "off"}, floor="ai_lib"),
    _ours("ai_lib-again", floor="ai_lib"),
    _ours("ai_lib-bare-again", options={"setting": "bare"}, floor="ai_lib-bare"),
    _ours("ai_lib-cached", options={"setting": "cached"}, floor="ai_lib"),
    Contender("tasks", "house", "Tasks", floor="tasks"),
    Contender("batch", "house", "Batch", floor="tasks"),
    Contender("json", "house", "Documents", floor="json"),
    Contender("manifests", "house", "Manifests", floor="json"),
    Contender("round-trip", "shared", "RoundTrip", floor="round-trip", package="asyncio"),
    Contender("shared-limits", "shared", "SharedLimits", floor="round-trip"),
    _rival("openai", "OpenAi", "openai"),
    _rival("anthropic", "Anthropic", "anthropic", "floor-messages"),
    _rival("litellm", "LiteLlm", "litellm"),
    _rival("pydantic-ai-slim", "PydanticAi", "pydantic_ai.models.openai"),
    _rival("any-llm-sdk", "AnyLlm", "any_llm"),
    Contender(
        "ai-lib-python",
        "predecessor",
        "AiLibPython",
        rival="ai-lib-python",
        package="ai_lib_python",
    ),
)
ROSTER = {contender.name: contender for contender in _ALL}
FLOORS = ("floor", "floor-trio", "floor-blocking", "floor-messages")
OURS = ("ai_lib", "ai_lib-trio", "ai_lib_sync", "ai_lib-messages")
NOISE = ("ai_lib-again", "ai_lib-bare-again")
RIVALS = tuple(contender.name for contender in _ALL if contender.rival)
