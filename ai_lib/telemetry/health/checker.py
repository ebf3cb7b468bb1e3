"""Sees whether providers are there: connects, and looks at the status of the answer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final

from ai_lib.errors.exceptions import AiLibError, ConnectError, RequestError
from ai_lib.protocol.manifest.model import HealthCheck, ProtocolManifest
from ai_lib.telemetry.health.status import HealthReport, HealthStatus, overall
from ai_lib.types.wire import HttpRequest, TimeoutOptions

from ..._runtime.backend import Lock, fail_after, now, run_all
from ...transport import HttpTransport

Check = Callable[[], Awaitable[HealthReport]]

_TTL: Final = 30.0
_AT_ONCE: Final = 8


async def check_provider(
    manifest: ProtocolManifest,
    transport: HttpTransport,
    *,
    base_url: str | None = None,
    timeout: float | None = None,
) -> HealthReport:
    """Make the check that the manifest's `availability` describes; it never raises.

    Healthy is who accepts a connection and answers with one of the expected statuses; no key is
    sent. The manifest's `fallback` check, where it has one, is made when the first one fails.
    `timeout` is seconds, else the manifest's `timeout_ms`. Without a check it is unknown.
    """
    checks = _checks(manifest)
    if not checks:
        return HealthReport(
            name=manifest.id,
            status=HealthStatus.UNKNOWN,
            message=f"{manifest.source} describes no check: add availability.check",
        )
    report = await _checked(manifest, checks[0], transport, base_url, timeout)
    for check in checks[1:]:
        if report.is_healthy:
            break
        report = await _checked(manifest, check, transport, base_url, timeout)
    return report


async def required_to_answer(
    manifest: ProtocolManifest,
    transport: HttpTransport,
    *,
    base_url: str | None = None,
    timeout: float | None = None,
) -> None:
    """Make the check of a provider that must be there. Raises ConnectError where it is not."""
    report = await check_provider(manifest, transport, base_url=base_url, timeout=timeout)
    if not report.is_healthy:
        raise ConnectError(
            f"{manifest.id} is not there ({report.message}), and its manifest requires it: bring "
            f"it up, or set availability.required to false in {manifest.source}",
            url=base_url or manifest.base_url,
            provider=manifest.id,
        )


async def _checked(
    manifest: ProtocolManifest,
    check: HealthCheck,
    transport: HttpTransport,
    base_url: str | None,
    timeout: float | None,
) -> HealthReport:
    began = now()
    try:
        status = await _status(manifest, check, transport, base_url, timeout)
    except AiLibError as error:
        return HealthReport(
            name=manifest.id,
            status=HealthStatus.UNHEALTHY,
            message=str(error),
            latency_ms=(now() - began) * 1000,
        )
    expected = status in check.expected_status
    return HealthReport(
        name=manifest.id,
        status=HealthStatus.HEALTHY if expected else HealthStatus.UNHEALTHY,
        message="" if expected else _unexpected(check, status),
        status_code=status,
        latency_ms=(now() - began) * 1000,
    )


async def _status(
    manifest: ProtocolManifest,
    check: HealthCheck,
    transport: HttpTransport,
    base_url: str | None,
    timeout: float | None,
) -> int:
    base = base_url or manifest.base_url
    if "{" in base:
        raise RequestError(f"the address {base} has a part that only you know: pass base_url=")
    seconds = timeout or check.timeout_ms / 1000
    request = HttpRequest(method=check.method, url=base.rstrip("/") + check.path)
    timeouts = TimeoutOptions(connect=seconds, first_token=seconds, idle=seconds, total=seconds)
    reply = await transport.send(request, timeouts)
    async with reply:
        await reply.drain()
        return reply.status


def _unexpected(check: HealthCheck, status: int) -> str:
    expected = ", ".join(map(str, sorted(check.expected_status)))
    return f"{check.method} {check.path} answered {status}, not {expected}"


def _checks(manifest: ProtocolManifest) -> list[HealthCheck]:
    """Return the check, and the one to make when it fails, which only the second schema has."""
    availability = manifest.availability
    if availability is None or availability.check is None:
        return []
    checks = (availability.check, availability.fallback)
    return [check for check in checks if check is not None]


class HealthChecker:
    """Checks providers and whatever else is registered; what was found holds for a while.

        >>> async with HealthChecker() as checker:
        ...     checker.register(client.manifest)
        ...     report = await checker.check(client.provider_id)

    `ttl` is for how many seconds a result holds, by default what the manifest's `interval_ms`
    suggests, else 30; who asks meanwhile for one that is being made waits for it. `timeout` is
    the most a check may take, by default what the manifest says, else 3 s. A transport given is
    the caller's to close.
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
        self._timeout = timeout
        self._clock = clock
        self._entries: dict[str, _Entry] = {}

    def register(
        self, manifest: ProtocolManifest, *, base_url: str | None = None, name: str | None = None
    ) -> str:
        """Take in a provider, at its manifest's address or another; return its name.

        That is the manifest's id unless another is given; what had the name before is replaced.
        """

        async def check() -> HealthReport:
            return await check_provider(
                manifest, self._transport, base_url=base_url, timeout=self._timeout
            )

        name = name or manifest.id
        self._entries[name] = _Entry(check, _interval(manifest))
        return name

    def register_check(self, name: str, check: Check) -> None:
        """Take in a check of one's own. What it raises makes it unhealthy, as does a timeout."""

        async def bounded() -> HealthReport:
            try:
                with fail_after(self._timeout or 3.0):
                    return await check()
            except Exception as error:  # noqa: BLE001 (the error is what the check found)
                text = f"{type(error).__name__}: {error}"
                return HealthReport(name=name, status=HealthStatus.UNHEALTHY, message=text)

        self._entries[name] = _Entry(bounded, _TTL)

    def unregister(self, name: str) -> None:
        """Forget a provider or check."""
        self._entries.pop(name, None)

    async def check(self, name: str, *, fresh: bool = False) -> HealthReport:
        """Return how it is; `fresh` looks again although what was found still holds.

        Raises:
            KeyError: nothing of that name is registered.
        """
        entry = self._entries.get(name)
        if entry is None:
            known = ", ".join(sorted(self._entries)) or "nothing"
            raise KeyError(f"no check {name!r} is registered; there is {known}")
        return await self._look(entry, fresh)

    async def _look(self, entry: _Entry, fresh: bool) -> HealthReport:
        asked = self._clock()
        async with entry.lock:
            # Who waited while another looked has what that one found.
            if entry.report is None or entry.until <= asked or (fresh and entry.found_at < asked):
                entry.report = await entry.check()
                entry.found_at = self._clock()
                entry.until = entry.found_at + (entry.ttl if self._ttl is None else self._ttl)
            return entry.report

    async def check_all(self, *, fresh: bool = False) -> dict[str, HealthReport]:
        """Return how everything is, by name; up to eight checks are made at a time."""
        entries = dict(self._entries)

        def asking(entry: _Entry) -> Check:
            async def ask() -> HealthReport:
                return await self._look(entry, fresh)

            return ask

        reports = await run_all([asking(entry) for entry in entries.values()], _AT_ONCE)
        return dict(zip(entries, reports, strict=True))

    async def status(self) -> HealthStatus:
        """Return the worst of everything; unknown when nothing is registered."""
        return overall((await self.check_all()).values())

    async def aclose(self) -> None:
        """Close the connections, unless the transport was given."""
        if self._owns_transport:
            await self._transport.aclose()

    async def __aenter__(self) -> HealthChecker:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()


class _Entry:
    def __init__(self, check: Check, ttl: float) -> None:
        self.check = check
        self.ttl = ttl
        self.lock = Lock()
        self.report: HealthReport | None = None
        self.found_at = 0.0
        self.until = 0.0


def _interval(manifest: ProtocolManifest) -> float:
    interval = manifest.availability.interval_ms if manifest.availability else None
    return interval / 1000 if interval and interval > 0 else _TTL
