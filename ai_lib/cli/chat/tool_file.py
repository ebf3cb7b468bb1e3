"""Loads the functions that `--tools FILE.py` offers to the model."""

import inspect
import sys
from collections.abc import Callable
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Final

from ai_lib.errors.exceptions import RequestError

_MODULE: Final = "ai_lib_tools_file"


def load_functions(path: str) -> list[Callable[..., object]]:
    """Return the functions of a Python file: those in its `__all__`, else all public ones it has.

    Raises:
        RequestError: the file can't be read or run, or has no function to offer.
    """
    module = _run_file(path)
    names = getattr(module, "__all__", None)
    if names is None:
        names = [name for name in vars(module) if not name.startswith("_")]
    functions: list[Callable[..., object]] = [
        value
        for value in (getattr(module, name, None) for name in names)
        if inspect.isfunction(value) and value.__module__ == _MODULE
    ]
    if not functions:
        raise RequestError(f"{path} has no function to offer: define one without a leading _")
    return functions


def _run_file(path: str) -> ModuleType:
    if not Path(path).is_file():
        raise RequestError(f"the file of tools {path} is not there")
    spec = spec_from_file_location(_MODULE, path)
    if spec is None or spec.loader is None:
        raise RequestError(f"the file of tools {path} is no Python file")
    module = module_from_spec(spec)
    sys.modules[_MODULE] = module  # annotations are looked up there
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise RequestError(f"{path} can't be run: {type(error).__name__}: {error}") from error
    return module
