"""The network is httpcore's business: one file of each package imports it, none goes around it."""

import functools
import re

import pytest

from codegen.source import find_imports, read_source
from tests.house.packages import ROOT, sources

NETWORK = ("ai_lib/_runtime/httpcore.py", "ai_lib_sync/_runtime/httpcore.py")
AROUND = re.compile(r"\.connect(_ex)?\(|socket\.create_connection|wrap_bio|wrap_socket|\bh11\b")


@functools.cache
def imported() -> dict[str, set[str]]:
    found = {}
    for path in sources("ai_lib", "ai_lib_sync"):
        modules = find_imports(read_source(ROOT, path))
        roots = {(module.base or module.name).split(".")[0] for module in modules}
        found[path.relative_to(ROOT).as_posix()] = roots
    return found


def test_httpcore_is_imported_in_one_place_of_each_package() -> None:
    assert {path for path, roots in imported().items() if "httpcore" in roots} == set(NETWORK)


def test_nothing_speaks_http_or_socks_by_itself() -> None:
    rivals = {"h11", "h2", "socksio", "httpx", "requests", "urllib3", "aiohttp", "http"}
    # The mock provider is a server, and so is what Prometheus reads the figures from.
    servers = {
        p for p in imported() if "/testing/" in p or p.endswith("telemetry/metrics/prometheus.py")
    }
    found = {path: roots & rivals for path, roots in imported().items() if path not in servers}
    assert {path: roots for path, roots in found.items() if roots} == {}


@pytest.mark.parametrize("package", ["ai_lib", "ai_lib_sync"])
def test_the_transport_opens_no_socket(package: str) -> None:
    for path in sorted((ROOT / package / "transport").rglob("*.py")):
        assert not AROUND.findall(path.read_text(encoding="utf-8")), path
