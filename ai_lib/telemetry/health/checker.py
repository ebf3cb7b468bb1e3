"""Checks whether providers are available: sends a request and reads the response's status."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final

from ai_lib._runtime.forks import ForkedState, renew_after_fork
from ai_lib.errors.exceptions import AiLibError, ConnectError
from ai_lib.protocol.addresses import resolve_address
from ai_lib.protocol.manifest.model import HealthCheck, ProtocolManifest
from ai_lib.telemetry.health.status import HealthReport, HealthStatus, find_worst_status
from ai_lib.types.wire import HttpRequest, TimeoutOptions, check_optional_seconds, join_url

from ..._runtime.backend import Lock, fail_after, now, run_all
from ...transport import HttpTransport

Check = Callable[[], Awaitable[HealthReport]]

_TTL: Final = 30.0
_MAX_CONCURRENT: Final = 8


async def check_provider(
    manifest: ProtocolManifest,
    transport: HttpTransport,
    *,
    base_url: str | None = None,
    timeout: float | None = None,
) -> HealthReport:
    """Run the check that the manifest's `availability` describes; it never raises.

    A provider is healthy when it responds with one of the expected statuses; no key is sent. The
    manifest's `fallback` check, where it has one, runs when the first one fails. `timeout` is
    seconds, else the manifest's `timeout_ms`. Without a check the status is unknown.
    """
    timeout = check_optional_seconds("the timeout", timeout)
    checks = _list_checks(manifest)
    if not checks:
        return HealthReport(
            name=manifest.id,
            status=HealthStatus.UNKNOWN,
            message=f"{manifest.source} describes no check: add availability.check",
        )
    report = await _run_check(manifest, checks[0], transport, base_url, timeout)
    for check in checks[1:]:
        if report.is_healthy:
            break
        report = await _run_check(manifest, check, transport, base_url, timeout)
    return report


async def require_available(
    manifest: ProtocolManifest,
    transport: HttpTransport,
    *,
    base_url: str | None = None,
    timeout: float | None = None,
) -> None:
    """Check a required provider. Raises ConnectError when it is not available.

    One that asks for a key is available: the check sends none.
    """
    report = await check_provider(manifest, transport, base_url=base_url, timeout=timeout)
    if not report.is_healthy and report.status_code != 401:
        raise ConnectError(
            f"{manifest.id} is not available ({report.message}), and its manifest requires it: "
            f"bring it up, or set availability.required to false in {manifest.source}",
            url=base_url or manifest.base_url,
            provider=manifest.id,
        )


async def _run_check(
    manifest: ProtocolManifest,
    check: HealthCheck,
    transport: HttpTransport,
    base_url: str | None,
    timeout: float | None,
) -> HealthReport:
    started_at = now()
    try:
        status = await _request_status(manifest, check, transport, base_url, timeout)
    except AiLibError as error:
        return HealthReport(
            name=manifest.id,
            status=HealthStatus.UNHEALTHY,
            message=str(error),
            latency_ms=(now() - started_at) * 1000,
        )
    is_expected = status in check.expected_status
    return HealthReport(
        name=manifest.id,
        status=HealthStatus.HEALTHY if is_expected else HealthStatus.UNHEALTHY,
        message="" if is_expected else _describe_unexpected(check, status),
        status_code=status,
        latency_ms=(now() - started_at) * 1000,
    )


async def _request_status(
    manifest: ProtocolManifest,
    check: HealthCheck,
    transport: HttpTransport,
    base_url: str | None,
    timeout: float | None,
) -> int:
    base = resolve_address(manifest, base_url)
    seconds = timeout or check.timeout_ms / 1000
    request = HttpRequest(method=check.method, url=join_url(base, check.path))
    timeouts = TimeoutOptions(connect=seconds, first_token=seconds, idle=seconds, total=seconds)
    response = await transport.send(request, timeouts)
    async with response:
        await response.drain()
        return response.status


def _describe_unexpected(check: HealthCheck, status: int) -> str:
    expected = ", ".join(map(str, sorted(check.expected_status)))
    return f"{check.method} {check.path} returned {status}, not {expected}"


def _list_checks(manifest: ProtocolManifest) -> list[HealthCheck]:
    """Return the check, and the fallback, which only the second schema has."""
    availability = manifest.availability
    if availability is None or availability.check is None:
        return []
    checks = (availability.check, availability.fallback)
    return [check for check in checks if check is not None]


class HealthChecker:
    """Runs the registered checks of providers and others; a report is valid for a while.

        >>> async with HealthChecker() as checker:
        ...     checker.register(client.manifest)
        ...     report = await checker.check(client.provider_id)

    `ttl` is how many seconds a report is valid, by default the manifest's `interval_ms`, else 30;
    calls for a report that is being made wait for it. `timeout` is the most seconds a check may
    take, by default the manifest's, else 3. A transport that is given is the caller's to close.
    """

    def __init__(
        self,
        transport: HttpTransport | None = None,
        *,
        ttl: float | None = None,
        timeout: float | None = None,
        clock: Callable[[], float] = now,
    ) -> None:
        self._transport = transport or HttpTransport()
        self._owns_transport = transport is None
        self._ttl = ttl
        self._timeout = check_optional_seconds("the timeout", timeout)
        self._clock = clock
        self._entries: dict[str, _Entry] = {}

    def register(
        self, manifest: ProtocolManifest, *, base_url: str | None = None, name: str | None = None
    ) -> str:
        """Register a provider, at its manifest's address or another; return its name.

        The name is the manifest's id unless one is given; it replaces a check of that name.
        """

        async def check() -> HealthReport:
            return await check_provider(
                manifest, self._transport, base_url=base_url, timeout=self._timeout
            )

        name = name or manifest.id
        self._entries[name] = _Entry(check, _read_interval(manifest))
        return name

    def register_check(self, name: str, check: Check) -> None:
        """Register any check; an error and a timeout count as unhealthy."""

        async def check_in_time() -> HealthReport:
            try:
                with fail_after(self._timeout or 3.0):
                    return await check()
            except Exception as error:  # noqa: BLE001 (the error is the report)
                text = f"{type(error).__name__}: {error}"
                return HealthReport(name=name, status=HealthStatus.UNHEALTHY, message=text)

        self._entries[name] = _Entry(check_in_time, _TTL)

    def unregister(self, name: str) -> None:
        """Remove a provider or check."""
        self._entries.pop(name, None)

    async def check(self, name: str, *, fresh: bool = False) -> HealthReport:
        """Return the report of a check; `fresh` runs it although the last report is still valid.

        Raises:
            KeyError: nothing of that name is registered.
        """
        entry = self._entries.get(name)
        if entry is None:
            names = ", ".join(sorted(self._entries)) or "nothing"
            raise KeyError(f"no check {name!r} is registered; there is {names}")
        return await self._get_report(entry, fresh)

    async def _get_report(self, entry: _Entry, fresh: bool) -> HealthReport:
        requested_at = self._clock()
        async with entry.lock:
            # A call that waited for another one's check takes that report.
            if (
                entry.report is None
                or entry.valid_until <= requested_at
                or (fresh and entry.checked_at < requested_at)
            ):
                entry.report = await entry.check()
                entry.checked_at = self._clock()
                entry.valid_until = entry.checked_at + (
                    entry.ttl if self._ttl is None else self._ttl
                )
            return entry.report

    async def check_all(self, *, fresh: bool = False) -> dict[str, HealthReport]:
        """Return all reports by name; up to eight checks run at a time."""
        entries = dict(self._entries)

        def make_check(entry: _Entry) -> Check:
            async def check() -> HealthReport:
                return await self._get_report(entry, fresh)

            return check

        reports = await run_all([make_check(entry) for entry in entries.values()], _MAX_CONCURRENT)
        return dict(zip(entries, reports, strict=True))

    async def status(self) -> HealthStatus:
        """Return the worst status; unknown when nothing is registered."""
        return find_worst_status((await self.check_all()).values())

    async def aclose(self) -> None:
        """Close the connections, unless the transport was given."""
        if self._owns_transport:
            await self._transport.aclose()

    async def __aenter__(self) -> HealthChecker:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()


class _Entry(ForkedState):
    def __init__(self, check: Check, ttl: float) -> None:
        self.check = check
        self.ttl = ttl
        self.lock = Lock()
        self.report: HealthReport | None = None
        self.checked_at = 0.0
        self.valid_until = 0.0
        renew_after_fork(self)


def _read_interval(manifest: ProtocolManifest) -> float:
    interval = manifest.availability.interval_ms if manifest.availability else None
    return interval / 1000 if interval and interval > 0 else _TTL
