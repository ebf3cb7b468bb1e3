"""Each row of docs/moving.md: one mock is called by the other client and by ours.

The other clients are installed apart from each other (`nox -s moving`): their pins disagree.
"""

import importlib
import re

import pytest

from ai_lib._old_names import OLD_MODULES
from ai_lib_sync.testing import MockProvider
from tests.documents.moving import (
    from_anthropic,
    from_google_genai,
    from_langchain,
    from_litellm,
    from_openai,
)
from tests.documents.moving.rows import PAGE, Client, read_rows

pytestmark = pytest.mark.async_only
CLIENTS: list[Client] = [
    from_openai.CLIENT,
    from_anthropic.CLIENT,
    from_google_genai.CLIENT,
    from_litellm.CLIENT,
    from_langchain.CLIENT,
]
# What only the documentation and later sources of ai-lib-python have; its package has other names.
DOCUMENTED = {
    *("routing.models", "routing.strategies", "routing.array", "cache.backend", "tokens.pricing"),
    *("telemetry.logging", "telemetry.tracing", "types.events.ContentDelta"),
    *("protocol.validator.Validator", "pipeline.decode.SseDecoder", "pipeline.fan_out.FanOut"),
    *("pipeline.decode.AnthropicSseDecoder", "telemetry.metrics.PrometheusExporter"),
    *("telemetry.feedback.FeedbackCollector", "generative"),
}


def test_every_row_has_a_check() -> None:
    page = PAGE.read_text(encoding="utf-8")
    sections = re.findall(r"^## From (.+)$", page, re.MULTILINE)
    assert sections == [*(client.section for client in CLIENTS), "ai-lib-python"]
    for client in CLIENTS:
        assert read_rows(client.section) == list(client.checks), client.section


@pytest.mark.slow
@pytest.mark.filterwarnings("default")  # theirs are not ours to mend
@pytest.mark.parametrize("client", CLIENTS, ids=lambda client: client.requirement)
def test_a_row_is_true_of_both_clients(client: Client) -> None:
    pytest.importorskip(client.module, reason=f"{client.requirement} is not here (`nox -s moving`)")
    wrong: dict[str, str] = {}
    for left, check in client.checks.items():
        with MockProvider() as mock:
            try:
                check(mock)
            except Exception as error:  # noqa: BLE001 (all rows that are wrong are listed)
                wrong[left] = f"{type(error).__name__}: {error}"
    count = len(client.checks)
    print(f"{client.requirement}: {count - len(wrong)} of {count} rows")  # noqa: T201 (a report)
    assert not wrong, "\n".join(f"{left}: {why}" for left, why in wrong.items())


@pytest.mark.slow
@pytest.mark.filterwarnings("default")
def test_the_earlier_paths_and_names_were_so() -> None:
    pytest.importorskip("ai_lib_python", reason="ai-lib-python is not here (`nox -s moving`)")
    missing: set[str] = set()
    for path, (_, names) in OLD_MODULES.items():
        try:
            module = importlib.import_module(f"ai_lib_python.{path}")
        except ImportError:
            missing.add(path)
            continue
        missing |= {f"{path}.{name}" for name in names.split() if not hasattr(module, name)}
    count = len(OLD_MODULES)
    print(f"ai-lib-python: {count - len(missing)} of {count} paths as they are")  # noqa: T201
    assert missing == DOCUMENTED
