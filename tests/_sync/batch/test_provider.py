# Generated from tests/batch/test_provider.py by codegen; do not edit.
"""Batches that a provider works on by itself, at servers that act as the vendors document it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from ai_lib_sync.batch import ProviderBatch
from ai_lib_sync.client import AiClient
from ai_lib_sync.errors import (
    BatchError,
    BudgetExceeded,
    CapabilityError,
    DecodeError,
    RemoteError,
    RequestError,
)
from ai_lib_sync.resilience import RetryConfig
from ai_lib_sync.testing import MockProvider
from ai_lib_sync.tokens import Budget
from ai_lib_sync.types import ChatRequest, Message, ToolDefinition
from tests._sync.resilience.house import said
from tests.guards import hang_guard
from tests.servers.scripted import Exchange, ScriptedServer


class Files:
    """A provider that takes a file of lines and gives files of lines back.

    https://platform.openai.com/docs/api-reference/batch
    """

    def __init__(self) -> None:
        self.lines: list[Any] = []
        self.created: Any = None
        self.states = ["validating", "in_progress", "finalizing", "completed"]
        self.files: dict[str, str | None] = {"output_file_id": "out", "error_file_id": "err"}
        self.errors: Any = None

    def __call__(self, exchange: Exchange) -> None:
        received = exchange.received
        assert received.headers["authorization"] == "Bearer k"
        if (received.method, received.target) == ("POST", "/v1/files"):
            self.take_file(exchange)
        elif (received.method, received.target) == ("POST", "/v1/batches"):
            self.created = json.loads(received.body)
            self.tell(exchange, self.states[0])
        elif (received.method, received.target) == ("GET", "/v1/batches/batch_1"):
            self.tell(exchange, self.states.pop(0) if len(self.states) > 1 else self.states[0])
        elif (received.method, received.target) == ("POST", "/v1/batches/batch_1/cancel"):
            self.states = ["cancelling", "cancelled"]
            self.tell(exchange, "cancelling")
        elif received.method == "GET" and received.target.startswith("/v1/files/"):
            name = received.target.split("/")[3]
            kind = "content-type: application/octet-stream\r\n"
            exchange.reply(self.results(name).encode(), headers=kind)
        else:
            exchange.reply(b'{"error": {"message": "no such place"}}', 404)

    def take_file(self, exchange: Exchange) -> None:
        kind, _, boundary = exchange.received.headers["content-type"].partition("; boundary=")
        assert kind == "multipart/form-data"
        first, second, *rest = exchange.received.body.split(f"--{boundary}".encode())[1:]
        assert rest == [b"--\r\n"]
        assert first == b'\r\nContent-Disposition: form-data; name="purpose"\r\n\r\nbatch\r\n'
        head, _, content = second.partition(b"\r\n\r\n")
        assert b'name="file"; filename="batch.jsonl"' in head
        self.lines = [json.loads(line) for line in content.split(b"\n") if line.strip()]
        self.json(exchange, {"id": "file_1", "object": "file", "purpose": "batch"})

    def tell(self, exchange: Exchange, state: str) -> None:
        over = state in ("completed", "expired", "cancelled")
        self.json(
            exchange,
            {
                "id": "batch_1",
                "object": "batch",
                "status": state,
                "errors": self.errors,
                "request_counts": {"total": 4, "completed": 2, "failed": 1},
                **(self.files if over else {}),
            },
        )

    def results(self, name: str) -> str:
        ok = json.loads(said("fine"))
        bad = {"error": {"message": "too long", "code": "context_length_exceeded"}}
        late = {"code": "batch_expired", "message": "not in time"}
        found = {
            "out": [
                {"custom_id": "item-2", "response": {"status_code": 200, "body": ok}},
                {"custom_id": "item-0", "response": {"status_code": 200, "body": ok}},
            ],
            "err": [
                {"custom_id": "item-1", "response": {"status_code": 400, "body": bad}},
                {"custom_id": "item-3", "response": None, "error": late},
            ],
        }
        return "\n".join(json.dumps(line) for line in found[name]) + "\n"

    def json(self, exchange: Exchange, body: Any) -> None:
        exchange.reply(json.dumps(body).encode(), headers="content-type: application/json\r\n")


class Lines:
    """A provider that takes the requests at once and gives lines back.

    https://platform.claude.com/docs/en/api/creating-message-batches
    """

    def __init__(self) -> None:
        self.created: Any = None
        self.states = ["in_progress", "ended"]

    def __call__(self, exchange: Exchange) -> None:
        received = exchange.received
        assert received.headers["x-api-key"] == "k"
        assert received.headers["anthropic-version"] == "2023-06-01"
        place = (received.method, received.target)
        if place == ("POST", "/v1/messages/batches"):
            self.created = json.loads(received.body)
            self.tell(exchange, "in_progress")
        elif place == ("GET", "/v1/messages/batches/msgbatch_1"):
            self.tell(exchange, self.states.pop(0) if len(self.states) > 1 else self.states[0])
        elif place == ("POST", "/v1/messages/batches/msgbatch_1/cancel"):
            self.tell(exchange, "canceling")
        elif place == ("GET", "/v1/messages/batches/msgbatch_1/results"):
            kind = "content-type: application/x-jsonl\r\n"
            exchange.reply(self.results().encode(), headers=kind)
        else:
            exchange.reply(b"{}", 404)

    def tell(self, exchange: Exchange, state: str) -> None:
        counts = {"processing": 0, "succeeded": 1, "errored": 1, "canceled": 1, "expired": 0}
        body = {"id": "msgbatch_1", "type": "message_batch", "processing_status": state}
        data = json.dumps({**body, "request_counts": counts, "results_url": None}).encode()
        exchange.reply(data, headers="content-type: application/json\r\n")

    def results(self) -> str:
        message = {
            "id": "msg_1",
            "type": "message",
            "role": "assistant",
            "model": "m",
            "content": [{"type": "text", "text": "fine"}],
            "stop_reason": "end_turn",
            "usage": {"input_tokens": 3, "output_tokens": 1},
        }
        error = {"type": "invalid_request_error", "message": "no"}
        found: list[Any] = [
            {"custom_id": "item-1", "result": {"type": "canceled"}},
            {
                "custom_id": "item-2",
                "result": {"type": "errored", "error": {"type": "error", "error": error}},
            },
            {"custom_id": "item-0", "result": {"type": "succeeded", "message": message}},
        ]
        return "".join(json.dumps(line) + "\n" for line in found)


class Callers(Files):
    """A provider whose model calls the first tool that each request has."""

    def results(self, name: str) -> str:
        if name == "err":
            return ""
        offered = self.lines[0]["body"]["tools"][0]["function"]["name"]
        body = json.loads(said("fine"))
        function = {"name": offered, "arguments": "{}"}
        call = {"id": "call_1", "type": "function", "function": function}
        body["choices"][0]["message"]["tool_calls"] = [call]
        line = {"custom_id": "item-0", "response": {"status_code": 200, "body": body}}
        return json.dumps(line) + "\n"


def test_tools_are_called_by_their_own_names() -> None:
    def größe() -> str:
        """Get the size."""
        return "1"

    provider = Callers()
    server = ScriptedServer(provider)
    try:
        with client_of(server, "openai/m") as client:
            tool = ToolDefinition.from_function(größe)
            request = client.chat().user("?").tools([tool]).build()
            batch = ProviderBatch.submit(client, [request])
            batch.wait(poll_seconds=0)
            sent = provider.lines[0]["body"]["tools"][0]["function"]["name"]
            assert re.fullmatch("gr__e_[0-9a-f]{8}", sent)
            elsewhere = ProviderBatch(client, batch.id, tools=[größe])
            for one in (batch, elsewhere):
                (item,) = (one.results()).get_successful_results()
                assert item.tool_calls[0].name == "größe"
            stranger = (ProviderBatch(client, batch.id).results()).get_successful_results()
            assert stranger[0].tool_calls[0].name == sent
    finally:
        server.close()


@pytest.fixture
def files() -> Iterator[tuple[Files, ScriptedServer]]:
    provider = Files()
    server = ScriptedServer(provider)
    yield provider, server
    server.close()


@pytest.fixture
def lines() -> Iterator[tuple[Lines, ScriptedServer]]:
    provider = Lines()
    server = ScriptedServer(provider)
    yield provider, server
    server.close()


def client_of(server: ScriptedServer, model: str) -> AiClient:
    made = AiClient.builder().model(model).api_key("k").base_url(f"{server.url}/v1")
    return made.with_retry(RetryConfig(max_retries=0)).build()


def test_requests_go_up_as_a_file_and_come_back_in_files(
    files: tuple[Files, ScriptedServer],
) -> None:
    provider, server = files
    with client_of(server, "openai/m") as client:
        request = client.chat().user("three").temperature(0.5).build()
        items = ["one", [Message.user("two")], request, "four"]
        batch = ProviderBatch.submit(client, items)
        assert batch.id == "batch_1"
        with pytest.raises(BatchError, match="still pending"):
            batch.results()
        status = batch.wait(poll_seconds=0)
        result = batch.results()

    assert provider.created == {
        "input_file_id": "file_1",
        "endpoint": "/v1/chat/completions",
        "completion_window": "24h",
    }
    assert [line["custom_id"] for line in provider.lines] == [f"item-{n}" for n in range(4)]
    assert {(line["method"], line["url"]) for line in provider.lines} == {
        ("POST", "/v1/chat/completions")
    }
    assert provider.lines[2]["body"] == {
        "model": "m",
        "messages": [{"role": "user", "content": "three"}],
        "temperature": 0.5,
    }
    assert (status.state, status.total, status.completed, status.failed) == ("completed", 4, 2, 1)
    assert [one and one.content for one in result.results] == ["fine", None, "fine", None]
    first, second = result.errors[1], result.errors[3]
    assert isinstance(first, RemoteError)
    assert (first.status_code, first.error_type) == (400, "request_too_large")
    assert isinstance(second, RemoteError)
    assert (second.code, "not in time" in str(second)) == ("batch_expired", True)


def test_requests_go_up_at_once_and_come_back_as_lines(
    lines: tuple[Lines, ScriptedServer],
) -> None:
    provider, server = lines
    with client_of(server, "anthropic/m") as client:
        batch = ProviderBatch.submit(client, ["one", "two", "three"])
        status = batch.wait(poll_seconds=0)
        result = batch.results()

    requests = provider.created["requests"]
    assert list(provider.created) == ["requests"]
    assert [one["custom_id"] for one in requests] == ["item-0", "item-1", "item-2"]
    assert requests[0]["params"]["model"] == "m"
    content = [{"type": "text", "text": "one"}]
    assert requests[0]["params"]["messages"] == [{"role": "user", "content": content}]
    assert "stream" not in requests[0]["params"]
    assert (status.id, status.total, status.completed) == ("msgbatch_1", 3, 1)
    assert (result.successful_count, result.failed_count) == (1, 2)
    first = result.results[0]
    assert first is not None
    assert (first.content, first.usage.prompt_tokens) == ("fine", 3)
    assert re.search("item 1 was canceled", str(result.errors[1]))
    error = result.errors[2]
    assert isinstance(error, RemoteError)
    assert error.error_type == "invalid_request"


def test_a_batch_is_the_same_by_its_id(files: tuple[Files, ScriptedServer]) -> None:
    _, server = files
    with client_of(server, "openai/m") as client:
        batch = ProviderBatch(client, "batch_1")
        assert repr(batch) == "ProviderBatch('openai/m', 'batch_1')"
        states = [(batch.status()).state for _ in range(4)]

    assert states == ["pending", "running", "running", "completed"]


def test_a_batch_can_be_cancelled_and_what_was_done_is_there(
    files: tuple[Files, ScriptedServer],
) -> None:
    provider, server = files
    provider.files = {"output_file_id": "out", "error_file_id": None}
    with client_of(server, "openai/m") as client:
        batch = ProviderBatch(client, "batch_1")
        assert (batch.cancel()).state == "cancelling"
        assert (batch.wait(poll_seconds=0)).state == "cancelled"
        result = batch.results()

    assert (result.successful_count, result.failed_count) == (2, 0)
    assert result.unfinished == {1, 3}


def test_a_batch_that_failed_says_why(files: tuple[Files, ScriptedServer]) -> None:
    provider, server = files
    provider.states = ["failed"]
    provider.errors = {"object": "list", "data": [{"message": "line 3 is no JSON"}]}
    with client_of(server, "openai/m") as client:
        batch = ProviderBatch(client, "batch_1")
        assert (batch.status()).message == "line 3 is no JSON"
        with pytest.raises(BatchError, match="line 3 is no JSON"):
            batch.results()


def test_waiting_ends_in_time(files: tuple[Files, ScriptedServer]) -> None:
    provider, server = files
    provider.states = ["in_progress"]
    with hang_guard():
        with client_of(server, "openai/m") as client:
            with pytest.raises(BatchError, match=r"still running after 0\.5 s"):
                ProviderBatch(client, "batch_1").wait(poll_seconds=30, timeout=0.5)


def test_what_makes_no_sense_is_told(files: tuple[Files, ScriptedServer]) -> None:
    provider, server = files
    provider.states = ["resting"]
    with client_of(server, "openai/m") as client:
        with pytest.raises(DecodeError, match="'resting'"):
            ProviderBatch(client, "batch_1").status()
        with pytest.raises(RequestError, match="batch is empty"):
            ProviderBatch.submit(client, [])
        assert provider.lines == []
        with pytest.raises(RemoteError):
            ProviderBatch(client, "other").status()


def test_an_item_that_can_t_be_asked_is_named(lines: tuple[Lines, ScriptedServer]) -> None:
    provider, server = lines
    with client_of(server, "anthropic/m") as client:
        wrong = client.chat().user("two").response_format("json_object").build()
        with pytest.raises(RequestError, match=r"\(item 1 of the batch\)"):
            ProviderBatch.submit(client, ["one", wrong])
    assert provider.created is None


def test_a_provider_that_takes_none_is_not_asked() -> None:
    with MockProvider() as mock:
        with mock.client("cerebras/m") as client:
            with pytest.raises(CapabilityError, match="'batch'"):
                ProviderBatch.submit(client, ["one"])
    assert mock.requests == []


def test_a_budget_holds_a_batch_at_its_price() -> None:
    """A batch costs half of 2.5 and 10 dollars a million: https://openai.com/api/pricing"""
    question = ChatRequest(messages=(Message.user("Hi"),), parameters={"max_tokens": 100})
    with MockProvider() as mock:
        with mock.builder("openai/gpt-4o").build() as client:
            tokens = client.count_tokens(question).at_most
        upper = (tokens * 2.5 + 100 * 10) / 1e6 * 0.5
        budget = Budget(3.5 * upper)
        with mock.builder("openai/gpt-4o").budget(budget).build() as client:
            client.batches.submit([question] * 2)
            assert budget.spent == pytest.approx(2 * upper)
            sent_count = len(mock.requests)
            with pytest.raises(BudgetExceeded):
                client.batches.submit([question] * 2)
            with pytest.raises(BudgetExceeded, match="stored file cost is unknown"):
                client.batches.create("file-1", "/v1/embeddings")
            assert len(mock.requests) == sent_count
            client.batches.submit([question])

    assert (budget.spent, budget.reserved) == (pytest.approx(3 * upper), 0)


def test_a_batch_with_an_open_request_is_refused_by_a_budget() -> None:
    budget = Budget(10.0)
    with MockProvider() as mock:
        with mock.builder("openai/made-up-model").budget(budget).build() as client:
            with pytest.raises(BudgetExceeded, match="item 0: the price of openai"):
                client.batches.submit(["Hi"])
    assert (mock.requests, budget.spent) == ([], 0)
