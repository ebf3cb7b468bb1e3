"""The page of `ai-lib ui` and `mock --ui`: its endpoints over a socket, and in a browser."""

from __future__ import annotations

import base64
import http.client
import importlib
import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from time import monotonic
from typing import Any

import pytest

from ai_lib.cli.page.recordings import read_recordings
from ai_lib.testing import Reply
from ai_lib.testing.mock.server import LoopbackServer
from ai_lib.testing.mock.service import Service
from tests.cli.browser import CHROMIUM, Browser
from tests.cli.test_mock_commands import served
from tests.documents import mocked

ROOT = Path(__file__).parents[2]
PACKAGES = ["ai_lib", "ai_lib_sync"]
MODEL = "anthropic/claude-sonnet-4-5"
LISTED = "claude-opus-5"
# The smallest JPEG there is: one grey pixel.
PHOTO = base64.b64encode(mocked.PHOTO).decode()


class Front:
    """The page in front of a mock provider, asked over a socket."""

    def __init__(self, package: str = "ai_lib", pace: float = 0.0, **options: Any) -> None:
        make_page = importlib.import_module(f"{package}.cli.page.calls").make_page
        self.service = Service((), (), None, pace)
        self.page = make_page(self.service, **options)
        self.server = LoopbackServer(self.page.respond)
        self.connections: list[http.client.HTTPConnection] = []
        self.origin = f"http://127.0.0.1:{self.server.port}"
        self.address = f"{self.origin}{self.page.path}"

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
        if not path.startswith("/"):
            path = f"{self.page.path}{path}"
        text = None if body is None else json.dumps(body)
        connection.request(method, path, text, headers)
        return connection.getresponse()

    def ask(self, text: str, model: str = MODEL, **options: Any) -> http.client.HTTPResponse:
        question = {"model": model, "turns": [{"role": "user", "text": text}], **options}
        return self.send("POST", "ask", question, **{"content-type": "application/json"})

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
    said = lines(front.ask('Use get_weather for "Lisbon".', tools=True, thinking="medium"))

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
    lines(front.send("POST", "ask", {"model": MODEL, "turns": turns}, **kind))

    assert [one.text for one in front.service.requests[0].messages] == ["One", "First.", "Two"]


def test_an_error_is_a_line(front: Front) -> None:
    front.service.enqueue([Reply(status=403, error="Not for you.")])

    *_, line = lines(front.ask("Hello"))

    assert line["kind"] == "error"
    assert "Not for you." in line["text"]


def test_who_hangs_up_ends_the_call_at_the_provider_too(front: Front) -> None:
    front.service.enqueue([Reply(text="never ending " * 200, pause=0.05)])
    answer = front.ask("Tell me")
    read = (json.loads(line) for line in iter(answer.readline, b"") if line.strip())
    assert next(line for line in read if line["kind"] == "text")

    answer.close()
    front.hang_up()

    front.wait_until_abandoned(2)  # the page's answer, and the provider's behind it


def test_the_page_loads_its_own_files_only_and_runs_no_text(front: Front) -> None:
    answer = front.send("GET", "")
    page = answer.read().decode()

    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'; script-src 'self'" in policy
    assert "unsafe" not in policy
    names = re.findall(r'(?:src|href)="(?!data:)([^"]*)"', page)
    texts = [front.send("GET", name).read().decode() for name in names]
    assert sorted(names) == ["page.css", "page.js"]
    texts += [page, front.send("GET", "markdown.js").read().decode()]
    assert not re.search(r"https?://|innerHTML|outerHTML|insertAdjacent|eval\(", "\n".join(texts))


def test_nobody_without_the_token_gets_the_page_or_an_answer(front: Front) -> None:
    kind = {"content-type": "application/json"}
    question = {"model": MODEL, "turns": [{"role": "user", "text": "Hi"}]}
    assert front.send("GET", "/").status == 404
    assert front.send("GET", f"{front.page.path[:-2]}/").status == 404
    assert front.send("POST", "/ask", question, **kind).status == 404
    assert len(front.page.path) > 30
    assert Front().page.path != front.page.path


