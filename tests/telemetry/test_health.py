"""A provider is healthy when it accepts a connection and answers as expected."""

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ai_lib import AiClient
from ai_lib._runtime.backend import run_all
from ai_lib.client import AiClientBuilder
from ai_lib.errors import ConnectError
from ai_lib.protocol.manifest.model import ProtocolManifest
from ai_lib.protocol.manifest.reader import read_manifest
from ai_lib.telemetry import HealthChecker, HealthReport, HealthStatus
from tests.servers.scripted import Exchange, ScriptedServer


class Door:
    """Answers each request with the next status, the last one for ever; writes down what came."""

    def __init__(self, *statuses: int) -> None:
        self.statuses = list(statuses)
        self.seen: list[str] = []
        self.keys: list[str | None] = []
        self.server = ScriptedServer(self._answer)

    def _answer(self, exchange: Exchange) -> None:
        received = exchange.received
        self.seen.append(f"{received.method} {received.target}")
        self.keys.append(received.headers.get("authorization"))
        if not self.statuses:
            exchange.stall()
            return
        status = self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0]
        exchange.reply(b"", status=status)

    @property
    def url(self) -> str:
        return self.server.url


@pytest.fixture
def doors() -> Iterator[list[Door]]:
    """Doors to be closed when the test ends."""
    made: list[Door] = []
    yield made
    for door in made:
        door.server.close()


def manifest(base_url: str, **availability: Any) -> ProtocolManifest:
    check = {"method": "GET", "path": "/models", "expected_status": [200, 401], "timeout_ms": 500}
    block = {"required": False, "regions": ["global"], "check": check, **availability}
    document = {
        "id": "house",
        "protocol_version": "2.0",
        "endpoint": {"base_url": base_url, "auth": {"type": "bearer", "token_env": "HOUSE_KEY"}},
        "dialect": "openai_chat",
        "availability": block,
    }
    return read_manifest(document, "house.yaml")


async def checked(found: ProtocolManifest, **options: Any) -> HealthReport:
    async with HealthChecker(**options) as checker:
        return await checker.check(checker.register(found))


@pytest.mark.parametrize("status", [200, 401])
async def test_an_expected_status_is_healthy(doors: list[Door], status: int) -> None:
    doors.append(Door(status))
    report = await checked(manifest(doors[0].url))
    assert (report.status, report.status_code) == (HealthStatus.HEALTHY, status)
    assert report.is_healthy
    assert doors[0].seen == ["GET /models"]
    assert doors[0].keys == [None]


async def test_another_status_is_not(doors: list[Door]) -> None:
    doors.append(Door(503))
    report = await checked(manifest(doors[0].url))
    assert (report.status, report.status_code) == (HealthStatus.UNHEALTHY, 503)
    assert report.message == "GET /models returned 503, not 200, 401"


async def test_silence_is_not(doors: list[Door]) -> None:
    doors.append(Door())
    report = await checked(manifest(doors[0].url), timeout=0.1)
    assert (report.status, report.status_code) == (HealthStatus.UNHEALTHY, None)
    assert "0.1 s" in report.message


async def test_a_closed_port_is_not() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    report = await checked(manifest(f"http://127.0.0.1:{port}"))
    assert report.status is HealthStatus.UNHEALTHY
    assert report.message


async def test_the_fallback_is_tried_when_the_first_fails(doors: list[Door]) -> None:
    doors.append(Door(500, 204))
    fallback = {"method": "POST", "path": "/ping", "expected_status": [204]}
    report = await checked(manifest(doors[0].url, fallback=fallback))
    assert report.status is HealthStatus.HEALTHY
    assert doors[0].seen == ["GET /models", "POST /ping"]


async def test_without_a_check_nothing_is_known() -> None:
    async with HealthChecker() as checker:
        plain = read_manifest(
            {
                "id": "house",
                "protocol_version": "2.0",
                "endpoint": {"base_url": "http://127.0.0.1:9", "auth": {"type": "none"}},
                "dialect": "openai_chat",
            },
            "house.yaml",
        )
        report = await checker.check(checker.register(plain))
    assert report.status is HealthStatus.UNKNOWN
    assert "availability.check" in report.message


async def test_what_was_found_holds_for_its_time(doors: list[Door]) -> None:
    doors.append(Door(200, 500))
    ticks = [0.0]
    async with HealthChecker(clock=lambda: ticks[0]) as checker:
        name = checker.register(manifest(doors[0].url, interval_ms=5000))
        assert (await checker.check(name)).is_healthy
        ticks[0] = 4.9
        assert (await checker.check(name)).is_healthy
        assert len(doors[0].seen) == 1
        ticks[0] = 5.1
        assert not (await checker.check(name)).is_healthy
        ticks[0] = 5.2
        assert not (await checker.check(name, fresh=True)).is_healthy
    assert len(doors[0].seen) == 3


