"""The commands as people type them: in a pseudo-terminal, in pipes, and with Ctrl-C."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import ai_lib.cli.main
import ai_lib_sync.cli.main
from ai_lib.testing import Reply
from tests.cli.test_conversation import Terminal
from tests.testing.wire import MockServer

ROOT = Path(__file__).parents[2]
Main = Callable[[list[str]], int]
main = ai_lib.cli.main.main
BOTH = pytest.mark.parametrize("main", [main, ai_lib_sync.cli.main.main], ids=["async", "blocking"])
PNG = b"\x89PNG\r\n\x1a\n" + bytes(20)
TOOLS = '''
def warmth(city: str) -> str:
    """Tell how warm it is in a city."""
    return f"20 degrees in {city}"

def _hidden() -> None:
    """Not offered."""
'''
# A keyring in a file, for a child that is started with this folder on its path.
KEYRING = """
import json, os
from keyring import errors
_PATH = os.environ["KEYRING_FILE"]
def _read():
    return json.load(open(_PATH)) if os.path.exists(_PATH) else {}
def get_password(service, name):
    return _read().get(f"{service} {name}")
def set_password(service, name, key):
    kept = _read() | {f"{service} {name}": key}
    with open(_PATH, "w") as file:
        json.dump(kept, file)
def delete_password(service, name):
    kept = _read()
    del kept[f"{service} {name}"]
    with open(_PATH, "w") as file:
        json.dump(kept, file)
