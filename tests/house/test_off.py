"""What is not asked for costs nothing: it is not imported, and a call runs no line of it."""

import subprocess
import sys

import pytest

from tests.house.packages import ROOT

# Of `tokens` only the arithmetic of `response.cost` is used by every call.
_CALL = """\
import sys
from PACKAGE import AiClient
from ai_lib_sync import AiClient as Blocking
from ai_lib_sync.testing import MockProvider
ROOMS = "routing telemetry cache plugins guardrails structured tokens embeddings batch".split()
with MockProvider() as mock, mock.client("openai/gpt-4o") as client:
    assert client.chat().user("Hi").execute().content == "You said: Hi"
    assert list(client.chat().user("Hi").stream())
loaded = {name for name in sys.modules if name.startswith("ai_lib") and name.count(".") > 1}
loaded = {name for name in loaded if name.split(".")[1] in ROOMS}
assert loaded <= {"ai_lib.tokens.cost"}, loaded
"""

_MEASURED = """\
import logging
import sys
from ai_lib_sync import AiClient
from ai_lib_sync.cache import CacheConfig, CacheManager
from ai_lib_sync.client import Interceptor
from ai_lib_sync.guardrails import PiiDetector
from ai_lib_sync.plugins import PluginRegistry
from ai_lib_sync.telemetry import MetricsCollector, Tracer, get_logger
from ai_lib_sync.testing import MockProvider

def builder(mock):
    made = AiClient.builder().model("openai/gpt-4o").api_key("k")
    return made.base_url(mock.base_url("openai"))

def calls(client):
    counts = []
    for _ in range(12):
        client.chat().user("Hi").execute()  # warm
        count = 0
        def seen(frame, event, argument):
            nonlocal count
            count += event == "call" and "/ai_lib" in frame.f_code.co_filename
        sys.setprofile(seen)
        client.chat().user("Hi").execute()
        sys.setprofile(None)
        counts.append(count)
    return min(counts)

with MockProvider() as mock:
    with builder(mock).build() as plain:
        before = calls(plain)
        everything = builder(mock).metrics(MetricsCollector()).tracer(Tracer())
        everything.logger(get_logger("x")).guardrails([PiiDetector()]).budget(limit=1.0)
        everything.cache(CacheManager()).plugins(PluginRegistry())
        with everything.build() as laden:
            assert laden.chat().user("Hi").execute().content
            after = calls(plain)
    with builder(mock).intercept(Interceptor()).build() as idle:
        seam = calls(idle)
    log = logging.getLogger("off")
    log.setLevel(logging.CRITICAL + 1)
    registry = PluginRegistry()
    switched = builder(mock).cache(CacheManager(CacheConfig.no_cache())).logger(log)
    with switched.guardrails(input=False, output=False).plugins(registry).build() as off:
        out = calls(off)
        told = []
        registry.hooks.register("before_request", "note", lambda ctx: told.append(ctx.request_id))
        off.chat().user("Hi").execute()
        assert len(told) == 1, told  # what is switched on later counts from the next call on
print(before, after, seam, out)
"""


def _run(code: str) -> str:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


@pytest.mark.parametrize("package", ["ai_lib", "ai_lib_sync"])
def test_no_side_room_is_imported_by_a_client_that_does_not_use_it(package: str) -> None:
    _run(_CALL.replace("PACKAGE", package))


def test_a_client_with_nothing_on_runs_the_same_functions_whatever_others_have_on() -> None:
    before, after, seam, out = map(int, _run(_MEASURED).split())

    assert abs(after - before) <= 5  # how the socket's bytes come may differ
    assert before < seam < before * 1.25  # the seam itself, with one that does nothing
    assert out - before <= 20  # one look at each of the four that have nothing to do
