"""What every test may rely on: both event loops, nothing from the machine, no network."""

import gc
import ipaddress
import os
import sys

import pytest

_SETTINGS = ("AI_", "SSL_CERT_")
_SECRETS = ("_API_KEY", "_PROXY")


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request: pytest.FixtureRequest) -> str:
    """Run each async test on both event loops; its blocking twin is under `tests/_sync`."""
    return str(request.param)


@pytest.fixture(autouse=True)
def _nothing_from_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hide keys, proxies, certificates and settings: a test sees only what it sets itself."""
    for name in list(os.environ):
        if name.startswith(_SETTINGS) or name.upper().endswith(_SECRETS):
            monkeypatch.delenv(name)
    # What `ai-lib update` put in force here is in the user's cache.
    monkeypatch.setenv("XDG_CACHE_HOME", os.devnull)
    # What the commands keep for their user.
    monkeypatch.setenv("AI_LIB_HOME", os.devnull)


@pytest.fixture(autouse=True, scope="session")
def _retirement_of_the_usual_model_is_known() -> None:
    """Let no test see the one warning a process logs when the usual model's end comes near."""
    from ai_lib.client.target import retirement

    retirement._warned.setdefault("openai/gpt-4o", "the tests")


def _refuse_the_network(event: str, arguments: tuple[object, ...]) -> None:
    if event != "socket.connect":
        return
    address = arguments[1]
    host = address[0] if isinstance(address, tuple) else None
    if (
        host
        and host != "localhost"
        and not ipaddress.ip_address(host.partition("%")[0]).is_loopback
    ):
        raise RuntimeError(f"a test tried to reach {host}: use a server of its own on 127.0.0.1")


def pytest_configure() -> None:
    """Make it impossible that a test reaches a real provider, or fails for a busy machine."""
    sys.addaudithook(_refuse_the_network)
    from hypothesis import HealthCheck, settings

    settings.register_profile(
        "any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow]
    )
    settings.load_profile("any machine")


def pytest_collection_finish() -> None:
    """Leave the collected tests out of every collection of garbage: there are thousands of them."""
    # Its import asks the collector who refers to what, and frozen objects do not count.
    import hypothesis  # noqa: F401

    gc.collect()
    gc.freeze()
