# Generated from tests/mcp/test_death.py by codegen; do not edit.
"""A server that ends, while it is asked or idle, and one that can't be started."""

import sys
from pathlib import Path

import pytest

from ai_lib_sync.errors import AiLibError
from ai_lib_sync.mcp import McpError, McpServer, McpServerGone
from ai_lib_sync.testing import MockProvider, Reply
from tests._sync.mcp.peers import ERAS, calls, child, http_peer, kill, ledger
from tests.servers import mcp_peer
from tests.servers.mcp_peer import NEW, OLD


@ERAS
def test_a_server_that_dies_in_a_call_says_how_and_the_next_call_starts_it(
    era: str, tmp_path: Path
) -> None:
    with child(tmp_path, era) as server:
        with pytest.raises(
            McpServerGone, match="exit code 7; it wrote: boom: out of luck"
        ) as caught:
            server.call("die")
        assert (caught.value.exit_code, caught.value.stderr) == (7, "boom: out of luck")
        assert not caught.value.never_sent
        blocks = server.call("echo", {"text": "on"})

    assert [getattr(block, "text", "") for block in blocks] == ["on"]
    assert (calls(tmp_path, "die"), calls(tmp_path, "echo")) == (1, 1)


@ERAS
def test_a_server_that_died_while_idle_is_started_again(era: str, tmp_path: Path) -> None:
    with child(tmp_path, era) as server:
        first = server.process_id
        assert first is not None
        kill(first)
        server.call("echo", {"text": "on"})

        assert server.process_id not in (None, first)
    assert calls(tmp_path, "echo") == 1


def test_without_restart_a_dead_server_stays_dead(tmp_path: Path) -> None:
    with child(tmp_path, restart=False) as server:
        with pytest.raises(McpServerGone):
            server.call("die")
        with pytest.raises(McpServerGone, match="has ended, and restart=False"):
            server.call("echo", {"text": "on"})
    assert calls(tmp_path, "echo") == 0


def test_a_program_that_is_not_there_is_named() -> None:
    server = McpServer.stdio(["no-such-program-at-all"], name="lost")
    with pytest.raises(McpServerGone, match="'no-such-program-at-all' was not found"):
        server.open()
    server.close()


def test_a_program_that_ends_at_once_says_what_it_wrote() -> None:
    code = "import sys; sys.exit('no such flag')"
    server = McpServer.stdio([sys.executable, "-I", "-S", "-c", code], name="lost")
    with pytest.raises(McpServerGone, match="exit code 1; it wrote: no such flag"):
        server.open()
    server.close()


def test_a_program_that_ends_at_an_unknown_first_message_is_begun_as_of_old() -> None:
    strict = (
        "import runpy, sys; line = sys.stdin.readline(); 'initialize' in line or sys.exit(3);"
        "m = runpy.run_path(sys.argv[1]); import json;"
        "send = lambda x: print(json.dumps(x), flush=True); p = m['Peer']('2025-11-25', send);"
        "[send(a) for a in p.take(json.loads(line))];"
        "[send(a) for line in sys.stdin for a in p.take(json.loads(line))]"
    )
    command = [sys.executable, "-I", "-S", "-c", strict, mcp_peer.__file__]
    with McpServer.stdio(command, name="strict") as server:
        assert server.protocol_version == OLD
        server.call("echo", {"text": "on"})


def test_a_program_that_only_prints_is_no_server() -> None:
    code = (
        "import sys\nfor _ in range(40): print('Listening on port 1', flush=True)\nsys.stdin.read()"
    )
    server = McpServer.stdio([sys.executable, "-I", "-S", "-c", code], name="loud")
    with pytest.raises(McpError, match=r"writes what is no JSON-RPC.*Listening on port 1"):
        server.open()
    server.close()


def test_some_noise_is_passed_over(tmp_path: Path) -> None:
    with child(tmp_path) as server:
        for _ in range(12):
            server.call("noise")


def test_a_closed_server_is_not_opened_again(tmp_path: Path) -> None:
    server = child(tmp_path)
    with server:
        pass
    with pytest.raises(McpError, match="was closed; make another one"):
        server.call("echo", {"text": "on"})
    server.close()


def test_a_child_gets_no_key_of_this_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret-key")
    out = tmp_path / "environment"
    code = f"import os; open({str(out)!r}, 'w').write(repr(dict(os.environ)))"
    command = [sys.executable, "-I", "-S", "-c", code]
    server = McpServer.stdio(command, name="nosy", env={"MINE": "1"})
    with pytest.raises(McpServerGone):
        server.open()
    server.close()

    seen = out.read_text()
    assert "'MINE': '1'" in seen
    assert "sk-secret-key" not in seen


def test_the_model_is_told_of_a_death_and_the_run_goes_on(tmp_path: Path) -> None:
    replies = [
        Reply(tool_calls=[("die", {})]),
        Reply(tool_calls=[("echo", {"text": "on"})]),
        Reply(text="ok"),
    ]
    with MockProvider(replies) as mock, child(tmp_path) as server:
        with mock.client("openai/gpt-4o") as client:
            run = client.chat().user("?").run_tools(server.tools())

    results = [block for m in run.messages for block in m.blocks if hasattr(block, "tool_use_id")]
    assert [result.is_error for result in results] == [True, False]
    assert "exit code 7" in str(results[0].content)
    assert calls(tmp_path, "die") == 1


@pytest.mark.parametrize("status", [404, 400])
def test_a_lost_session_is_begun_anew_and_the_call_repeated_once(status: int) -> None:
    with http_peer(OLD) as http:
        with McpServer.http(http.url, name="peer") as server:
            server.call("echo", {"text": "a"})
            http.lose_session(status)
            server.call("echo", {"text": "b"})

        assert http.sessions == 2
        assert http.deleted == ["session-2"]
        received = [m for m in http.peer.received if m.get("method") == "tools/call"]
        assert [m["params"]["arguments"]["text"] for m in received] == ["a", "b"]


def test_a_call_by_http_that_broke_off_is_not_repeated() -> None:
    with http_peer(NEW) as http:
        with McpServer.http(http.url, name="peer") as server:
            with pytest.raises(AiLibError):
                server.call("die")
            server.call("echo", {"text": "b"})
        died = [m for m, _ in http.posts if m.get("params", {}).get("name") == "die"]
        assert len(died) == 1


def test_nothing_of_the_old_era_is_asked_again_after_a_restart(tmp_path: Path) -> None:
    with child(tmp_path, OLD) as server:
        with pytest.raises(McpServerGone):
            server.call("die")
        server.call("echo", {"text": "on"})

    methods = [message["method"] for message in ledger(tmp_path)]
    assert methods.count("server/discover") == 1
    assert methods.count("initialize") == 2