async def test_many_who_ask_at_once_make_one_check(doors: list[Door]) -> None:
    doors.append(Door(200))
    async with HealthChecker() as checker:
        name = checker.register(manifest(doors[0].url))

        async def ask() -> HealthReport:
            return await checker.check(name)

        reports = await run_all([ask] * 8, 8)
    assert len(doors[0].seen) == 1
    assert all(report.is_healthy for report in reports)


async def test_the_worst_is_the_whole(doors: list[Door]) -> None:
    doors.append(Door(200))

    async def broken() -> HealthReport:
        raise OSError("no disk")

    async def slow() -> HealthReport:
        return HealthReport(name="slow", status=HealthStatus.DEGRADED)

    async with HealthChecker() as checker:
        assert await checker.status() is HealthStatus.UNKNOWN
        checker.register(manifest(doors[0].url))
        assert await checker.status() is HealthStatus.HEALTHY
        checker.register_check("slow", slow)
        assert await checker.status() is HealthStatus.DEGRADED
        checker.register_check("disk", broken)
        assert await checker.status() is HealthStatus.UNHEALTHY
        everything = await checker.check_all()
        assert everything["disk"].message == "OSError: no disk"
        assert everything["house"].is_healthy
        checker.unregister("disk")
        assert await checker.status() is HealthStatus.DEGRADED


async def test_an_unknown_name_is_a_key_error_that_names_the_known() -> None:
    async with HealthChecker() as checker:
        with pytest.raises(KeyError, match="there is nothing"):
            await checker.check("nobody")


async def test_an_address_that_is_not_complete_is_said_so() -> None:
    report = await checked(manifest("http://{region}.example.test"))
    assert report.status is HealthStatus.UNHEALTHY
    assert "pass base_url=" in report.message


async def test_a_client_checks_its_own_provider(doors: list[Door]) -> None:
    doors.append(Door(401))
    builder = AiClient.builder().model("openai/gpt-4o").api_key("canary").base_url(doors[0].url)
    async with await builder.build() as client:
        report = await client.check_health(timeout=5)
    assert (report.name, report.status) == ("openai", HealthStatus.HEALTHY)
    assert doors[0].keys == [None]


def house(folder: Path, url: str, required: str) -> AiClientBuilder[AiClient]:
    """A client of a provider whose check is `GET /models`."""
    path = folder / "house.yaml"
    path.write_text(
        f"""\
id: house
protocol_version: "2.0"
dialect: openai_chat
endpoint: {{base_url: "{url}", auth: {{type: bearer, token_env: HOUSE_KEY}}}}
availability:
  required: {required}
  regions: [global]
  check: {{method: GET, path: /models, expected_status: [200], timeout_ms: 500}}
"""
    )
    return AiClient.builder().model("house/gpt").protocol_dir(path).api_key("canary")


async def test_who_is_required_must_be_there_at_the_start(
    doors: list[Door], tmp_path: Path
) -> None:
    doors.append(Door(200))
    async with await house(tmp_path, doors[0].url, "true").build() as client:
        assert doors[0].seen == ["GET /models"]
        assert doors[0].keys == [None]
        await client.ensure_available()
    assert doors[0].seen == ["GET /models"] * 2


async def test_a_client_of_who_is_not_there_though_required_is_not_made(
    doors: list[Door], tmp_path: Path
) -> None:
    doors.append(Door(503))
    with pytest.raises(
        ConnectError, match=r"house is not available.*503.*availability\.required"
    ) as no:
        await house(tmp_path, doors[0].url, "true").build()
    assert (no.value.provider, no.value.url) == ("house", doors[0].url)
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    with pytest.raises(ConnectError, match="house is not available"):
        await house(tmp_path, f"http://127.0.0.1:{port}", "true").build()


async def test_nothing_is_sent_at_the_start_to_who_is_not_required(
    doors: list[Door], tmp_path: Path
) -> None:
    doors.append(Door(503))
    async with await house(tmp_path, doors[0].url, "false").build() as client:
        await client.ensure_available()
    assert doors[0].seen == []


async def test_who_is_fallen_back_to_must_be_there_as_well(
    doors: list[Door], tmp_path: Path
) -> None:
    doors.append(Door(503))
    builder = house(tmp_path, doors[0].url, "true").model("openai/gpt-4o")
    builder.with_fallbacks(["house/gpt"]).api_key_for("house/gpt", "canary")
    with pytest.raises(ConnectError, match="house is not available"):
        await builder.build()


async def test_a_checker_keeps_its_connection_until_it_is_closed(doors: list[Door]) -> None:
    doors.append(Door(200))
    async with HealthChecker() as checker:
        name = checker.register(manifest(doors[0].url, interval_ms=0))
        assert (await checker.check(name)).is_healthy
        assert (await checker.check(name)).is_healthy  # an interval of none is not one of 0 s
        assert len(doors[0].seen) == 1
        assert (await checker.check(name, fresh=True)).is_healthy
        assert doors[0].server.connections == 1
    assert doors[0].server.wait_for_open_connections(0)
