"""`ai-lib doctor`: what is in force on this machine, and what is wrong with it."""

from __future__ import annotations

import argparse
import functools
import sys

import msgspec

from ai_lib.cli.doctor_checks import NOT_CHECKED, Report, examine
from ai_lib.cli.output import table
from ai_lib.errors.exceptions import AiLibError
from ai_lib.protocol.manifest.model import ProtocolManifest
from ai_lib.types.wire import HttpRequest, TimeoutOptions

from .._runtime.backend import run_all
from ..transport import HttpTransport

_SECONDS = 5.0
_AT_ONCE = 8


async def doctor(parsed: argparse.Namespace) -> int:
    """Write the report to standard output; return 1 when there is a problem."""
    report, manifests = examine(parsed.provider)
    if parsed.check:
        await _check(report, manifests)
    if parsed.json:
        text = msgspec.json.format(msgspec.json.encode(report), indent=2).decode()
        sys.stdout.write(f"{text}\n")
    else:
        _write(report)
    for problem in report.problems:
        sys.stderr.write(f"ai-lib: {problem}\n")
    return 1 if report.problems else 0


async def _check(report: Report, manifests: list[ProtocolManifest]) -> None:
    """See whether each provider's host answers; no key is sent."""
    async with HttpTransport() as transport:
        asked = [functools.partial(_reach, transport, one.base_url) for one in manifests]
        answers = await run_all(asked, _AT_ONCE)
    for provider, answer in zip(report.providers, answers, strict=True):
        provider.reachable = answer
        if not answer.startswith("yes") and provider.key.startswith("found"):
            report.problems.append(f"{provider.id} can't be reached: {answer}")


async def _reach(transport: HttpTransport, url: str) -> str:
    if "{" in url:
        return "no: its address needs values first"
    request = HttpRequest(method="GET", url=url, headers=(("Accept", "*/*"),))
    clocks = TimeoutOptions(connect=_SECONDS, first_token=_SECONDS, idle=_SECONDS, total=_SECONDS)
    try:
        async with await transport.send(request, clocks) as reply:
            return f"yes ({reply.status})"
    except AiLibError as error:
        return f"no: {error.message}"


def _write(report: Report) -> None:
    extras = [name if there else f"{name} (absent)" for name, there in report.extras.items()]
    lines = [
        f"ai-lib        {report.version}",
        f"Python        {report.python}",
        f"extras        {', '.join(extras)}",
        f"settings      {_pairs(report.variables) or 'no AI_... variable is set'}",
        f"proxies       {_pairs(report.proxies) or 'none'}",
        f"certificates  {report.certificates}",
        "",
    ]
    rows = [
        {
            "provider": one.id,
            "key": f"missing: {one.key}" if one.key.startswith("set ") else one.key,
            "host": f"{one.host} (proxied)" if one.proxied else one.host,
            "reachable": one.reachable,
            "manifest": one.source,
            "digest": one.digest,
        }
        for one in report.providers
    ]
    columns = ["provider", "key", "host", "reachable", "manifest", "digest"]
    if all(one.reachable == NOT_CHECKED for one in report.providers):
        columns.remove("reachable")
    sys.stdout.write("\n".join(lines) + "\n" + table(columns, rows))


def _pairs(values: dict[str, str]) -> str:
    return ", ".join(f"{name}={value}" for name, value in values.items())
