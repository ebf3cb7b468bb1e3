"""The pytest plugin, in a project that uses it."""

import subprocess
import sys
from pathlib import Path

TESTS = """
import pytest
from ai_lib.testing import RealCallRefused, Reply


def test_blocking(mock_provider_sync):
    mock_provider_sync.enqueue(Reply(text="Hello!"))
    with mock_provider_sync.client("openai/gpt-4o") as client:
        assert client.chat().user("Hi").execute().content == "Hello!"


@pytest.mark.anyio
@pytest.mark.parametrize("anyio_backend", ["asyncio", "trio"])
async def test_async(mock_provider, anyio_backend):
    mock_provider.enqueue(Reply(text="Hello!"))
    async with await mock_provider.client("anthropic/claude-sonnet-4-5") as client:
        assert (await client.chat().user("Hi").execute()).content == "Hello!"


def test_a_real_call():
    from ai_lib_sync import AiClient

    with AiClient.create("openai/gpt-4o", api_key="k") as client:
        with pytest.raises(RealCallRefused, match="api.openai.com:443"):
            client.chat().user("Hi").execute()


@pytest.mark.real_calls
def test_marked():
    from ai_lib_sync.transport import transport

    assert transport.parse_target("https://api.openai.com/").origin.host == "api.openai.com"
"""


def run(folder: Path, setting: str) -> subprocess.CompletedProcess[str]:
    (folder / "test_app.py").write_text(TESTS)
    (folder / "pytest.ini").write_text(f"[pytest]\nai_lib_real_calls = {setting}\n")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    plugin = ["-p", "ai_lib.testing.pytest_plugin"]
    blocked = ["-p", "no:ai-lib"]  # however it is installed, it is loaded once
    return subprocess.run(
        [*command, *blocked, *plugin, str(folder)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        cwd=folder,
        env={"PYTHONPATH": str(Path(__file__).parents[2]), "PATH": ""},
    )


def test_its_fixtures_serve_both_colours_and_real_calls_are_refused(tmp_path: Path) -> None:
    done = run(tmp_path, "refuse")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "5 passed" in done.stdout


def test_a_setting_that_makes_no_sense_is_refused(tmp_path: Path) -> None:
    done = run(tmp_path, "perhaps")
    assert done.returncode != 0
    assert "must be refuse or allow, not 'perhaps'" in done.stderr + done.stdout
