"""Fills a manifest's addresses: `${VARIABLES}`, `{variables}`, and endpoints with their own."""

import os
import re
from collections.abc import Callable, Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Final
from urllib.parse import quote, urlsplit

from ai_lib.errors.exceptions import HostNotAllowed, RequestError
from ai_lib.protocol.manifest.model import AddressPart, Endpoint, ProtocolManifest
from ai_lib.protocol.trust import fill_placeholders, get_host, is_trusted, list_allowed_hosts

VARIABLE: Final = re.compile(r"\$\{(\w+)\}")
# What stands in a name of a host or in one segment of a path, and can't end either.
_VALUE: Final = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._~-]*[A-Za-z0-9])?")


def list_variables(manifest: ProtocolManifest) -> tuple[str, ...]:
    """Return the environment variables that the manifest's addresses name, each once."""
    texts = [manifest.base_url, *(endpoint.path for _, endpoint in list_endpoints(manifest))]
    return tuple(dict.fromkeys(name for text in texts for name in VARIABLE.findall(text)))


def list_endpoints(manifest: ProtocolManifest) -> Iterator[tuple[str, Endpoint]]:
    """Yield all endpoints and services by name."""
    yield from manifest.endpoints.items()
    yield from manifest.services.items()


def fill_variables(address: str, manifest: ProtocolManifest) -> str:
    """Return an address or a path with its `${VARIABLES}` filled from the environment.

    Raises RequestError when one is not set or holds more than a part of an address, or when nobody
    named the manifest: it must not send what it likes of the environment.
    """

    def fill(hole: re.Match[str]) -> str:
        name = hole[1]
        if not is_trusted(manifest):
            raise RequestError(
                f"{manifest.source} would read {name} into the address of {manifest.id}, and "
                "nobody named that manifest: pass base_url=, or name its folder in "
                "AI_PROTOCOL_PATH",
                provider=manifest.id,
            )
        value = os.environ.get(name, "")
        if not _VALUE.fullmatch(value):
            problem = "is not part of an address" if value else "is not set"
            raise RequestError(
                f"the address of {manifest.id}, {address}, needs the environment variable {name}, "
                f"which {problem}: set it, or pass base_url=",
                provider=manifest.id,
            )
        return value

    return VARIABLE.sub(fill, address)


def resolve_variables(
    manifest: ProtocolManifest,
    own_values: Mapping[str, str],
    find_value: Callable[[str], str | None] = lambda source: None,
) -> dict[str, str]:
    """Return the values of the manifest's variables, as far as they are known.

    `own_values` are the caller's; `find_value` asks a source that a variable names by `found_by`.
    The environment is read for a manifest only that somebody named.

    Raises:
        RequestError: a value is not what may stand there; the message says where it came from.
    """
    values: dict[str, str] = {}
    for name, variable in manifest.variables.items():
        source, value = _find_value(name, variable, own_values, values, manifest, find_value)
        if not value:
            continue
        if variable.by is None and not variable.pattern.fullmatch(value):
            raise RequestError(
                f"{source} is {value[:80]!r}, which can't be the {name} of {manifest.id}: it must "
                f"match {variable.pattern.pattern}",
                provider=manifest.id,
            )
        values[name] = value
    return values


def _find_value(
    name: str,
    variable: AddressPart,
    own_values: Mapping[str, str],
    values: Mapping[str, str],
    manifest: ProtocolManifest,
    find_value: Callable[[str], str | None],
) -> tuple[str, str | None]:
    """Return a variable's value with a name for where it came from."""
    if variable.by is not None:
        other = values.get(variable.by, "")
        patterns = (pattern for pattern in variable.values if fnmatchcase(other, pattern))
        text = variable.values.get(next(patterns, ""), "") if other else ""
        return name, fill_placeholders(text, values)
    if name in own_values:
        return f"variable({name}=...)", own_values[name]
    if is_trusted(manifest):
        for env in variable.env:
            if value := os.environ.get(env, "").strip():
                return f"the environment variable {env}", value
        source = variable.found_by
        if source is not None and (found_value := find_value(source)):
            return source.replace("_", " "), found_value
    return "the manifest's default", variable.default


def list_missing_variables(text: str, manifest: ProtocolManifest) -> list[str]:
    """Return the variables of an address or a path that have no value; `by` leads to its own."""
    holes = re.findall(r"(?<!\$)\{(\w+)\}", text)
    missing = [hole for hole in holes if hole not in manifest.variable_values]
    variables = manifest.variables
    sources = [variables[hole].by or hole for hole in missing if hole in variables]
    return list(dict.fromkeys(sources))


