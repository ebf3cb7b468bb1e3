"""The programs of the page on web frameworks answer a request, where these are installed."""

import re
from pathlib import Path
from typing import Any

import pytest

from ai_lib_sync.testing import MockProvider

PAGE = Path(__file__).parents[2] / "docs" / "web-frameworks.md"


@pytest.fixture
def programs(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The programs of the page by their section, with the mock as the provider."""
    with MockProvider() as mock:
        monkeypatch.setenv("OPENAI_API_KEY", "any")
        address = f'"openai/gpt-5.4-mini", base_url="{mock.base_url("openai")}"'
        text = PAGE.read_text(encoding="utf-8").replace('"openai/gpt-5.4-mini"', address)
        sections = re.findall(r"^## (\w+)\n.*?```py-other[^\n]*\n(.*?)^```", text, re.S | re.M)
        yield dict(sections)


def run_program(source: str) -> dict[str, Any]:
    names: dict[str, Any] = {"__name__": "program"}
    exec(compile(source, "program", "exec"), names)  # noqa: S102
    return names


def test_every_section_is_a_program(programs: dict[str, str]) -> None:
    assert list(programs) == ["FastAPI", "Django", "Flask", "Celery"]
    for name, source in programs.items():
        compile(source, name, "exec")


def test_fastapi(programs: dict[str, str]) -> None:
    pytest.importorskip("fastapi")
    testclient = pytest.importorskip("fastapi.testclient")
    names = run_program(programs["FastAPI"])
    with testclient.TestClient(names["app"]) as client:
        assert client.get("/answer?question=Hi").json() == {"answer": "You said: Hi"}
        assert client.get("/stream?question=Hi").text.startswith("data: ")


def test_flask(programs: dict[str, str]) -> None:
    pytest.importorskip("flask")
    names = run_program(programs["Flask"])
    client = names["app"].test_client()
    assert client.get("/answer?question=Hi").json == {"answer": "You said: Hi"}
    assert client.get("/stream?question=Hi").text.startswith("data: ")
    names["client"].close()


def test_django(programs: dict[str, str]) -> None:
    django = pytest.importorskip("django")
    from django.conf import settings

    settings.configure(ALLOWED_HOSTS=["*"])
    django.setup()
    test = pytest.importorskip("django.test")
    names = run_program(programs["Django"])
    request = test.RequestFactory().get("/", {"question": "Hi"})
    assert b"You said: Hi" in names["answer"](request).content
    assert b"".join(names["stream"](request).streaming_content).startswith(b"data: ")
    names["client"].close()


def test_celery(programs: dict[str, str]) -> None:
    pytest.importorskip("celery")
    names = run_program(programs["Celery"])
    assert names["summarize"].apply(args=["Hi"]).get() == "You said: Hi"
    names["client"].close()