"""


@pytest.fixture
def server() -> Iterator[MockServer]:
    server = MockServer()
    yield server
    server.server.stop()


@pytest.fixture
def base(server: MockServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[str]:
    """The options that lead to the mock; a key and a folder for what the commands keep are set."""
    monkeypatch.setenv("OPENAI_API_KEY", "sk-canary")
    monkeypatch.setenv("AI_LIB_HOME", str(tmp_path / "home"))
    return ["--base-url", f"http://127.0.0.1:{server.server.port}/openai"]


# Commands as a shell reads them, each with what it shows. BASE stands for the options to the mock.
TYPED = {
    "ai-lib models --default gpt-5.4-mini": "the default model is openai/gpt-5.4-mini",
    'ai-lib chat "By default" BASE --plain --log': "You said: By default",
    "ai-lib logs default": "> By default",
    'ai-lib chat --system "Be brief." openai/gpt-4o "After options" BASE -v --plain': "tokens in",
    'echo Piped | ai-lib chat openai/gpt-4o "Beside" BASE --plain': "You said: Piped",
    'echo Attached | ai-lib chat openai/gpt-4o -f - "Twice" BASE --plain': "You said: Attached",
    'ai-lib chat openai/gpt-4o "Called?" --tools TOOLS --allow-tools BASE --plain': "Called?",
    "ai-lib providers kimi": "api.moonshot.ai",
    "ai-lib models --provider google": "gemini/gemini-",
    "ai-lib keys list kimi": "missing: MOONSHOT_API_KEY",
    "ai-lib new house --like openai": "token_env: HOUSE_API_KEY",
}


def run_piped(content: bytes, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-W", "error", "-m", "ai_lib.cli.main", *arguments]
    return subprocess.run(
        command, cwd=ROOT, input=content, capture_output=True, check=False, timeout=30
    )


def last_texts(server: MockServer) -> list[str]:
    return [message.text for message in server.service.requests[-1].messages]


@BOTH
def test_options_stand_before_between_and_after_the_words(
    main: Main, server: MockServer, base: list[str]
) -> None:
    model, question, system = "openai/gpt-4o", "Why?", ["--system", "Be brief."]
    for arguments in (
        [model, *system, question, *base],
        [*base, *system, model, question],
        [model, question, *system, *base],
        [*system, model, *base, question, "--plain"],
        [*system, "-m", model, *base, question],
    ):
        assert main(["chat", *arguments]) == 0
        assert last_texts(server) == ["Be brief.", "Why?"], arguments
    assert main(["chat", model, "--plain", *base, "--", "-5 + 3?"]) == 0
    assert last_texts(server) == ["-5 + 3?"]
    assert main(["chat", model, *base, "--plain", "-5 + 3?"]) == 0
    assert last_texts(server) == ["-5 + 3?"]
    assert main(["explain", model, *system, question]) == 0


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["openai/gpt-4o", "Why", "is", "it?"], "put it in quotes"),
        (["openai/gpt-4o", "--plain", "Why?", "--sytem", "x"], "unrecognized arguments: --sytem"),
        ([], "name a model"),
    ],
)
@pytest.mark.usefixtures("base")
def test_what_can_t_be_meant_is_a_usage_error(
    arguments: list[str], why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["chat", *arguments])
    assert why in capsys.readouterr().err


def test_what_is_piped_beside_a_question_is_its_context(
    server: MockServer, base: list[str]
) -> None:
    done = run_piped(b"The log says 42.", "chat", "openai/gpt-4o", "What does it say?", *base)
    assert (done.returncode, done.stderr) == (0, b"")
    parts = server.service.requests[-1].body["messages"][0]["content"]
    assert [part["text"] for part in parts] == ["The log says 42.", "What does it say?"]

    done = run_piped(PNG, "chat", "openai/gpt-4o", "-f", "-", *base, "What is it?")
    assert done.returncode == 0, done.stderr
    parts = server.service.requests[-1].body["messages"][0]["content"]
    assert [part["type"] for part in parts] == ["image_url", "text"]

    done = run_piped(b"\xff\xfe\x00", "chat", "openai/gpt-4o", "What is it?", *base)
    assert (done.returncode, b"standard input is neither text" in done.stderr) == (2, True)
    done = run_piped(b"x", "chat", "openai/gpt-4o", "-", "-f", "-", *base)
    assert (done.returncode, b"is read once" in done.stderr) == (2, True)


def test_a_pipe_that_says_nothing_is_left_alone(
    server: MockServer,
    base: list[str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("ai_lib.cli.standard_input._PATIENCE_SECONDS", 0)
    reader, writer = os.pipe()
    with os.fdopen(reader) as silent, os.fdopen(writer, "w"):
        monkeypatch.setattr(sys, "stdin", silent)
        assert main(["chat", "openai/gpt-4o", "Hello", *base]) == 0
    printed = capsys.readouterr()
    assert printed.out == "You said: Hello\n"
    assert "nothing came on standard input" in printed.err


@pytest.mark.parametrize("package", ["ai_lib", "ai_lib_sync"])
def test_output_that_can_t_be_written_has_the_right_code(base: list[str], package: str) -> None:
    program = f"{sys.executable} -W error -m {package}.cli.main"
    ask = f"{program} chat openai/gpt-4o Hello {' '.join(base)}"
    full = "ai-lib: standard output can't be written: No space left on device\n"
    closed = "ai-lib: standard output is closed\n"
    expected = {
        f"{program} models > /dev/full": (1, full),
        f"{program} --help > /dev/full": (1, full),
        f"{ask} > /dev/full": (1, full),
        f"{program} providers >&-": (1, closed),
        # The reader is gone before anything is written.
        f"{{ {ask}; echo $? >&2; }} | true": (0, "141\n"),
        f"{ask} > /dev/full 2> /dev/full": (1, ""),
    }
    found = {}
    for line in expected if package == "ai_lib" else list(expected)[2:3]:
        done = subprocess.run(
            ["bash", "-c", line], cwd=ROOT, capture_output=True, text=True, check=False
        )
        found[line] = (done.returncode, done.stderr)
    assert found == {line: expected[line] for line in found}


# Types commands, each after its number, in one interpreter: starting one for each takes long.
_TYPIST = """
import json, shlex, sys
from ai_lib.cli.main import main
for number, line in enumerate(json.loads(sys.argv[1])):
    print(f"#{number}", flush=True)
    main(shlex.split(line)[1:])
