"""The module paths and class names of the first layout resolve, in both packages."""

import importlib
import subprocess
import sys

import pytest

from ai_lib._old_names import OLD_CLASSES, OLD_MODULES, ROOT_NAMES
from tests.house.packages import ROOT

PACKAGES = pytest.mark.parametrize("package", ["ai_lib", "ai_lib_sync"])


@PACKAGES
@pytest.mark.parametrize("path", OLD_MODULES)
def test_an_old_module_has_the_names_of_its_room(package: str, path: str) -> None:
    room, names = OLD_MODULES[path]
    module = importlib.import_module(f"{package}.{path}")
    today = importlib.import_module(f"{package}.{room}")

    for name in names.split():
        assert getattr(module, name) is getattr(today, name), name
        assert vars(module)[name] is getattr(today, name), name


def test_every_row_is_in_the_documentation() -> None:
    page = (ROOT / "docs" / "moving.md").read_text()

    for path, (room, names) in OLD_MODULES.items():
        cells = ", ".join(f"`{name}`" for name in names.split())
        assert f"| `{path}` | `{room}`: {cells} |" in page
    for room, classes in OLD_CLASSES.items():
        for old, today in classes.items():
            assert f"| `{old}` | `{room}`: `{today}` |" in page


@PACKAGES
def test_an_old_class_is_the_class_that_does_its_job(package: str) -> None:
    for room, classes in OLD_CLASSES.items():
        module = importlib.import_module(f"{package}.{room}")
        for old, today in classes.items():
            assert getattr(module, old) is getattr(module, today)
            assert old not in module.__all__


@PACKAGES
def test_an_old_name_of_the_package_itself_is_found(package: str) -> None:
    root = importlib.import_module(package)
    assert len(ROOT_NAMES) == 7
    for name, room in ROOT_NAMES.items():
        module = importlib.import_module(f"{package}.{room}")
        assert getattr(root, name) is getattr(module, name)
        assert name not in root.__all__


@PACKAGES
def test_every_form_of_import_works(package: str) -> None:
    program = f"""
import {package}.pipeline.accumulate
from {package}.client import core
from {package}.pipeline import decode, fan_out as expansion
from {package}.utils import tool_call_assembler
from {package}.utils.tool_call_assembler import ToolCallAssembler
from {package}.cache.backend import *

assert {package}.pipeline.accumulate.ToolCallAccumulator is ToolCallAssembler
assert tool_call_assembler.ToolCallAssembler is ToolCallAssembler
assert core.AiClient is {package}.AiClient
assert decode.SseDecoder and expansion.FanOut
assert "SseDecoder" in dir(decode) and decode.__all__[0] == "SseDecoder"
"""
    subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True)


@PACKAGES
def test_a_name_that_never_was_is_an_error_as_ever(package: str) -> None:
    with pytest.raises(ModuleNotFoundError, match="accumulator"):
        importlib.import_module(f"{package}.pipeline.accumulator")
    module = importlib.import_module(f"{package}.pipeline.accumulate")
    with pytest.raises(AttributeError, match="accumulate' has no attribute 'Nothing'"):
        module.Nothing  # noqa: B018


@PACKAGES
def test_the_table_is_read_only_when_a_name_is_missed(package: str) -> None:
    program = f"""
import sys, {package}
from {package} import AiClient
from {package}.telemetry import AiLibLogger
assert "ai_lib._old_names" not in sys.modules
from {package}.telemetry import Logger
assert "ai_lib._old_names" in sys.modules
"""
    subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True)