def build_missing_error(names: list[str], manifest: ProtocolManifest) -> RequestError:
    """Return the error for variables without a value; it says how to give them."""
    arguments = ", ".join(f"{name}=..." for name in names)
    environment = "; ".join(
        f"{' or '.join(manifest.variables[name].env)} for the {name}"
        for name in names
        if manifest.variables[name].env
    )
    hint = f", or set {environment} in the environment" if environment else ""
    return RequestError(
        f"the address of {manifest.id} needs its {' and '.join(names)}: call "
        f"builder().variable({arguments}){hint}, or pass base_url=",
        provider=manifest.id,
    )


def find_base_url(manifest: ProtocolManifest) -> str | None:
    """Return the base URL that a variable of the environment has, None when there is none.

    Raises:
        RequestError: it is no http(s) address.
    """
    for name in manifest.base_url_env if is_trusted(manifest) else ():
        if address := os.environ.get(name, "").strip():
            if urlsplit(address).scheme not in ("http", "https") or not get_host(address):
                raise RequestError(f"{name} is no http(s) address", provider=manifest.id)
            return address
    return None


def complete_base(base: str, base_path: str) -> str:
    """Return a base URL with the path that follows it, as far as it does not end in that."""
    address, mark, query = base.partition("?")
    address = address.rstrip("/")
    steps = base_path.strip("/").split("/")
    own_steps = urlsplit(address).path.strip("/").split("/")
    shared = next(
        (count for count in range(len(steps), 0, -1) if own_steps[-count:] == steps[:count]), 0
    )
    return "/".join([address, *steps[shared:]]) + mark + query


def resolve_address(manifest: ProtocolManifest, base_url: str | None) -> str:
    """Return `base_url`, or else the manifest's own one, filled, with the path that follows it.

    Raises:
        RequestError: a part of it has no value.
    """
    base = base_url or fill_placeholders(manifest.base_url, manifest.variable_values)
    if not base_url:
        base = fill_variables(base, manifest)
        if missing := list_missing_variables(base, manifest):
            raise build_missing_error(missing, manifest)
    if "{" in base:
        raise RequestError(
            f"the address of {manifest.id}, {base}, has a part that only you know: pass base_url=",
            provider=manifest.id,
        )
    base = complete_base(base, manifest.base_path) if manifest.base_path else base
    return base.rstrip("/")


def fill_path(path: str, manifest: ProtocolManifest) -> str:
    """Return an endpoint's path with all that the manifest and the environment know of it.

    Raises:
        RequestError: a part of it has no value.
    """
    quoted = {name: quote(value, safe=":@") for name, value in manifest.variable_values.items()}
    path = fill_placeholders(path, quoted)
    if missing := list_missing_variables(path, manifest):
        raise build_missing_error(missing, manifest)
    return fill_variables(path, manifest)


def place_endpoint(address: str, base_url: str, manifest: ProtocolManifest) -> str:
    """Return where an endpoint is called that has an address of its own, filled.

    An endpoint of a bundled manifest is called there; where the base URL was replaced, below that,
    since what stands in for a provider has one address. Raises as `check_endpoint`.
    """
    if manifest.origin != "bundled":
        address = fill_path(address, manifest)
        check_endpoint(address, base_url, manifest)
        return address
    usual_address = fill_placeholders(manifest.base_url, manifest.variable_values)
    if get_host(usual_address) == get_host(base_url):
        return fill_path(address, manifest)
    parts = urlsplit(address)
    base = base_url.partition("?")[0].removesuffix(manifest.base_path)
    path = fill_path(parts.path, manifest)
    return f"{base}{path}{'?' if parts.query else ''}{parts.query}"


def check_endpoint(address: str, base_url: str, manifest: ProtocolManifest) -> None:
    """Refuse an endpoint's own address that leads away from the provider's host.

    Raises:
        HostNotAllowed: nobody allowed the host.
        RequestError: it is no http(s) address.
    """
    parts, base = urlsplit(address), urlsplit(base_url)
    host = get_host(address)
    if parts.scheme not in ("http", "https") or not host:
        raise RequestError(f"{address} is no http(s) address", provider=manifest.id)
    if (parts.scheme, host) == (base.scheme, base.netloc.lower()):
        return
    if host in manifest.allowed_hosts or host in set(list_allowed_hosts()):
        return
    raise HostNotAllowed(
        f"{manifest.source} has {manifest.id} called at {host} for this operation, away from "
        f"{base.netloc}, and nobody allowed that: if it is right, set allow_host({host!r}) or name "
        "it in AI_ALLOWED_HOSTS",
        host=host,
        source=manifest.source,
        provider=manifest.id,
    )