print("#end")
"""


def fill_in(line: str, base: list[str], folder: Path) -> str:
    (folder / "tools.py").write_text(TOOLS)
    return line.replace("BASE", " ".join(base)).replace("TOOLS", str(folder / "tools.py"))


def check_shown(lines: list[str], shown: str) -> None:
    parts = re.split(r"#\d+\r?\n|#end", shown)[1:-1]
    by_line = dict(zip(lines, parts, strict=True))
    assert {line: part for line, part in by_line.items() if TYPED[line] not in part} == {}


def test_each_command_does_its_job_in_a_terminal(base: list[str], tmp_path: Path) -> None:
    lines = [line for line in TYPED if "|" not in line]
    typed = [fill_in(line, base, tmp_path) for line in lines]
    program = [sys.executable, "-W", "error", "-c", _TYPIST, json.dumps(typed)]
    terminal = Terminal("", program=program)
    terminal.wait_for("#end")
    assert terminal.close() == 0
    check_shown(lines, re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", terminal.shown))


@pytest.mark.slow
def test_each_command_does_its_job_in_pipes(base: list[str], tmp_path: Path) -> None:
    start = f'ai-lib() {{ {sys.executable} -W error -m ai_lib.cli.main "$@"; }}\n'
    typed = [f"echo '#{n}'; {fill_in(line, base, tmp_path)} 2>&1" for n, line in enumerate(TYPED)]
    program = ["bash", "-c", "\n".join([start, *typed, "echo '#end'"])]
    done = subprocess.run(program, cwd=ROOT, capture_output=True, text=True, check=False)
    assert "Traceback" not in done.stdout
    check_shown(list(TYPED), done.stdout)


def test_ctrl_c_in_the_first_command_is_one_line() -> None:
    terminal = Terminal("ai_lib", "demo")
    terminal.wait_for("thinks:")
    terminal.type("\x03")
    terminal.wait_for("ai-lib: interrupted")
    assert terminal.close() == 130
    assert "Traceback" not in terminal.shown


@BOTH
def test_ctrl_c_while_modules_are_loaded_is_one_line(
    main: Main, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupt(_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("ai_lib.cli.options.parse_arguments", interrupt)
    monkeypatch.setattr("signal.signal", lambda *_: None)
    assert main(["models"]) == 130
    assert capsys.readouterr() == ("", "ai-lib: interrupted\n")


def test_a_conversation_has_paste_history_and_commands(
    server: MockServer, base: list[str], tmp_path: Path
) -> None:
    pytest.importorskip("readline")
    texts = ["First.", "Second.", "Third.", "Fourth."]
    server.service.enqueue([Reply(text=text) for text in texts])
    saved = tmp_path / "saved.json"
    terminal = Terminal("ai_lib", "chat", "openai/gpt-4o", *base, "--plain", "--system", "Be kind.")

    def enter(text: str, shown: str) -> None:
        terminal.wait_for("> ")
        terminal.type(f"{text}\n")
        terminal.wait_for(shown)

    enter("/help", "/retry")
    enter("\x1b[200~one\ntwo\x1b[201~", "First.")
    enter('"""a', "... ")
    terminal.type('b"""\n')
    terminal.wait_for("Second.")
    enter("/retry", "Third.")
    enter("/cost", "3 answers; ")
    enter(f"/save {saved}", "5 messages are in")
    enter("/new", "a new conversation")
    enter(f"/load {saved}", "5 messages from")
    enter("/model openai/gpt-4o-mini", "the model is openai/gpt-4o-mini")
    enter("/model nowhere/x", "nowhere")
    enter("/nothing", "there is no /nothing")
    enter("/system Be brief.", "the instructions are: Be brief.")
    enter("/etc/hosts is what?", "Fourth.")
    terminal.wait_for("> ")
    terminal.type("/quit\n")
    assert terminal.close() == 0

    asked = [[message.text for message in request.messages] for request in server.service.requests]
    assert asked[0] == ["Be kind.", "one\ntwo"]
    assert asked[1] == asked[2] == ["Be kind.", "one\ntwo", "First.", "a\nb"]
    question = "/etc/hosts is what?"
    assert asked[3] == ["Be brief.", "one\ntwo", "First.", "a\nb", "Third.", question]
    assert server.service.requests[3].body["model"] == "gpt-4o-mini"
    assert json.loads(saved.read_text())["metadata"] == {"model": "openai/gpt-4o"}
    history = tmp_path / "home" / "history"
    assert question in history.read_text()
    assert history.stat().st_mode & 0o077 == 0


def test_an_entry_that_no_model_answers_ends_no_conversation(base: list[str]) -> None:
    terminal = Terminal("ai_lib_sync", "chat", "openai/gpt-4o", *base, "--plain")
    terminal.wait_for("> ")
    for entry, problem in (
        ("/retry", "there is no question to ask again"),
        ("/load /nowhere.json", "/nowhere.json can't be read"),
        ("/save", "say which: /save FILE"),
        ("/file", "say which: /file FILE"),
    ):
        terminal.type(f"{entry}\n")
        terminal.wait_for(problem)
        terminal.wait_for("> ")
    terminal.type("\x04")
    assert terminal.close() == 0


