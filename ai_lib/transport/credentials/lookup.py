"""Finds the API key of a provider: an argument, a variable of the environment, or the keyring."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Final, Literal

import msgspec

from ai_lib.errors.exceptions import CredentialError
from ai_lib.protocol.manifest.model import TRUSTED_ORIGINS, Auth, ProtocolManifest
from ai_lib.types.secret import Secret, make_secret

if TYPE_CHECKING:
    from ai_lib.transport.credentials.credential_cache import CredentialCache

SourceKind = Literal["explicit", "manifest_env", "conventional_env", "keyring", "source", "none"]

_ISSUED_KINDS: Final = ("aws_sigv4", "google_oauth", "entra")
KEYRING_SERVICES: Final = ("ai-protocol", "ai-lib")


class Credential(msgspec.Struct, frozen=True, kw_only=True):
    """A key and its source; the key is in no representation of this object.

    `kind` is the kind of source and `name` the variable or the keyring service, if there is one.
    With `cache` the credential comes from a source that each attempt asks; `value` is then empty.
    `auth` is how it is attached, where the manifest has several ways.
    """

    value: str
    source: str
    kind: SourceKind = "explicit"
    name: str | None = None
    cache: CredentialCache | None = None
    auth: Auth | None = None

    @property
    def secrets(self) -> tuple[str, ...]:
        """The texts that must not be shown."""
        return (self.value,) if self.cache is None else self.cache.secrets

    def __post_init__(self) -> None:
        msgspec.structs.force_setattr(self, "value", Secret(self.value))

    def __repr__(self) -> str:
        return f"Credential(source={self.source!r})"

    def __copy__(self) -> Credential:
        return self

    def __deepcopy__(self, _: object) -> Credential:
        return self

    def __reduce__(self) -> tuple[object, ...]:
        """Pickle where the key is, not the key."""
        return _find_again, (self.source, self.kind, self.name)


def _find_again(source: str, kind: SourceKind, name: str | None) -> Credential:
    """Return a credential that was pickled, with the key that this process has.

    Raises:
        CredentialError: the key was no variable of the environment, or is none here.
    """
    key = os.environ.get(name or "", "").strip() if kind.endswith("_env") else ""
    if not key:
        raise CredentialError(
            f"a pickled credential holds no key, and this process has none: it was {source}; "
            "pickle a builder instead, after carry_keys() if the key is given in code",
            looked_in=(source,),
        )
    return Credential(value=key, source=source, kind=kind, name=name)


class CredentialReport(msgspec.Struct, frozen=True, kw_only=True):
    """Where a provider's key comes from, or where it was searched; never the key itself.

    `required` are the variables the manifest names, `conventional` those tried after them.
    `shadowed` are variables of an `auth` block that `endpoint.auth` overrides: they count for
    nothing. `sent_as` says how the key is sent.
    """

    provider: str
    status: Literal["available", "missing", "not needed"]
    source_kind: SourceKind
    source_name: str | None
    required: tuple[str, ...]
    conventional: tuple[str, ...]
    shadowed: tuple[str, ...]
    sent_as: str

    @property
    def looked_in(self) -> tuple[str, ...]:
        """Every source that may hold the key, in the order they are tried."""
        return (*self.required, *self.conventional, "keyring")

    def __str__(self) -> str:
        if self.status == "not needed":
            return f"{self.provider} needs no key"
        if self.status == "missing":
            text = f"no API key for {self.provider}: set {self._variables}, or pass api_key="
        else:
            source = self.source_name or _SOURCE_LABELS[self.source_kind]
            text = f"key for {self.provider} from {source}, sent as {self.sent_as}"
        if self.shadowed:
            names = ", ".join(self.shadowed)
            text += (
                f"; {names} of the manifest's top-level auth block is not used, because "
                "endpoint.auth is what counts: remove one of the two blocks"
            )
        return text

    @property
    def _variables(self) -> str:
        return " or ".join((*self.required, *self.conventional))


_SOURCE_LABELS: Final[Mapping[SourceKind, str]] = {"explicit": "the api_key argument"}


def resolve_credential(
    manifest: ProtocolManifest,
    explicit: str | CredentialCache | None = None,
    environ: Mapping[str, str] | None = None,
) -> Credential | None:
    """Return the key to use, or None when the provider needs none, or can do without.

    The sources, in order: `explicit`, the variables the manifest names, `<ID>_API_KEY` for the id
    and each alias, the keyring (when the `keyring` package is installed).

    Raises:
        CredentialError: there is none; the message says which variables would do.
        RequestError: its source needs something that is missing.
    """
    if manifest.auth.kind == "none":
        return None
    credential = _search(manifest, explicit, os.environ if environ is None else environ)
    if credential is None and not manifest.auth.optional:
        report = _report(manifest, None)
        raise CredentialError(str(report), looked_in=report.looked_in, provider=manifest.id)
    if credential is not None and credential.cache is not None:
        credential.cache.source.check()
    return credential


def describe_credential(
    manifest: ProtocolManifest,
    explicit: str | CredentialCache | None = None,
    environ: Mapping[str, str] | None = None,
    *,
    credential: Credential | None = None,
) -> CredentialReport:
    """Return where the key for a provider comes from, without the key; it never raises.

    `credential` is the one in use, when there is one; else it is searched.
    """
    environ = os.environ if environ is None else environ
    if credential is None and manifest.auth.kind != "none":
        credential = _search(manifest, explicit, environ)
    return _report(manifest, credential)


def resolve_api_key(manifest: ProtocolManifest, explicit: str | None = None) -> str | None:
    """Return the key itself, or None; `resolve_credential` also says where it was found."""
    credential = resolve_credential(manifest, explicit)
    return credential.value if credential else None


def list_key_variables(manifest: ProtocolManifest) -> tuple[str, ...]:
    """Return the environment variables that may hold the key, in the order they are tried."""
    return (*manifest.auth.env, *_conventional_variables(manifest))


def _conventional_variables(manifest: ProtocolManifest) -> tuple[str, ...]:
    names = (manifest.id, *manifest.aliases)
    variables = dict.fromkeys(f"{name.upper().replace('-', '_')}_API_KEY" for name in names)
    return tuple(name for name in variables if name not in manifest.auth.env)


def _search(
    manifest: ProtocolManifest, explicit: str | CredentialCache | None, environ: Mapping[str, str]
) -> Credential | None:
    if explicit is not None and not isinstance(explicit, str):
        label = explicit.source.label
        return Credential(value="", source=label, kind="source", name=label, cache=explicit)
    if key := make_secret(explicit):
        return Credential(value=key, source="argument")
    kinds: tuple[tuple[SourceKind, tuple[str, ...]], ...] = (
        ("manifest_env", manifest.auth.env),
        ("conventional_env", _conventional_variables(manifest)),
    )
    for kind, names in kinds:
        if credential := _from_environment(kind, names, environ):
            return credential
    credential = _from_keyring(manifest.id)
    is_issued = manifest.auth.kind in _ISSUED_KINDS
    if credential is not None or not (manifest.other_auths or is_issued):
        return credential
    return _search_others(manifest, environ)


def _from_environment(
    kind: SourceKind, names: Iterable[str], environ: Mapping[str, str], auth: Auth | None = None
) -> Credential | None:
    for name in names:
        if value := environ.get(name, "").strip():
            source = f"environment variable {name}"
            return Credential(value=value, source=source, kind=kind, name=name, auth=auth)
    return None


def _search_others(manifest: ProtocolManifest, environ: Mapping[str, str]) -> Credential | None:
    """Return the credential of a manifest's other ways, for a manifest that somebody named."""
    if manifest.origin not in TRUSTED_ORIGINS:
        return None
    from ai_lib.transport.credentials.credential_cache import CredentialCache
    from ai_lib.transport.credentials.kinds import find_source, is_issued

    for auth in (manifest.auth, *manifest.other_auths):
        if credential := _from_environment("manifest_env", auth.env, environ, auth):
            return credential
        source = find_source(auth, manifest, environ) if is_issued(auth) else None
        if source is not None:
            cache = CredentialCache(source)
            label = source.label
            return Credential(
                value="", source=label, kind="source", name=label, cache=cache, auth=auth
            )
    return None


