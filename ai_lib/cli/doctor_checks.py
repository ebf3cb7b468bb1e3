"""The checks of `ai-lib doctor` that need no network, and the report they are written to."""

import os
import platform
import re
import sys
from collections.abc import Callable
from datetime import date
from functools import partial
from hashlib import sha256
from importlib.util import find_spec
from typing import Final

import msgspec

from ai_lib._version import __version__
from ai_lib.cli.list_commands import describe_retirements
from ai_lib.errors.exceptions import ProtocolError, RequestError
from ai_lib.protocol.addresses import (
    build_missing_error,
    find_base_url,
    list_missing_variables,
    resolve_variables,
)
from ai_lib.protocol.catalog import ManifestCatalog
from ai_lib.protocol.manifest.model import ProtocolManifest
from ai_lib.protocol.trust import fill_placeholders
from ai_lib.transport.connections.proxy import ProxyRules
from ai_lib.transport.credentials.kinds import EXTRA_MODULES, find_value
from ai_lib.transport.credentials.lookup import describe_credential
from ai_lib.transport.http.url import parse_target

# Each extra with a module that is installed with it.
_EXTRA_MODULES: Final = {
    "vision": "PIL",
    "audio": "soundfile",
    "embeddings": "numpy",
    "telemetry": "opentelemetry",
    "tokenizer": "tiktoken",
    "socks": "socksio",
    "http2": "h2",
    "cli": "rich",
    "jupyter": "ipywidgets",
    **EXTRA_MODULES,
}
_VARIABLE_PREFIXES: Final = ("AI_", "SSL_CERT_")

_ORIGINS: Final = {
    "bundled": "bundled",
    "given": "given by path",
    "updated": "put in force by ai-lib update",
    "found": "found by searching",
    "remote": "fetched",
}

# User name and password of an address.
_CREDENTIALS: Final = re.compile(r"(://)[^/@\s]+@")

NOT_CHECKED: Final = "not checked"


class ProviderReport(msgspec.Struct, kw_only=True):
    """One provider: its key, its host, and the manifest in force."""

    id: str
    key: str
    host: str
    proxied: bool
    origin: str
    source: str
    digest: str
    reachable: str = NOT_CHECKED


class Report(msgspec.Struct, kw_only=True):
    """The whole report; each of `problems` is a sentence that says what to do.

    `retiring` has a sentence for each model that a provider with a key soon won't answer,
    `differences` one for each of these whose own list of models differs from the registry, and
    `refused` one for each manifest that is not used, as a bundled one stays in force.
    """

    version: str
    python: str
    extras: dict[str, bool]
    variables: dict[str, str]
    proxies: dict[str, str]
    certificates: str
    providers: list[ProviderReport]
    retiring: list[str]
    refused: list[str]
    differences: list[str] = []
    problems: list[str]


def examine(
    provider_names: list[str], today: Callable[[], date] = date.today
) -> tuple[Report, list[ProtocolManifest]]:
    """Return the report, and the manifests of its providers; without names, of all providers."""
    catalog = ManifestCatalog()
    problems: list[str] = []
    manifests: list[ProtocolManifest] = []
    for name in provider_names or catalog.list_providers():
        try:
            manifests.append(catalog.load(name).manifest)
        except ProtocolError as error:
            problems.append(error.message)
    reports = [_examine_provider(manifest) for manifest in manifests]
    with_key = {report.id for report in reports if report.key.startswith("found")}
    problems += [text for m in manifests if m.id in with_key for text in _check_address(m)]
    problems += [problem for manifest in manifests for problem in _list_shadowed_keys(manifest)]
    return (
        Report(
            version=__version__,
            python=f"{platform.python_version()} at {sys.executable}",
            extras={name: _is_installed(module) for name, module in _EXTRA_MODULES.items()},
            variables=_list_variables(),
            proxies=_list_proxies(),
            certificates=_describe_certificates(),
            providers=reports,
            retiring=_list_retiring(catalog, with_key, today()) if with_key else [],
            refused=list(catalog.refusals.values()),
            problems=problems,
        ),
        manifests,
    )


def _is_installed(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:  # its package is not there
        return False


def _list_retiring(catalog: ManifestCatalog, providers: set[str], on: date) -> list[str]:
    records = catalog.build_registry().list_models()
    return describe_retirements((r for r in records if r.provider in providers), on)


def _examine_provider(manifest: ProtocolManifest) -> ProviderReport:
    try:
        url = _find_address(manifest)
    except RequestError:  # a problem, where the provider has a key
        url = manifest.base_url
    text = msgspec.json.encode(manifest.raw, order="sorted")
    return ProviderReport(
        id=manifest.id,
        key=_describe_key(manifest),
        host=_get_host(url),
        proxied=_is_proxied(url),
        origin=_ORIGINS[manifest.origin],
        source="bundled" if manifest.origin == "bundled" else manifest.source,
        digest=sha256(text).hexdigest()[:12],
    )


def _find_address(manifest: ProtocolManifest) -> str:
    """Return the base URL with the parts that are known. Raises RequestError for a wrong one."""
    values = resolve_variables(manifest, {}, partial(find_value, environ=os.environ))
    return find_base_url(manifest) or fill_placeholders(manifest.base_url, values)


def _check_address(manifest: ProtocolManifest) -> list[str]:
    """Return what keeps a provider that has a key from being called."""
    try:
        missing = list_missing_variables(_find_address(manifest), manifest)
    except RequestError as error:
        return [error.message]
    return [build_missing_error(missing, manifest).message] if missing else []


def _is_proxied(url: str) -> bool:
    if "{" in url:
        return False
    rules = ProxyRules("environment", os.environ)
    return rules.proxy_for(parse_target(url).origin) is not None


def _list_proxies() -> dict[str, str]:
    """Return the proxy settings in force, without user names and passwords."""
    proxies = {}
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        value = os.environ.get(name) or os.environ.get(name.lower())
        if value:
            proxies[name] = value if name == "NO_PROXY" else _get_host(value)
    return proxies


def _describe_key(manifest: ProtocolManifest) -> str:
    report = describe_credential(manifest)
    if report.status == "available":
        return f"found in {report.source_name}"
    variable = next(iter((*report.required, *report.conventional)), "")
    return "not needed" if report.status == "not needed" else f"set {variable}"


def _list_shadowed_keys(manifest: ProtocolManifest) -> list[str]:
    """Return a problem for each variable with a key that another variable takes precedence over."""
    report = describe_credential(manifest)
    shadowed_names = [name for name in report.shadowed if os.environ.get(name)]
    return [
        f"{name} is set, but {manifest.id} reads {report.source_name}" for name in shadowed_names
    ]


def _list_variables() -> dict[str, str]:
    """Return the environment variables in force that hold no key."""
    return {
        name: _CREDENTIALS.sub(r"\1***@", value)
        for name, value in sorted(os.environ.items())
        if name.startswith(_VARIABLE_PREFIXES) and "KEY" not in name and "TOKEN" not in name
    }


def _describe_certificates() -> str:
    for name in ("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE"):
        if path := os.environ.get(name):
            return f"{name}: {path}" + ("" if os.path.exists(path) else " (not there)")
    return "the system's store, else certifi's"


def _get_host(url: str) -> str:
    """Return the host and port of a URL, without user name and password."""
    return url.partition("://")[2].partition("/")[0].rpartition("@")[2]
