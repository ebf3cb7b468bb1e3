"""What is not asked for costs nothing: nothing of it is even imported."""

import subprocess
import sys

import pytest

from tests.house.packages import ROOT

_CALL = """\
import sys
from ai_lib_sync import AiClient
from ai_lib_sync.testing import MockProvider
with MockProvider() as mock, mock.client("openai/gpt-4o") as client:
    assert client.chat().user("Hi").execute().content == "You said: Hi"
    assert [e for e in client.chat().user("Hi").stream()]
loaded = {name for name in sys.modules if "telemetry" in name}
loaded |= {"structlog", "opentelemetry", "prometheus_client", "http.server"} & set(sys.modules)
assert not loaded, loaded
"""

_ON = """\
import sys, threading
from ai_lib_sync import AiClient
from ai_lib_sync.telemetry import MetricsCollector, ProviderHealthTracker, get_logger
builder = AiClient.builder().model("openai/gpt-4o").api_key("k")
builder.metrics(MetricsCollector()).logger(get_logger("x")).health(ProviderHealthTracker()).build()
loaded = {"structlog", "opentelemetry", "prometheus_client", "http.server"} & set(sys.modules)
assert not loaded, loaded
assert threading.active_count() == 1
"""


@pytest.mark.parametrize("code", [_CALL, _ON], ids=["off", "on"])
def test_nothing_is_imported_that_was_not_asked_for(code: str) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
