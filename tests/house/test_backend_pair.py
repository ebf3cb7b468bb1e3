"""The two hand-written backends list the same names with the same parameters."""

import ast
import inspect
from types import ModuleType

import pytest

import ai_lib._backend
import ai_lib_sync._backend
from tests.house.packages import ROOT

_COLOURED = {"__aenter__": "__enter__", "__aexit__": "__exit__", "aclose": "close"}


def _names(package: str) -> set[str]:
    tree = ast.parse((ROOT / package / "_backend.py").read_text(encoding="utf-8"))
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


def test_both_list_the_same_names() -> None:
    assert _names("ai_lib") == _names("ai_lib_sync")


@pytest.mark.parametrize("name", sorted(_names("ai_lib") & _names("ai_lib_sync")))
def test_both_take_the_same_parameters(name: str) -> None:
    first, second = getattr(ai_lib._backend, name), getattr(ai_lib_sync._backend, name)

    assert inspect.isclass(first) == inspect.isclass(second)
    if inspect.isclass(first):
        assert _methods(ai_lib._backend, name) == _methods(ai_lib_sync._backend, name)
    elif inspect.isroutine(first) and not inspect.isbuiltin(first):
        assert _parameters(first) == _parameters(second)
