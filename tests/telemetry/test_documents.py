"""The blocks on telemetry and feedback of the library's documents run as they are written."""

import re
import textwrap

import anyio
import pytest

from tests.house.packages import ROOT

pytestmark = pytest.mark.async_only

SEEDS = ROOT.parent / "shared" / "seeds"


def block(heading: str) -> str:
    for path in sorted(SEEDS.glob("*.txt")):
        text = path.read_text(encoding="utf-8")
        found = re.search(rf"### {heading}\n+```python\n(.*?)```", text, re.DOTALL)
        if found:
            return found[1]
    pytest.skip("the documents are not here")


def run(code: str) -> dict[str, object]:
    """Run the code in a task of its own on asyncio; return its names."""
    names: dict[str, object] = {}
    body = textwrap.indent(f"{code}\nnames.update(locals())", "    ")
    exec(f"async def main(names):\n{body}", names)  # noqa: S102
    found: dict[str, object] = {}
    anyio.run(names["main"], found)  # type: ignore[arg-type]
    return found


@pytest.mark.parametrize("package", ["ai_lib", "ai_lib_sync"])
def test_metrics_and_telemetry(package: str, capsys: pytest.CaptureFixture[str]) -> None:
    names = run(block("Metrics and Telemetry").replace("ai_lib_python", package))
    assert capsys.readouterr().out == "Total requests: 1\nP99 latency: 500.00ms\n"
    assert 'model="gpt-4o"' in str(names["prometheus_metrics"])


@pytest.mark.parametrize("package", ["ai_lib", "ai_lib_sync"])
def test_user_feedback_collection(package: str) -> None:
    code = block("User Feedback Collection").replace("ai_lib_python", package)
    if package == "ai_lib_sync":
        code = code.replace("await ", "")
    names = run(code)
    assert len(names["all_feedback"]) == 3  # type: ignore[arg-type]
    assert [one.rating for one in names["request_feedback"]] == [5]  # type: ignore[attr-defined]
