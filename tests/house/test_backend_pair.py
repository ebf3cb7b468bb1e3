"""The two hand-written pairs list the same names with the same parameters."""

import ast
import inspect
from importlib import import_module
from types import ModuleType

import pytest

from tests.house.packages import ROOT

_COLOURED = {"__aenter__": "__enter__", "__aexit__": "__exit__", "aclose": "close"}
_COLOURED["handle_async_request"] = "handle_request"


def _names(package: str, pair: str) -> set[str]:
    tree = ast.parse((ROOT / package / "_runtime" / f"{pair}.py").read_text(encoding="utf-8"))
    found = {node.name for node in tree.body if isinstance(node, _DEFINED)}
    for node in tree.body:
        targets = node.targets if isinstance(node, ast.Assign) else []
        targets = [node.target] if isinstance(node, ast.AnnAssign) else targets
        found |= {target.id for target in targets if isinstance(target, ast.Name)}
    return {name for name in found if not name.startswith("_")}


_DEFINED = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def _parameters(function: object) -> list[tuple[str, object, bool]]:
    assert callable(function)
    signature = inspect.signature(inspect.unwrap(function))
    return [
        (name, parameter.kind, parameter.default is parameter.empty)
        for name, parameter in signature.parameters.items()
    ]


def _methods(module: ModuleType, name: str) -> dict[str, list[tuple[str, object, bool]]]:
    wanted = {"__init__", *_COLOURED, *_COLOURED.values()}
    return {
        _COLOURED.get(key, key): _parameters(value)
        for key, value in inspect.getmembers(getattr(module, name), inspect.isfunction)
        if not key.startswith("_") or key in wanted
    }


PAIRS = ("backend", "httpcore", "process", "stream", "workers")
BOTH = [(pair, name) for pair in PAIRS for name in sorted(_names("ai_lib", pair))]


@pytest.mark.parametrize("pair", PAIRS)
def test_both_list_the_same_names(pair: str) -> None:
    assert _names("ai_lib", pair) == _names("ai_lib_sync", pair)


@pytest.mark.parametrize(("pair", "name"), BOTH)
def test_both_take_the_same_parameters(pair: str, name: str) -> None:
    ours, twin = (
        import_module(f"ai_lib._runtime.{pair}"),
        import_module(f"ai_lib_sync._runtime.{pair}"),
    )
    first, second = getattr(ours, name), getattr(twin, name)

    assert inspect.isclass(first) == inspect.isclass(second)
    if inspect.isclass(first):
        assert _methods(ours, name) == _methods(twin, name)
    elif inspect.isroutine(first) and not inspect.isbuiltin(first):
        assert _parameters(first) == _parameters(second)
