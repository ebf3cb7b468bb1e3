"""What a manifest, a recording or a provider says is shown, and never acts on the terminal."""

import ast
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import ai_lib.cli.main
import ai_lib_sync.cli.main
from ai_lib.telemetry import ConsoleExporter, Tracer, get_logger
from tests.protocol.shared import document
from tests.servers.scripted import Exchange, ScriptedServer

ACTING = "\x1b]52;c;aGk=\x07\x1b[2J\u202ecba\x9b1m\x7f"
Main = Callable[[list[str]], int]
BOTH = pytest.mark.parametrize(
    "main", [ai_lib.cli.main.main, ai_lib_sync.cli.main.main], ids=["ai_lib", "ai_lib_sync"]
)
# Who may write to standard output or standard error. All commands write by `cli/output.py`.
WRITERS = {
    "batch/progress_bar.py",  # numbers, and what tqdm and rich make of them
    "cli/output.py",
    "client/display/output.py",
    "telemetry/feedback/sinks.py",
    "telemetry/tracing/exporters.py",
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with two hostile manifests, which the environment names; `home` can be used."""
    manifest = document(
        "house",
        aliases=[ACTING],
        name=ACTING,
        official_url=ACTING,
        endpoint={"base_url": "http://127.0.0.1:9/v1", "auth": {"type": ACTING}},
        metadata={
            "models": {
                f"m{ACTING}": {"aliases": [ACTING], "status": ACTING, "context_window": 9},
                "m": {"retires_on": "2000-01-01", "successor": ACTING},
            }
        },
        **{ACTING: ACTING},
    )
    (tmp_path / "house.yaml").write_text(json.dumps(manifest))
    for name in ("aliases", "official_url"):
        del manifest[name]
    del manifest["endpoint"]["auth"]
    manifest["id"] = "home"
    manifest["metadata"]["models"][f"m{ACTING}"].pop("status")
    (tmp_path / "home.yaml").write_text(json.dumps(manifest))
    monkeypatch.setenv("AI_PROTOCOL_DIR", str(tmp_path))
    monkeypatch.setenv("HTTP_PROXY", f"http://{ACTING}")
    return tmp_path


def list_commands(folder: Path) -> Iterator[list[str]]:
    """Yield every command that shows what a stranger wrote."""
    house, home = str(folder / "house.yaml"), str(folder / "home.yaml")
    yield ["lint", house]
    yield ["lint", home]
    yield ["diff", house, home]
    yield ["diff", "openai", home]
    yield ["models"]
    yield ["models", "--json"]
    yield ["models", "--provider", "home"]
    yield ["providers"]
    yield ["providers", "--json"]
    yield ["explain", f"home/m{ACTING}", ACTING]
    yield ["explain", "home/m", ACTING, "--system", ACTING, "--param", f"stop={ACTING}"]
    yield ["explain", f"nobody/{ACTING}"]
    yield ["doctor", "--provider", "home"]
    yield ["doctor"]
    yield ["doctor", "--json"]
    yield ["new", "mine", "--like", "home"]
    yield ["new", ACTING, "--like", "home"]
    recording = folder / "recording.jsonl"
    body = json.dumps({"choices": [], ACTING: ACTING})
    row = {"request": {"path": "/v1/chat/completions"}, "response": {"status": 200, "body": body}}
    recording.write_text(f"{json.dumps(row)}\n")
    yield ["lint", "openai", "--against", str(recording)]
    recording = folder / "broken.jsonl"
    recording.write_text(f"{ACTING}\n")
    yield ["lint", "openai", "--against", str(recording)]
    yield ["replay", str(recording)]
    yield ["chat", f"nobody/{ACTING}", "?"]


@BOTH
def test_no_command_lets_a_stranger_s_text_act(
    main: Main, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shown = {}
    for arguments in list_commands(folder):
        main(arguments)
        captured = capsys.readouterr()
        shown[" ".join(arguments[:2])] = captured.out + captured.err
        assert (captured.out + captured.err).replace("\n", "").isprintable(), arguments
    assert sum("\\u001b" in text for text in shown.values()) > 10


@BOTH
def test_what_a_provider_says_does_not_act(main: Main, capsys: pytest.CaptureFixture[str]) -> None:
    def answer(exchange: Exchange) -> None:
        if exchange.received.target.endswith("/models"):
            models = [{"id": ACTING, "owned_by": ACTING, "object": "model", "created": 1}]
            body = json.dumps({"object": "list", "data": models})
        else:
            message = {"role": "assistant", "content": ACTING}
            choice = {"index": 0, "message": message, "finish_reason": ACTING}
            body = json.dumps({"id": "1", "model": ACTING, "choices": [choice]})
        exchange.reply(body.encode(), headers="content-type: application/json\r\n")

    server = ScriptedServer(answer)
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("OPENAI_API_KEY", "k")
            url = f"{server.url}/v1"
            for arguments in (
                ["models", "--live", "openai", "--base-url", url],
                ["chat", "openai/m", "?", "--no-stream", "--verbose", "--base-url", url],
            ):
                assert main(arguments) == 0
                captured = capsys.readouterr()
                assert "\\u001b" in captured.out
                assert (captured.out + captured.err).replace("\n", "").isprintable(), arguments
    finally:
        server.close()


def test_logs_and_spans_are_printable(caplog: pytest.LogCaptureFixture) -> None:
    import io

    from ai_lib._log import LOG

    LOG.warning("%s", f"a {ACTING}")
    LOG.warning("%s: %d", ACTING, 3)
    get_logger("house").warning("it said", reason=ACTING)
    try:
        raise ValueError(ACTING)
    except ValueError:
        get_logger("house").exception("it said")
    assert caplog.text.replace("\n", "").isprintable()
    stream = io.StringIO()
    with Tracer(exporter=ConsoleExporter(stream)).span("chat") as span:
        span.set_attribute("reason", ACTING)
    assert "\\u202e" in stream.getvalue()
    assert stream.getvalue().replace("\n", "").isprintable()


def test_one_module_writes_what_commands_say() -> None:
    package = Path(ai_lib.__file__).parent
    writers = set()
    for path in package.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if _writes(node):
                writers.add(path.relative_to(package).as_posix())
    assert writers == WRITERS


def _writes(node: ast.AST) -> bool:
    """Whether it is `print(...)`, `sys.stdout.write(...)`, or a use of these streams as a value."""
    if not isinstance(node, ast.Call):
        return False
    function = node.func
    if isinstance(function, ast.Name) and function.id == "print":
        return True
    is_write = isinstance(function, ast.Attribute) and function.attr in ("write", "writelines")
    return is_write and "sys.std" in ast.unparse(function)  # type: ignore[attr-defined]
