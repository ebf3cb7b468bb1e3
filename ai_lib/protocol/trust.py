"""What a manifest may do that nobody named: one that was found by searching, or fetched.

It decides where prompts and keys are sent, and whoever wrote it need not be whom the caller trusts.
"""

import os
import re
from collections.abc import Collection, Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import msgspec

from ai_lib.errors.exceptions import HostNotAllowed, ProtocolError
from ai_lib.protocol.bundle import find_bundled_manifest
from ai_lib.protocol.compiled import CompiledManifest
from ai_lib.protocol.manifest.endpoints import is_address
from ai_lib.protocol.manifest.model import TRUSTED_ORIGINS, ProtocolManifest
from ai_lib.protocol.manifest.reader import read_manifest

HOSTS_VARIABLE: Final = "AI_ALLOWED_HOSTS"
_MAX_FILE_BYTES: Final = 64 * 1024
_PLACEHOLDER: Final = re.compile(r"(?<!\$)\{(\w+)\}")


class TrustResult(msgspec.Struct, frozen=True, kw_only=True):
    """What is used of a manifest; `refusal` says why the bundled one stays in force instead."""

    compiled: CompiledManifest | None = None
    refusal: str = ""


def fill_placeholders(text: str, values: Mapping[str, str]) -> str:
    """Return a text with the values for its `{name}`s, as far as they are known."""
    return _PLACEHOLDER.sub(lambda hole: values.get(hole[1], hole[0]), text)


def is_trusted(manifest: ProtocolManifest) -> bool:
    """Whether the manifest ships with the library, or the caller named or accepted it."""
    return manifest.origin in TRUSTED_ORIGINS


def admit_manifest(compiled: CompiledManifest, name: str) -> TrustResult:
    """Return what is used of a manifest that was loaded for a provider's id or alias.

    In the place of a bundled one it must send to the hosts that the bundled one sends to, with the
    variables that it reads. Any other one reads no variable but `<ID>_API_KEY`.
    """
    manifest = compiled.manifest
    if is_trusted(manifest):
        return TrustResult(compiled=compiled)
    document = find_bundled_manifest(name) or find_bundled_manifest(manifest.id)
    if document is None:
        auth = msgspec.structs.replace(manifest.auth, env=(), shadowed_env=())
        manifest = msgspec.structs.replace(manifest, auth=auth, aliases=())
        return TrustResult(compiled=msgspec.structs.replace(compiled, manifest=manifest))
    addresses, variables, names = _read_bundled(str(document["id"]))
    refusal = _find_conflict(manifest, addresses, variables)
    if refusal:
        return TrustResult(
            refusal=f"{manifest.source} is not used in place of the bundled {document['id']}: "
            f"{refusal}; name its folder in AI_PROTOCOL_PATH, or pass protocol_dir=, if it is to be"
        )
    # Each alias is a variable that may hold a key.
    aliases = tuple(alias for alias in manifest.aliases if alias in names)
    manifest = msgspec.structs.replace(manifest, aliases=aliases)
    return TrustResult(compiled=msgspec.structs.replace(compiled, manifest=manifest))


def _find_conflict(
    manifest: ProtocolManifest, addresses: Collection[str], variables: Collection[str]
) -> str:
    if not any(_is_same_host(manifest.base_url, address) for address in addresses):
        return f"it sends to {get_host(manifest.base_url)}"
    others = [variable for variable in manifest.auth.env if variable not in variables]
    return f"it reads {', '.join(others)}" if others else ""


@lru_cache(maxsize=64)
def _read_bundled(provider: str) -> tuple[frozenset[str], frozenset[str], frozenset[str]]:
    """Return a bundled provider's addresses, the variables with its key, and its names."""
    document = find_bundled_manifest(provider)
    source = f"bundled manifest {provider}"
    default = read_manifest(document, source)
    families = [read_manifest(document, source, family) for family in default.api_families]
    names = frozenset({default.id, *default.aliases})
    manifests = (default, *families)
    declared = {variable for manifest in manifests for variable in manifest.auth.env}
    conventional = {get_key_variable(name) for name in names}
    addresses = frozenset(manifest.base_url for manifest in manifests)
    return addresses, frozenset(declared | conventional), names


def get_key_variable(name: str) -> str:
    """Return the variable that holds the key of a provider of that name by convention."""
    return f"{name.upper().replace('-', '_')}_API_KEY"


def check_host(
    manifest: ProtocolManifest, *, base_url: str | None, allowed_hosts: Collection[str]
) -> None:
    """Refuse to send anything where a manifest that nobody named would have it sent.

    The caller names the host as `base_url`, in `allowed_hosts`, in the variable
    `AI_ALLOWED_HOSTS` or in the file of allowed hosts.

    Raises:
        HostNotAllowed: nobody allowed the host.
    """
    if is_trusted(manifest) or base_url is not None:
        return
    if find_bundled_manifest(manifest.id) is not None and not _find_conflict(
        manifest, *_read_bundled(manifest.id)[:2]
    ):
        return
    host = get_host(fill_placeholders(manifest.base_url, manifest.variable_values))
    if host in allowed_hosts or host in set(list_allowed_hosts()):
        return
    raise HostNotAllowed(
        f"{manifest.source} would have {manifest.id} called at {host}, and nobody allowed that: "
        f"if it is right, set allow_host({host!r}), name it in {HOSTS_VARIABLE} or in "
        f"{_find_hosts_file()}, or name the manifest's folder in AI_PROTOCOL_PATH",
        host=host,
        source=manifest.source,
        provider=manifest.id,
    )


def allow_hosts(compiled: CompiledManifest, hosts: frozenset[str]) -> CompiledManifest:
    """Return the manifest with the hosts to which its endpoints' own addresses may lead."""
    manifest = compiled.manifest
    endpoints = (*manifest.endpoints.values(), *manifest.services.values())
    if not any(is_address(endpoint.path) for endpoint in endpoints):
        return compiled
    return compiled.with_manifest(allowed_hosts=hosts)


def list_allowed_hosts() -> Iterator[str]:
    """Yield the hosts that `AI_ALLOWED_HOSTS` and the file of allowed hosts name."""
    yield from os.environ.get(HOSTS_VARIABLE, "").lower().replace(",", " ").split()
    path = _find_hosts_file()
    try:
        with path.open("rb") as file:
            text = file.read(_MAX_FILE_BYTES).decode("utf-8", "replace")
    except FileNotFoundError:
        return
    except OSError as error:
        raise ProtocolError(f"{path}: can't be read: {error}", source=str(path)) from error
    for line in text.split("\n"):
        yield from line.partition("#")[0].lower().split()


def _find_hosts_file() -> Path:
    """Return the user's file of allowed hosts: no project that is looked at can bring its own."""
    base = os.environ.get("XDG_CONFIG_HOME") or os.environ.get("APPDATA")
    folder = Path(base) if base else Path(os.path.expanduser("~")) / ".config"
    return folder / "ai-lib" / "allowed-hosts"


def get_host(url: str) -> str:
    """Return the host of an address, with its port when it has one."""
    return urlsplit(url).netloc.lower()


def _is_same_host(address: str, own_address: str) -> bool:
    if urlsplit(address).scheme != urlsplit(own_address).scheme:
        return False
    host, own_host = get_host(address), get_host(own_address)
    # `{region}` and the like stand for one label of a name.
    labels = re.split(r"\{\w+\}", own_host)
    is_filled = re.fullmatch("[a-z0-9-]+".join(map(re.escape, labels)), host) is not None
    # A placeholder alone would let any host pass.
    return host == own_host or (is_filled and bool(labels[-1].strip(".")))
