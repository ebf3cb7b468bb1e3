"""Fills a manifest's addresses: `${VARIABLES}`, and endpoints with an address of their own."""

import os
import re
from collections.abc import Iterator
from typing import Final
from urllib.parse import urlsplit

from ai_lib.errors.exceptions import HostNotAllowed, RequestError
from ai_lib.protocol.manifest.model import Endpoint, ProtocolManifest
from ai_lib.protocol.trust import get_host, is_trusted, list_allowed_hosts

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