@BOTH
def test_functions_of_a_file_are_offered_and_called(
    main: Main,
    server: MockServer,
    base: list[str],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "tools.py").write_text(TOOLS)
    server.service.enqueue([Reply(tool_calls=[("warmth", {"city": "Rome"})]), Reply(text="Warm.")])
    options = ["--tools", str(tmp_path / "tools.py"), *base]

    assert main(["chat", "openai/gpt-4o", "Is it warm?", *options, "--allow-tools"]) == 0

    assert capsys.readouterr().out == "Warm.\n"
    first, second = server.service.requests
    assert [tool["function"]["name"] for tool in first.body["tools"]] == ["warmth"]
    assert "20 degrees in Rome" in json.dumps(second.body)


def test_a_call_is_asked_for_in_the_terminal(
    server: MockServer, base: list[str], tmp_path: Path
) -> None:
    (tmp_path / "tools.py").write_text(TOOLS)
    server.service.enqueue([Reply(tool_calls=[("warmth", {"city": "Rome"})]), Reply(text="Warm.")])
    options = ["--tools", str(tmp_path / "tools.py"), "--plain", *base]
    terminal = Terminal("ai_lib", "chat", "openai/gpt-4o", "Is it warm?", *options)
    terminal.wait_for('tool: warmth {"city": "Rome"} [y/N] ')
    terminal.type("y\n")
    terminal.wait_for("Warm.")
    assert terminal.close() == 0
    assert "20 degrees in Rome" in json.dumps(server.service.requests[1].body)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (None, "is not there"),
        ("x = 1", "has no function to offer"),
        ("1 / 0", "can't be run: ZeroDivisionError"),
    ],
)
def test_a_file_without_functions_is_told(
    text: str | None, why: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "tools.py"
    if text is not None:
        path.write_text(text)
    assert main(["chat", "openai/gpt-4o", "?", "--tools", str(path)]) == 2
    assert why in capsys.readouterr().err


def test_keys_are_set_listed_and_removed_in_the_keyring(tmp_path: Path) -> None:
    package = tmp_path / "keyring"
    package.mkdir()
    (package / "__init__.py").write_text(KEYRING)
    (package / "errors.py").write_text("class KeyringError(Exception): pass\n")
    kept = tmp_path / "kept.json"
    path = os.pathsep.join([str(tmp_path), str(ROOT)])
    variables = {"PYTHONPATH": path, "KEYRING_FILE": str(kept), "COLUMNS": "70"}

    def type_command(*arguments: str, shown: str, typed: str = "", code: int = 0) -> str:
        terminal = Terminal("ai_lib", "keys", *arguments, **variables)
        if typed:
            terminal.wait_for("(it is not shown): ")
            terminal.type(f"{typed}\n")
        terminal.wait_for(shown)
        assert terminal.close() == code, terminal.shown
        return terminal.shown

    shown = type_command("set", "kimi", typed="sk-secret", shown="the key of moonshot is in the")
    assert "sk-secret" not in shown
    assert json.loads(kept.read_text()) == {"ai-protocol moonshot": "sk-secret"}
    shown = type_command("list", "kimi", shown="keyring service ai-protocol")
    assert "sk-secret" not in shown
    type_command("set", "openai", typed="sk-two", shown="OPENAI_API_KEY is set, and comes before")
    type_command("remove", "moonshot", shown="the key of moonshot is removed")
    type_command("remove", "moonshot", shown="has no key of moonshot", code=1)
    done = subprocess.run(
        [sys.executable, "-m", "ai_lib.cli.main", "keys", "set", "kimi"],
        input="sk-piped\n",
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == "the key of moonshot is in the keyring\n"
    assert json.loads(kept.read_text())["ai-protocol moonshot"] == "sk-piped"


@pytest.mark.parametrize(
    ("arguments", "why"),
    [(["keys", "set"], "name the provider"), (["keys", "set", "nobody"], "nobody")],
)
def test_keys_that_can_t_be_set(
    arguments: list[str], why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    assert why in capsys.readouterr().err


@BOTH
def test_conversations_are_logged_when_asked_and_shown(
    main: Main,
    server: MockServer,
    base: list[str],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    assert main(["logs"]) == 2
    assert "there is no log" in capsys.readouterr().err
    assert main(["chat", "openai/gpt-4o", "Not logged", *base]) == 0
    assert main(["chat", "openai/gpt-4o", "First question", *base, "--log"]) == 0
    monkeypatch.setenv("AI_LIB_CHAT_LOG", "1")
    assert main(["chat", "openai/gpt-4o", "Second one", *base, "--no-stream"]) == 0
    capsys.readouterr()

    assert main(["logs", "--json"]) == 0
    entries = json.loads(capsys.readouterr().out)
    assert [entry["question"] for entry in entries] == ["First question", "Second one"]
    assert entries[0]["answer"] == "You said: First question"
    assert (entries[0]["model"], entries[0]["completion_tokens"]) == ("openai/gpt-4o", 4)
    # 2 tokens at 2.5 and 4 at 10 dollars a million.
    assert (entries[0]["cost"], entries[0]["currency"]) == (pytest.approx(0.000045), "USD")
    assert main(["logs", "-n", "1"]) == 0
    assert "> Second one\n\nYou said: Second one\n" in capsys.readouterr().out
    assert main(["logs", "no such text"]) == 1
    assert "sk-canary" not in (tmp_path / "home" / "log.db").read_bytes().decode("latin-1")
    assert (tmp_path / "home" / "log.db").stat().st_mode & 0o077 == 0


def test_a_log_that_can_t_be_written_costs_no_answer(
    base: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AI_LIB_HOME", os.devnull)
    assert main(["chat", "openai/gpt-4o", "Hello", *base, "--log"]) == 0
    printed = capsys.readouterr()
    assert printed.out == "You said: Hello\n"
    assert "can't be used" in printed.err


@BOTH
def test_the_default_model_is_asked_where_none_is_named(
    main: Main,
    server: MockServer,
    base: list[str],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert main(["models", "--default"]) == 1
    assert main(["models", "--default", "opnai/x"]) == 2
    assert main(["models", "--default", "gpt-5.4-mini"]) == 0
    assert "openai/gpt-5.4-mini" in capsys.readouterr().out
    assert main(["chat", "Hello", *base]) == 0
    assert server.service.requests[-1].body["model"] == "gpt-5.4-mini"
    assert main(["chat", "openai/gpt-4o", "Hello", *base]) == 0
    assert server.service.requests[-1].body["model"] == "gpt-4o"
    monkeypatch.setenv("AI_LIB_MODEL", "openai/gpt-5.5")
    assert main(["chat", "Hello", *base]) == 0
    assert server.service.requests[-1].body["model"] == "gpt-5.5"


def test_aliases_name_providers(capsys: pytest.CaptureFixture[str]) -> None:
    def list_names(*arguments: str) -> list[str]:
        assert main([*arguments, "--json"]) == 0
        listed: list[Any] = json.loads(capsys.readouterr().out)
        return [one.get("full_name") or one["provider"] for one in listed]

    assert list_names("providers", "kimi") == ["moonshot"]
    by_alias = list_names("models", "--provider", "google")
    assert by_alias
    assert by_alias == list_names("models", "--provider", "gemini")
    assert set(list_names("models", "google/gemini-2.5")) <= set(by_alias)
    assert main(["models", "--provider", "gogle"]) == 2
    assert main(["providers", "nobody-has-this"]) == 1


def test_tables_fit_the_terminal() -> None:
    terminal = Terminal("ai_lib", "models", "haiku", COLUMNS="72")
    terminal.wait_for("is unknown.")
    assert terminal.close() == 0
    lines = terminal.shown.split("\r\n")
    assert max(map(len, lines)) <= 72
    assert "".join(lines[0].split()) == "modelstatusaliasescontextanswerinoutabilities"


def test_adaptations_are_shown_when_asked_for(
    base: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["chat", "openai/gpt-4o", "Hi", *base, "--param", "top_k=5"]
    assert main(arguments) == 0
    assert "adapted" not in capsys.readouterr().err
    assert main([*arguments, "-v"]) == 0
    assert "[adapted: " in capsys.readouterr().err


def test_a_new_manifest_is_the_one_of_the_guide(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["new", "house", "--like", "openai"]) == 0
    lines = [line for line in capsys.readouterr().out.rstrip().split("\n") if line[0] != "#"]
    guide = (ROOT / "docs" / "manifest.md").read_text().partition("# house.yaml\n")[2]
    names = [line.partition(":")[0] for line in guide.partition("\n```")[0].split("\n")]
    assert [line.partition(":")[0] for line in lines] == names
    assert main(["new", "house", "--like", "openai", "--full"]) == 0
    assert capsys.readouterr().out.count("\n") > 100
