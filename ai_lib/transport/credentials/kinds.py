"""The kinds of credentials that a cloud gives: the one place that knows them by their names."""

from collections.abc import Mapping
from importlib import import_module
from typing import Final

from ai_lib.protocol.manifest.model import Auth, ProtocolManifest
from ai_lib.transport.credentials.source import CredentialSource

# The module of each kind has `find_source(auth, manifest, environ)` and a `HINT`, which says what
# to set where nothing is found.
_MODULES: Final = {
    "aws_sigv4": "ai_lib.transport.credentials.aws",
    "google_oauth": "ai_lib.transport.credentials.google",
    "entra": "ai_lib.transport.credentials.entra",
}
EXTRA_MODULES: Final = {
    "aws": "botocore",
    "google": "google.auth",
    "azure": "azure.identity",
}
"""Each extra of a cloud with a module that is installed with it."""

# What knows the value of a variable in an address, beside the environment.
_VALUE_MODULES: Final = {
    "aws_profile": "ai_lib.transport.credentials.aws",
    "google_project": "ai_lib.transport.credentials.google",
}


def is_issued(auth: Auth) -> bool:
    """Whether the credential of that kind comes from a source, not from a key."""
    return auth.kind in _MODULES


def find_source(
    auth: Auth, manifest: ProtocolManifest, environ: Mapping[str, str]
) -> CredentialSource | None:
    """Return the source of a credential, None where nothing says that there is one.

    Nothing is sent, and no package of a cloud is imported.
    """
    source: CredentialSource | None = import_module(_MODULES[auth.kind]).find_source(
        auth, manifest, environ
    )
    return source


def get_hint(auth: Auth) -> str:
    """Return what to set, so that a source of this kind is found."""
    return str(import_module(_MODULES[auth.kind]).HINT)


def find_value(source: str, environ: Mapping[str, str]) -> str | None:
    """Return the value of a variable that a source knows, None where it does not."""
    module = _VALUE_MODULES.get(source)
    value: str | None = import_module(module).find_value(environ) if module else None
    return value