def test_each_provider_has_models(front: Front) -> None:
    listed = json.load(front.send("GET", "models"))["sources"]
    found = {one["provider"]: [model["name"] for model in one["models"]] for one in listed}

    assert "claude-sonnet-5-5" in found["anthropic"]
    assert all(found.values())
    assert len(found) > 10
    assert "voyage" not in found  # it has vectors only


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"content-type": "text/plain"}, 405),
        ({"content-type": "application/json", "host": "evil.example:80"}, 403),
        ({"content-type": "application/json", "origin": "http://evil.example"}, 403),
        ({"content-type": "application/json", "origin": "null"}, 403),
        ({"content-type": "application/json", "sec-fetch-site": "cross-site"}, 403),
    ],
)
def test_a_page_of_another_origin_cannot_ask(
    front: Front, headers: dict[str, str], status: int
) -> None:
    question = {"model": MODEL, "turns": [{"role": "user", "text": "Hi"}]}
    assert front.send("POST", "ask", question, **headers).status == status
    assert front.service.requests == []


def test_a_question_of_another_shape_is_refused(front: Front) -> None:
    answer = front.send("POST", "ask", {"turns": []}, **{"content-type": "application/json"})
    assert answer.status == 400
    assert b"model" in answer.read()


@pytest.mark.parametrize("arguments", [("mock", "--ui"), ("ui", "--no-open")])
def test_the_command_serves_the_page_and_the_provider(arguments: tuple[str, ...]) -> None:
    with served(*arguments) as address:
        host, port = address.removeprefix("http://").split(":")
        connection = http.client.HTTPConnection(host, int(port), timeout=10)
        connection.request("GET", "/")
        response = connection.getresponse()
        assert (response.status, b"token" in response.read()) == (404, True)
        connection.request("POST", "/openai/chat/completions", b"{}")
        assert connection.getresponse().status == 401
        connection.close()


def test_what_was_sent_the_frames_and_the_code_come_with_the_answer(front: Front) -> None:
    said = lines(front.ask("Hello", system="Be brief.", temperature=0.5, model="openai/gpt-4o"))

    (code,) = [line for line in said if line["kind"] == "code"]
    assert code["curl"].startswith("curl ")
    (sent,) = [line for line in said if line["kind"] == "request"]
    assert json.loads(sent["body"])["temperature"] == 0.5
    assert "mock-key" not in json.dumps(said)
    frames = "".join(line["text"] for line in said if line["kind"] == "frame")
    assert frames.startswith("data: ")
    assert frames.rstrip().endswith("data: [DONE]")
    assert said[-1]["kind"] == "end"
    assert "first bytes" in said[-1]["figures"]


def test_the_code_makes_the_same_call(front: Front) -> None:
    turns = [
        {"role": "user", "text": "One"},
        {"role": "assistant", "text": "First."},
        {"role": "user", "text": 'Use get_weather for "Rome".'},
    ]
    question = {"model": "openai/gpt-4o", "turns": turns, "system": "Be brief.", "tools": True}
    kind = {"content-type": "application/json"}
    said = lines(front.send("POST", "ask", {**question, "max_tokens": 50}, **kind))
    (code,) = [line for line in said if line["kind"] == "code"]
    asked = [request.body for request in front.service.requests]
    assert len(asked) == 2  # the second has the ids of the tool call
    for name in ("async", "blocking"):
        before = len(front.service.requests)
        done = subprocess.run(
            [sys.executable, "-W", "error", "-c", code[name]],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode, done.stderr) == (0, ""), code[name]
        assert "21 degrees and sunny in Rome" in done.stdout
        again = [request.body for request in front.service.requests[before:]]
        assert (again[0], len(again)) == (asked[0], 2)


def test_real_providers_are_listed_when_their_keys_are_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("GROQ_API_KEY", "k")
    for has_real, expected in ((True, ["groq"]), (False, [])):
        front = Front(has_real=has_real)
        try:
            listed = json.load(front.send("GET", "models"))["sources"]
            assert [one["provider"] for one in listed if one["source"] == "real"] == expected
            kind = {"content-type": "application/json"}
            question = {"model": "groq/x", "source": "real", "turns": []}
            if not has_real:
                assert front.send("POST", "ask", question, **kind).status == 403
        finally:
            front.close()


