"""The page of `ai-lib mock --ui`: its endpoint over a socket, and the page in a browser."""

from __future__ import annotations

import http.client
import importlib
import json
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from time import monotonic
from typing import Any

import pytest

from ai_lib.testing import Reply
from ai_lib.testing.mock.server import LoopbackServer
from ai_lib.testing.mock.service import Service
from tests.cli.browser import CHROMIUM, Browser
from tests.cli.test_mock_commands import served

ROOT = Path(__file__).parents[2]
PACKAGES = ["ai_lib", "ai_lib_sync"]
MODEL = "anthropic/claude-sonnet-4-5"
LISTED = "claude-opus-5"


class Front:
    """The page in front of a mock provider, asked over a socket."""

    def __init__(self, package: str = "ai_lib", pace: float = 0.0) -> None:
        make_page = importlib.import_module(f"{package}.cli.mock.page_api").make_page
        self.service = Service((), (), None, pace)
        self.server = LoopbackServer(make_page(self.service).respond)
        self.connections: list[http.client.HTTPConnection] = []
        self.address = f"http://127.0.0.1:{self.server.port}"

    def hang_up(self) -> None:
        for connection in self.connections:
            connection.close()

    def close(self) -> None:
        self.hang_up()
        self.server.stop()

    def send(
        self, method: str, path: str, body: Any = None, **headers: str
    ) -> http.client.HTTPResponse:
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=20)
        self.connections.append(connection)
        text = None if body is None else json.dumps(body)
        connection.request(method, path, text, headers)
        return connection.getresponse()

    def ask(self, text: str, model: str = MODEL, **options: bool) -> http.client.HTTPResponse:
        question = {"model": model, "turns": [{"role": "user", "text": text}], **options}
        return self.send("POST", "/ui/ask", question, **{"content-type": "application/json"})

    def wait_until_abandoned(self, times: int) -> None:
        give_up = monotonic() + 10
        while self.server.abandoned < times:
            assert monotonic() < give_up, f"abandoned: {self.server.abandoned}"


@pytest.fixture(params=PACKAGES)
def front(request: pytest.FixtureRequest) -> Iterator[Front]:
    front = Front(str(request.param))
    yield front
    front.close()


def lines(answer: http.client.HTTPResponse) -> list[dict[str, Any]]:
    assert answer.status == 200, answer.read()
    return [json.loads(line) for line in answer.read().split(b"\n") if line]


def test_an_answer_comes_as_lines_with_tool_calls_results_and_cost(front: Front) -> None:
    said = lines(front.ask('Use get_weather for "Lisbon".', tools=True, thinking=True))

    kinds = [line["kind"] for line in said]
    assert kinds.index("thinking") < kinds.index("call") < kinds.index("result")
    assert kinds.count("round") == 2
    call = next(line for line in said if line["kind"] == "call")
    assert (call["name"], call["arguments"]) == ("get_weather", {"city": "Lisbon"})
    result = next(line for line in said if line["kind"] == "result")
    assert (result["id"], result["text"]) == (call["id"], "21 degrees and sunny in Lisbon")
    text = "".join(line["text"] for line in said if line["kind"] == "text")
    assert text == "The tool answered: 21 degrees and sunny in Lisbon"
    assert said[-1]["kind"] == "end"
    assert re.match(
        r"anthropic/claude-sonnet-4-5 · \d+ tokens in, \d+ out.* · 0\.\d+ USD · .* · 2 rounds",
        said[-1]["figures"],
    )


def test_the_conversation_so_far_is_sent(front: Front) -> None:
    turns = [
        {"role": "user", "text": "One"},
        {"role": "assistant", "text": "First."},
        {"role": "user", "text": "Two"},
    ]
    kind = {"content-type": "application/json"}
    lines(front.send("POST", "/ui/ask", {"model": MODEL, "turns": turns}, **kind))

    assert [one.text for one in front.service.requests[0].messages] == ["One", "First.", "Two"]


def test_an_error_is_a_line(front: Front) -> None:
    front.service.enqueue([Reply(status=403, error="Not for you.")])

    (line,) = lines(front.ask("Hello"))

    assert line["kind"] == "error"
    assert "Not for you." in line["text"]


def test_who_hangs_up_ends_the_call_at_the_provider_too(front: Front) -> None:
    front.service.enqueue([Reply(text="never ending " * 200, pause=0.05)])
    answer = front.ask("Tell me")
    first = next(line for line in iter(answer.readline, b"") if line.strip())  # no heartbeat
    assert json.loads(first)["kind"] == "text"

    answer.close()
    front.hang_up()

    front.wait_until_abandoned(2)  # the page's answer, and the provider's behind it