def _list_hints(manifest: ProtocolManifest) -> Iterator[str]:
    """Yield what may hold a credential: the variables, and what issues one."""
    from ai_lib.transport.credentials.kinds import get_hint, is_issued

    for auth in (manifest.auth, *manifest.other_auths):
        yield from auth.env
        if is_issued(auth):
            yield get_hint(auth)


def _from_keyring(provider: str) -> Credential | None:
    try:
        import keyring
        from keyring.errors import KeyringError
    except ImportError:
        return None
    try:
        for service in KEYRING_SERVICES:
            if value := make_secret(keyring.get_password(service, provider)):
                name = f"keyring service {service}"
                return Credential(value=value, source="keyring", kind="keyring", name=name)
    except KeyringError:  # no backend on this machine is the same as no key in it
        pass
    return None


def _report(manifest: ProtocolManifest, credential: Credential | None) -> CredentialReport:
    has_key = manifest.auth.kind != "none"
    is_needed = has_key and not manifest.auth.optional
    missing: Literal["missing", "not needed"] = "missing" if is_needed else "not needed"
    return CredentialReport(
        provider=manifest.id,
        status="available" if credential else missing,
        source_kind=credential.kind if credential else "none",
        source_name=credential.name if credential else None,
        required=_list_required(manifest),
        conventional=_conventional_variables(manifest) if has_key else (),
        shadowed=manifest.auth.shadowed_env,
        sent_as=_describe_sending((credential and credential.auth) or manifest.auth),
    )


def _list_required(manifest: ProtocolManifest) -> tuple[str, ...]:
    if manifest.other_auths or manifest.auth.kind in _ISSUED_KINDS:
        return tuple(dict.fromkeys(_list_hints(manifest)))
    return manifest.auth.env


def _describe_sending(auth: Auth) -> str:
    if auth.kind == "aws_sigv4":
        return "a signature of each request"
    if auth.kind == "query":
        return f"query parameter {auth.param}"
    prefix = f" after {auth.prefix!r}" if auth.prefix else ""
    return f"header {auth.header}{prefix}"