def record_cassette(path: Path) -> tuple[Any, ...]:
    """Record one answer of the mock as two providers, and return what the page offers of it."""
    front = Front()
    try:
        for model in ("openai/gpt-4o", "anthropic/claude-sonnet-5-5"):
            front.service.enqueue([Reply(text="Recorded **once**.", pause=0.02)])
            provider = model.partition("/")[0]
            cassette = str(path.with_suffix(f".{provider}"))
            options = ["--base-url", f"{front.origin}/{provider}"]
            command = [sys.executable, "-m", "ai_lib.cli.main", "record", cassette, model, "Why?"]
            variables = {"OPENAI_API_KEY": "k", "ANTHROPIC_API_KEY": "k"}
            env = {**os.environ, **variables}
            subprocess.run([*command, *options], cwd=ROOT, env=env, check=True, capture_output=True)
            with path.open("a") as file:
                file.write(Path(cassette).read_text())
    finally:
        front.close()
    return tuple(read_recordings(str(path)))


def test_a_cassette_is_replayed_as_it_was_recorded(tmp_path: Path) -> None:
    recordings = record_cassette(tmp_path / "answers.jsonl")
    for package in PACKAGES:
        front = Front(package, recordings=recordings)
        try:
            offered = json.load(front.send("GET", "models"))["recordings"]
            assert [(one["model"], one["question"]) for one in offered] == [
                ("openai/gpt-4o", "Why?"),
                ("anthropic/claude-sonnet-5-5", "Why?"),
            ]
            for index in (1, 0, 1):
                said = lines(front.ask("Why?", source="recording", recording=index))
                text = "".join(line["text"] for line in said if line["kind"] == "text")
                assert (text, said[-1]["kind"]) == ("Recorded **once**.", "end")
            *_, line = lines(front.ask("Why?", source="recording", recording=9))
            assert line == {"kind": "error", "text": "there is no such recording"}
            assert front.service.requests == []
        finally:
            front.close()


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


def open_page(browser: Browser, address: str) -> None:
    browser.go(address)
    browser.wait_for("document.body.dataset.ready")


def test_the_first_click_gets_an_answer(browser: Browser) -> None:
    front = Front()
    try:
        open_page(browser, front.address)
        browser.click("#examples button")
        browser.wait_for("document.querySelector('.figures')")

        assert browser.text(".error") == ""
        assert browser.text(".text").startswith("You said: How can one program")
        assert re.search(r"\d+ tokens in, \d+ out.* · 0\.\d+ USD", browser.text(".figures"))
        for number, words in ((1, "POST http://127.0.0.1"), (2, "# status 200"), (3, "curl ")):
            browser.click(f".more details:nth-of-type({number}) summary")
            browser.wait_for(
                f"document.querySelector('.more details:nth-of-type({number}) pre') !== null"
            )
            assert words in browser.text(f".more details:nth-of-type({number})")
        assert browser.value("document.getElementById('status').textContent").startswith("You said")
    finally:
        front.close()


def test_a_replayed_cassette_answers_at_the_first_click(browser: Browser, tmp_path: Path) -> None:
    front = Front(recordings=record_cassette(tmp_path / "answers.jsonl"))
    try:
        open_page(browser, front.address)
        browser.click("#recordings button")
        browser.wait_for("document.querySelector('.figures')")

        assert (browser.text(".text"), browser.text(".error")) == ("Recorded once.", "")
        assert browser.text(".text strong") == "once"
    finally:
        front.close()


def test_a_person_asks_sees_a_tool_call_and_the_cost_and_stops_an_answer(browser: Browser) -> None:
    front = Front(pace=0.03)
    try:
        open_page(browser, f"{front.address}?model=anthropic/{LISTED}")
        browser.click("#settings summary")
        browser.click("#tools")
        browser.value("document.getElementById('thinking').value = 'medium'")
        browser.value("document.getElementById('text').focus()")
        browser.type('What is the weather in "Lisbon"? Use get_weather.')
        browser.press("Enter")
        browser.wait_for("document.querySelector('.figures')")

        assert browser.text(".user").startswith("What is the weather")
        assert browser.text(".tool .call") == 'get_weather({"city":"Lisbon"})'
        assert browser.text(".tool .result") == "21 degrees and sunny in Lisbon"
        assert browser.text(".text") == "The tool answered: 21 degrees and sunny in Lisbon"
        assert browser.value("document.querySelector('details.thinking').open") is False
        assert re.search(r"\d+ tokens in, \d+ out.* · 0\.\d+ USD", browser.text(".figures"))

        front.service.enqueue([Reply(text="never ending " * 200, pause=0.05)])
        browser.type("Tell me a story")
        browser.press("Enter")
        last = ".answers:last-of-type"
        browser.wait_for(f"document.querySelector('{last} .text')?.innerText.length > 20")
        assert browser.text("#send") == "Stop"
        browser.press("Escape")
        browser.wait_for(f"document.querySelector('{last} .figures')")

        assert browser.text(f"{last} .figures") == "cancelled"
        assert browser.text("#send") == "Send"
        front.wait_until_abandoned(2)
    finally:
        front.close()


