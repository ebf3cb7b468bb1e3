"""Access tokens of Google: application default credentials, by `google-auth`."""

import os
from collections.abc import Callable, Mapping
from datetime import timezone
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import msgspec

from ai_lib.errors.exceptions import CredentialError
from ai_lib.protocol.manifest.model import Auth, ProtocolManifest
from ai_lib.transport.credentials.source import (
    CredentialSource,
    IssuedCredential,
    attach_bearer,
)
from ai_lib.types.json import JsonObject
from ai_lib.types.wire import HttpRequest

HINT: Final = (
    "GOOGLE_APPLICATION_CREDENTIALS, or `gcloud auth application-default login`, with google-auth "
    "(pip install 'ai-lib[google]')"
)
_SCOPES: Final = "https://www.googleapis.com/auth/cloud-platform"
_EARLY_SECONDS: Final = 225.0


def find_source(
    auth: Auth, manifest: ProtocolManifest, environ: Mapping[str, str]
) -> CredentialSource | None:
    """Return the application default credentials, None without `google-auth`."""
    if find_spec("google") is None or find_spec("google.auth") is None:
        return None
    scopes = tuple(auth.settings.get("scopes", _SCOPES).split())
    path = _find_file(environ)
    name = "GOOGLE_APPLICATION_CREDENTIALS" if environ.get(_VARIABLE) else str(path or "")
    return GoogleTokenSource(name or "the metadata server", scopes)


def find_value(environ: Mapping[str, str]) -> str | None:
    """Return the project that the file with the credentials names."""
    document = _read_file(environ)
    project = document.get("project_id") or document.get("quota_project_id")
    return project if isinstance(project, str) else None


_VARIABLE: Final = "GOOGLE_APPLICATION_CREDENTIALS"


def _find_file(environ: Mapping[str, str]) -> Path | None:
    file_name = environ.get(_VARIABLE)
    folder = environ.get("CLOUDSDK_CONFIG")
    home = Path(os.path.expanduser("~"))
    base = environ.get("APPDATA")
    usual = Path(folder) if folder else (Path(base) if base else home / ".config") / "gcloud"
    path = (
        Path(file_name).expanduser()
        if file_name
        else usual / "application_default_credentials.json"
    )
    return path if path.is_file() else None


def _read_file(environ: Mapping[str, str]) -> JsonObject:
    path = _find_file(environ)
    try:
        document: object = msgspec.json.decode(path.read_bytes()) if path else {}
    except (OSError, msgspec.DecodeError):
        return {}
    return document if isinstance(document, dict) else {}


class GoogleTokenSource(CredentialSource):
    """The access token of the application default credentials.

    A project that pays for the quota, where there is one, is sent beside the token.
    """

    early_seconds = _EARLY_SECONDS

    def __init__(self, label: str, scopes: tuple[str, ...]) -> None:
        self.label = label
        self._scopes = scopes
        self._credentials: Any = None

    def issue(self) -> IssuedCredential:
        """Return a new access token. Raises CredentialError when there is none."""
        exceptions = import_module("google.auth.exceptions")
        transport = import_module("google.auth.transport.requests")
        try:
            if self._credentials is None:
                defaults = import_module("google.auth").default(scopes=self._scopes)
                self._credentials = defaults[0]
            with import_module("requests").Session() as session:
                self._credentials.refresh(transport.Request(session))
        except exceptions.GoogleAuthError as error:
            raise CredentialError(
                f"{self.label} gave no access token ({error}): set {HINT}", looked_in=(HINT,)
            ) from error
        expiry = self._credentials.expiry
        return IssuedCredential(
            value=self._credentials.token,
            expires_at=expiry.replace(tzinfo=timezone.utc).timestamp() if expiry else None,
        )

    @property
    def sign(self) -> Callable[[HttpRequest, IssuedCredential], HttpRequest]:
        """The function that puts the token, and the project of the quota, into a request."""
        return self._sign

    def _sign(self, request: HttpRequest, issued: IssuedCredential) -> HttpRequest:
        project = getattr(self._credentials, "quota_project_id", None)
        quota = (("x-goog-user-project", project),) if project else ()
        return attach_bearer(request.with_headers(quota) if quota else request, issued)