def test_the_page_is_one_file_that_loads_nothing(front: Front) -> None:
    answer = front.send("GET", "/")
    page = answer.read().decode()

    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert not re.search(r"(src|href)=\"(?!data:)|https?://|innerHTML", page)


def test_each_provider_has_models(front: Front) -> None:
    found = {one["provider"]: one["models"] for one in json.load(front.send("GET", "/ui/models"))}

    assert "claude-sonnet-4-5" in " ".join(found["anthropic"])
    assert all(found.values())
    assert len(found) > 10
    assert "voyage" not in found  # it has vectors only


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"content-type": "text/plain"}, 405),
        ({"content-type": "application/json", "host": "evil.example:80"}, 403),
    ],
)
def test_a_page_of_another_origin_cannot_ask(
    front: Front, headers: dict[str, str], status: int
) -> None:
    question = {"model": MODEL, "turns": [{"role": "user", "text": "Hi"}]}
    assert front.send("POST", "/ui/ask", question, **headers).status == status
    assert front.service.requests == []


def test_a_question_of_another_shape_is_refused(front: Front) -> None:
    answer = front.send("POST", "/ui/ask", {"turns": []}, **{"content-type": "application/json"})
    assert answer.status == 400
    assert b"model" in answer.read()


def test_the_command_serves_the_page_and_the_provider() -> None:
    with served("mock", "--ui") as address:
        host, port = address.removeprefix("http://").split(":")
        connection = http.client.HTTPConnection(host, int(port), timeout=10)
        connection.request("GET", "/")
        assert b"ai-lib mock" in connection.getresponse().read()
        connection.request("POST", "/openai/chat/completions", b"{}")
        assert connection.getresponse().status == 401
        connection.close()


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("there is no Chromium on this machine")
    browser = Browser(tmp_path / "profile")
    # A browser that hangs must not hang the tests.
    watch = threading.Timer(90, browser.process.kill)
    watch.start()
    yield browser
    watch.cancel()
    browser.close()


def test_a_person_asks_sees_a_tool_call_and_the_cost_and_stops_an_answer(browser: Browser) -> None:
    front = Front(pace=0.03)
    try:
        browser.go(f"{front.address}/?provider=anthropic&model={LISTED}")
        browser.wait_for("document.body.dataset.ready")
        browser.value("document.getElementById('text').focus()")
        browser.type('Use get_weather for "Lisbon", <b>please</b>.')
        browser.press("Enter")
        browser.wait_for("document.querySelector('.figures') && !document.querySelector('.stop')")

        assert browser.text(".user") == 'Use get_weather for "Lisbon", <b>please</b>.'
        assert browser.text(".tool .call") == 'get_weather({"city":"Lisbon"})'
        assert browser.text(".tool .result") == "21 degrees and sunny in Lisbon"
        assert browser.text(".said") == "The tool answered: 21 degrees and sunny in Lisbon"
        assert browser.value("document.querySelector('details.thinking').open") is False
        assert re.search(r"\d+ tokens in, \d+ out.* · 0\.\d+ USD", browser.text(".figures"))

        front.service.enqueue([Reply(text="never ending " * 200, pause=0.05)])
        browser.type("Tell me a story")
        browser.press("Enter")
        last = ".turn:last-of-type"
        browser.wait_for(f"document.querySelector('{last} .said')?.innerText.length > 20")
        assert browser.text("#send") == "Stop"
        browser.click("#send")
        browser.wait_for(f"document.querySelector('{last} .figures')")

        assert browser.text(f"{last} .figures") == "cancelled"
        assert browser.text("#send") == "Send"
        front.wait_until_abandoned(2)
    finally:
        front.close()


def test_the_page_is_in_the_wheel(tmp_path: Path) -> None:
    pytest.importorskip("hatchling")
    done = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    code = (
        "import sys, importlib.resources as r\n"
        f"sys.path.insert(0, {str(next(tmp_path.glob('*.whl')))!r})\n"
        "import ai_lib; assert '.whl' in ai_lib.__file__\n"
        "print(len(r.files('ai_lib.cli').joinpath('page.html').read_bytes()))\n"
    )
    found = subprocess.run(
        [sys.executable, "-I", "-c", code], capture_output=True, text=True, check=False
    )
    assert int(found.stdout or 0) > 1000, found.stderr