def test_two_models_answer_side_by_side_with_a_picture(browser: Browser) -> None:
    front = Front()
    try:
        open_page(browser, f"{front.address}?model=openai/gpt-5.4-mini")
        browser.click("#compare")
        browser.value(
            "document.getElementById('second').value = 'mock anthropic/claude-sonnet-5-5'"
        )
        browser.value(
            "(() => { const bytes = Uint8Array.from(atob("
            f"'{PHOTO}'), (c) => c.charCodeAt(0)); const data = new DataTransfer();"
            "data.items.add(new File([bytes], 'p.jpg', {type: 'image/jpeg'}));"
            "document.dispatchEvent(new DragEvent('drop', {dataTransfer: data, cancelable: true}));"
            "})()"
        )
        browser.wait_for("document.querySelector('#images img')")
        browser.value("document.getElementById('text').focus()")
        browser.type("What is it?")
        browser.press("Enter")
        browser.wait_for("document.querySelectorAll('.figures').length === 2")

        assert browser.value("document.querySelectorAll('.answers.two .text').length") == 2
        names = {request.provider for request in front.service.requests}
        assert names == {"openai", "anthropic"}
        for request in front.service.requests:
            assert [type(block).__name__ for block in request.messages[-1].blocks] == [
                "ImageBlock",
                "TextBlock",
            ]
    finally:
        front.close()


def test_switches_are_there_only_for_models_that_have_them(browser: Browser) -> None:
    front = Front()
    try:
        open_page(browser, f"{front.address}?model=openai/gpt-4o")
        switches = "['tools', 'thinking'].map((n) => document.getElementById(n + '-switch').hidden)"
        assert browser.value(switches) == [False, True]
        open_page(browser, f"{front.address}?model=openai/gpt-5.4-mini")
        browser.wait_for("document.getElementById('model').value.endsWith('gpt-5.4-mini')")
        assert browser.value(switches) == [False, False]
    finally:
        front.close()


def test_nothing_is_wider_than_a_phone_and_the_answer_is_followed(browser: Browser) -> None:
    metrics = {"width": 390, "height": 700, "deviceScaleFactor": 1, "mobile": True}
    browser.call("Emulation.setDeviceMetricsOverride", **metrics)
    long_text = "```\n" + "wide " * 60 + "\n```\n\n" + "A paragraph of an answer.\n\n" * 40
    front = Front()
    try:
        front.service.enqueue([Reply(text=long_text)])
        open_page(browser, front.address)
        browser.click("#examples button")
        browser.wait_for("document.querySelector('.figures')")
        page = "document.getElementById('page')"
        assert browser.value(f"{page}.scrollWidth <= {page}.clientWidth")
        assert browser.value("document.documentElement.scrollWidth") <= 390
        end = f"{page}.scrollHeight - {page}.scrollTop - {page}.clientHeight"
        assert browser.value(end) < 5
    finally:
        front.close()


def test_what_a_model_says_is_never_html(browser: Browser) -> None:
    hostile = "<img src=x onerror=alert(1)> [a](javascript:alert(1)) **<b>x</b>**"
    front = Front()
    try:
        front.service.enqueue([Reply(text=hostile)])
        open_page(browser, front.address)
        browser.click("#examples button")
        browser.wait_for("document.querySelector('.figures')")
        assert browser.value("document.querySelectorAll('.text img, .text a, .text b').length") == 0
        assert "<img src=x onerror=alert(1)>" in browser.text(".text")
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
        "print(len(r.files('ai_lib.cli.page').joinpath('page.js').read_bytes()))\n"
    )
    found = subprocess.run(
        [sys.executable, "-I", "-c", code], capture_output=True, text=True, check=False
    )
    assert int(found.stdout or 0) > 1000, found.stderr
