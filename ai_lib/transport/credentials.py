"""Finds the API key for a provider: given, in the environment, or in the system's keyring."""

import os
from collections.abc import Mapping
from importlib.util import find_spec
from typing import Final

import msgspec

from ai_lib.errors.tree import CredentialError
from ai_lib.protocol.manifest import ProtocolManifest

_KEYRING_SERVICES: Final = ("ai-protocol", "ai-lib")


class Credential(msgspec.Struct, frozen=True, kw_only=True):
    """A key and where it was found; the key is in no representation of this object."""

    value: str
    source: str

    def __repr__(self) -> str:
        return f"Credential(source={self.source!r})"


def resolve_credential(
    manifest: ProtocolManifest,
    explicit: str | None = None,
    environ: Mapping[str, str] | None = None,
) -> Credential | None:
    """Return the key to use, or None when the provider needs none, or can do without.

    Looked at in order: `explicit`, the variables the manifest names, `<ID>_API_KEY` for the id and
    each alias, the keyring (when the `keyring` package is installed).

    Raises:
        CredentialError: there is none; the message says which variables would do.
    """
    if manifest.auth.kind == "none":
        return None
    if explicit:
        return Credential(value=explicit, source="argument")
    environ = os.environ if environ is None else environ
    names = variable_names(manifest)
    for name in names:
        if value := environ.get(name, "").strip():
            return Credential(value=value, source=f"environment variable {name}")
    if stored := _from_keyring(manifest.id):
        return Credential(value=stored, source="keyring")
    if manifest.auth.optional:
        return None
    raise CredentialError(
        f"no API key for {manifest.id}: set {' or '.join(names)}, or pass api_key=",
        looked_in=(*names, "keyring"),
        provider=manifest.id,
    )


def resolve_api_key(manifest: ProtocolManifest, explicit: str | None = None) -> str | None:
    """Return the key itself, or None; `resolve_credential` also says where it was found."""
    found = resolve_credential(manifest, explicit)
    return found.value if found else None


def variable_names(manifest: ProtocolManifest) -> tuple[str, ...]:
    """Return the environment variables that may hold the key, in the order they are tried."""
    usual = (
        f"{name.upper().replace('-', '_')}_API_KEY" for name in (manifest.id, *manifest.aliases)
    )
    return tuple(dict.fromkeys((*manifest.auth.env, *usual)))


def _from_keyring(provider: str) -> str | None:
    if find_spec("keyring") is None:
        return None
    import keyring
    from keyring.errors import KeyringError

    try:
        found = (keyring.get_password(service, provider) for service in _KEYRING_SERVICES)
        return next((value for value in found if value), None)
    except KeyringError:  # no backend on this machine is the same as no key in it
        return None
