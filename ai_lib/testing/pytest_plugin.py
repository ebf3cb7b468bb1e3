"""The pytest plugin: a mock provider of both packages, and a guard against real calls.

- `mock_provider` and `mock_provider_sync` start a `MockProvider` of `ai_lib` or `ai_lib_sync`
  for one test.
- `refuse_real_calls` makes every call that leaves this machine raise `RealCallRefused`. With
  `ai_lib_real_calls = refuse` in pytest's configuration it applies to every test without the
  marker `real_calls`.
"""

from collections.abc import Iterator
from importlib import import_module
from typing import Any

import pytest

_SETTING = "ai_lib_real_calls"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the setting."""
    parser.addini(_SETTING, "refuse: no test may call a real provider; allow (default)", "string")


def pytest_configure(config: pytest.Config) -> None:
    """Declare the marker, and check the setting."""
    config.addinivalue_line("markers", "real_calls: this test may call a real provider")
    setting = str(config.getini(_SETTING) or "allow")
    if setting not in ("allow", "refuse"):
        raise pytest.UsageError(f"{_SETTING} must be refuse or allow, not {setting!r}")


@pytest.fixture
def mock_provider() -> Iterator[Any]:
    """Start an `ai_lib.testing.MockProvider`; stop it when the test ends."""
    yield from _run_mock_provider("ai_lib.testing")


@pytest.fixture
def mock_provider_sync() -> Iterator[Any]:
    """Start an `ai_lib_sync.testing.MockProvider`; stop it when the test ends."""
    yield from _run_mock_provider("ai_lib_sync.testing")


@pytest.fixture
def refuse_real_calls() -> Iterator[None]:
    """Refuse calls that leave this machine."""
    from ai_lib.testing import guard

    with guard.refuse_real_calls():
        yield


@pytest.fixture(autouse=True)
def _ai_lib_guard(request: pytest.FixtureRequest) -> None:
    setting = str(request.config.getini(_SETTING) or "allow")
    if setting == "refuse" and request.node.get_closest_marker("real_calls") is None:
        request.getfixturevalue("refuse_real_calls")


def _run_mock_provider(package: str) -> Iterator[Any]:
    mock = import_module(package).MockProvider().start()
    try:
        yield mock
    finally:
        mock.stop()
