"""A key goes to the hosts it belongs to, whatever a manifest from elsewhere says."""

import re
from collections.abc import Collection, Iterator
from urllib.parse import urlsplit

from ai_lib.errors.exceptions import CredentialError
from ai_lib.protocol.bundle import find_bundled_manifest, list_bundled_names
from ai_lib.protocol.manifest.model import ProtocolManifest
from ai_lib.protocol.manifest.reader import read_manifest
from ai_lib.transport.credentials import Credential, list_key_variables


def check_binding(
    manifest: ProtocolManifest,
    credential: Credential | None,
    *,
    base_url: str | None,
    allowed_hosts: Collection[str],
) -> None:
    """Refuse to send a key that was found for a bundled provider anywhere but there.

    It concerns manifests that were fetched, or found in a folder nobody named. The caller consents
    to another host by naming it, as `base_url` or in `allowed_hosts`, or by giving the key.

    Raises:
        CredentialError: the manifest names another host than the bundled one.
    """
    if manifest.origin in ("bundled", "given") or base_url is not None:
        return
    if credential is None or credential.kind == "explicit":
        return
    host = _host(manifest.base_url)
    owners = list(_owners(manifest, credential))
    if not owners or host in allowed_hosts or any(_is_host_of(owner, host) for owner in owners):
        return
    names = ", ".join(owner.id for owner in owners)
    hosts = ", ".join(_host(owner.base_url) for owner in owners)
    raise CredentialError(
        f"the key in {credential.name or credential.source} is for {names} at {hosts}, but "
        f"{manifest.source} would have it sent to {host}; if that is right, allow the host "
        f"with allow_host({host!r}) or pass base_url={manifest.base_url!r}",
        provider=manifest.id,
    )


def _owners(manifest: ProtocolManifest, credential: Credential) -> Iterator[ProtocolManifest]:
    """Give the bundled providers whose key this is."""
    own_names = {manifest.id, *manifest.aliases}
    for name in list_bundled_names("manifests"):
        document = find_bundled_manifest(name)
        bundled = read_manifest(document, f"bundled manifest {name}")
        by_name = not own_names.isdisjoint({bundled.id, *bundled.aliases})
        if by_name or credential.name in list_key_variables(bundled):
            yield bundled


def _is_host_of(owner: ProtocolManifest, host: str) -> bool:
    # `{region}` and the like stand for one label of a name.
    labels = re.split(r"\{\w+\}", _host(owner.base_url))
    return re.fullmatch("[a-z0-9-]+".join(map(re.escape, labels)), host) is not None


def _host(url: str) -> str:
    """Return the host of an address, with its port when it has one."""
    return urlsplit(url).netloc.lower()
