"""`ai-lib doctor`: reports the settings in force on this machine, and problems with them."""

from __future__ import annotations

import argparse
import functools

import msgspec

from ai_lib.cli.doctor_checks import NOT_CHECKED, Report, examine
from ai_lib.cli.output import find_width, format_table, write_problem, write_text
from ai_lib.errors.exceptions import AiLibError, HostNotAllowed
from ai_lib.protocol.catalog import ManifestCatalog
from ai_lib.protocol.manifest.model import ProtocolManifest
from ai_lib.protocol.trust import check_host
from ai_lib.types.wire import HttpRequest, TimeoutOptions

from .._runtime.backend import run_all
from ..transport import HttpTransport

_TIMEOUT_SECONDS = 5.0
_MAX_CONCURRENT_CHECKS = 8


async def run_doctor(parsed: argparse.Namespace) -> int:
    """Write the report to standard output; return 1 when there is a problem."""
    report, manifests = examine(parsed.provider)
    if parsed.check:
        await _check_providers(report, manifests)
        await _compare_lists(report, manifests)
    if parsed.json:
        text = msgspec.json.format(msgspec.json.encode(report), indent=2).decode()
        write_text(f"{text}\n")
    else:
        _write_report(report)
    for problem in report.problems:
        write_problem(problem)
    return 1 if report.problems else 0


async def _check_providers(report: Report, manifests: list[ProtocolManifest]) -> None:
    """Check whether each provider's host responds; this sends no key."""
    async with HttpTransport() as transport:
        checks = [functools.partial(_check_host, transport, manifest) for manifest in manifests]
        results = await run_all(checks, _MAX_CONCURRENT_CHECKS)
    for provider, result in zip(report.providers, results, strict=True):
        provider.reachable = result
        if not result.startswith("yes") and provider.key.startswith("found"):
            report.problems.append(f"{provider.id} can't be reached: {result}")


async def _compare_lists(report: Report, manifests: list[ProtocolManifest]) -> None:
    """Compare the own lists of the providers that have a key with the registry."""
    from .live_commands import compare_with_live_list

    with_key = {provider.id for provider in report.providers if provider.key.startswith("found")}
    names = [m.id for m in manifests if m.id in with_key and "list_models" in m.endpoints]
    if not names:
        return
    records = ManifestCatalog().build_registry().list_models()
    comparisons = [
        functools.partial(compare_with_live_list, name, [r for r in records if r.provider == name])
        for name in names
    ]
    sentences = await run_all(comparisons, _MAX_CONCURRENT_CHECKS)
    report.differences = [sentence for sentence in sentences if sentence]


async def _check_host(transport: HttpTransport, manifest: ProtocolManifest) -> str:
    url = manifest.base_url
    try:
        check_host(manifest, base_url=None, allowed_hosts=())
    except HostNotAllowed:
        return "not checked: nobody allowed this host"
    if "{" in url:
        return "no: its URL has placeholders without values"
    request = HttpRequest(method="GET", url=url, headers=(("Accept", "*/*"),))
    timeouts = TimeoutOptions(
        connect=_TIMEOUT_SECONDS,
        first_token=_TIMEOUT_SECONDS,
        idle=_TIMEOUT_SECONDS,
        total=_TIMEOUT_SECONDS,
    )
    try:
        async with await transport.send(request, timeouts) as response:
            return f"yes ({response.status})"
    except AiLibError as error:
        return f"no: {error.message}"


def _write_report(report: Report) -> None:
    extras = [
        name if is_installed else f"{name} (absent)" for name, is_installed in report.extras.items()
    ]
    lines = [
        f"ai-lib        {report.version}",
        f"Python        {report.python}",
        f"extras        {', '.join(extras)}",
        f"settings      {_format_pairs(report.variables) or 'no AI_... variable is set'}",
        f"proxies       {_format_pairs(report.proxies) or 'none'}",
        f"certificates  {report.certificates}",
        "",
    ]
    rows = [
        {
            "provider": provider.id,
            "key": f"missing: {provider.key}" if provider.key.startswith("set ") else provider.key,
            "host": f"{provider.host} (proxied)" if provider.proxied else provider.host,
            "reachable": provider.reachable,
            "origin": provider.origin,
            "manifest": provider.source,
            "digest": provider.digest,
        }
        for provider in report.providers
    ]
    columns = ["provider", "key", "host", "reachable", "origin", "manifest", "digest"]
    if all(provider.reachable == NOT_CHECKED for provider in report.providers):
        columns.remove("reachable")
    write_text("\n".join(lines) + "\n" + format_table(columns, rows, width=find_width()))
    if sentences := [*report.refused, *report.retiring, *report.differences]:
        write_text("\n" + "".join(f"{sentence}.\n" for sentence in sentences))


def _format_pairs(values: dict[str, str]) -> str:
    return ", ".join(f"{name}={value}" for name, value in values.items())
