"""Access tokens of Microsoft Entra: a secret, a workload's file, an identity, `azure-identity`."""

import os
from collections.abc import Mapping
from datetime import datetime, timezone
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import msgspec

from ai_lib.errors.exceptions import CredentialError
from ai_lib.protocol.manifest.model import Auth, ProtocolManifest
from ai_lib.transport.credentials.source import CredentialSource, IssuedCredential

HINT: Final = (
    "AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET (or AZURE_FEDERATED_TOKEN_FILE), or "
    "what azure-identity finds (pip install 'ai-lib[azure]')"
)
_AUTHORITY: Final = "https://login.microsoftonline.com"
_METADATA_HOST: Final = "http://169.254.169.254"
_METADATA_VARIABLE: Final = "AZURE_POD_IDENTITY_AUTHORITY_HOST"
_ASSERTION: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_SECONDS: Final = 30.0  # for one request: a call gives up by its own deadline before that
_EARLY_SECONDS: Final = 300.0


def find_source(
    auth: Auth, manifest: ProtocolManifest, environ: Mapping[str, str]
) -> CredentialSource | None:
    """Return the source of tokens that the environment names, else `azure-identity`."""
    label = _find_label(environ)
    scope = auth.settings.get("scope", "https://cognitiveservices.azure.com/.default")
    return EntraTokenSource(label, scope) if label is not None else None


def _find_label(environ: Mapping[str, str]) -> str | None:
    if environ.get("AZURE_TENANT_ID") and environ.get("AZURE_CLIENT_ID"):
        for name in ("AZURE_CLIENT_SECRET", "AZURE_FEDERATED_TOKEN_FILE"):
            if environ.get(name):
                return name
    if environ.get(_METADATA_VARIABLE):
        return "managed identity"
    try:
        is_installed = find_spec("azure.identity") is not None
    except ModuleNotFoundError:
        is_installed = False
    return "azure-identity" if is_installed else None


def _read_clock() -> float:
    return datetime.now(timezone.utc).timestamp()


class EntraTokenSource(CredentialSource):
    """The access token of an application, a workload, a managed identity, or `azure-identity`."""

    early_seconds = _EARLY_SECONDS

    def __init__(self, label: str, scope: str) -> None:
        self.label = label
        self._scope = scope
        self._identity: Any = None

    def issue(self) -> IssuedCredential:
        """Return a new access token. Raises CredentialError when there is none."""
        if self.label == "azure-identity":
            return self._ask_package()
        if self.label == "managed identity":
            return self._ask_metadata()
        environ = os.environ
        form = {
            "grant_type": "client_credentials",
            "client_id": environ.get("AZURE_CLIENT_ID", ""),
            "scope": self._scope,
        }
        if self.label == "AZURE_CLIENT_SECRET":
            form["client_secret"] = environ.get("AZURE_CLIENT_SECRET", "")
        else:
            form["client_assertion_type"] = _ASSERTION
            form["client_assertion"] = self._read_assertion(environ)
        authority = environ.get("AZURE_AUTHORITY_HOST", _AUTHORITY).rstrip("/")
        tenant = environ.get("AZURE_TENANT_ID", "")
        url = f"{authority}/{tenant}/oauth2/v2.0/token"
        return self._request(Request(url, data=urlencode(form).encode(), method="POST"))

    def _read_assertion(self, environ: Mapping[str, str]) -> str:
        path = environ.get("AZURE_FEDERATED_TOKEN_FILE", "")
        try:
            return Path(path).read_text("utf-8").strip()
        except OSError as error:
            raise CredentialError(f"{path} can't be read: {error}", looked_in=(path,)) from error

    def _ask_metadata(self) -> IssuedCredential:
        host = os.environ.get(_METADATA_VARIABLE, _METADATA_HOST).rstrip("/")
        query = {"api-version": "2018-02-01", "resource": self._scope.removesuffix("/.default")}
        if client_id := os.environ.get("AZURE_CLIENT_ID"):
            query["client_id"] = client_id
        url = f"{host}/metadata/identity/oauth2/token?{urlencode(query)}"
        return self._request(Request(url, headers={"Metadata": "true"}))

    def _request(self, request: Request) -> IssuedCredential:
        if not request.full_url.startswith(("http://", "https://")):
            raise CredentialError(f"{self.label}: its address is no http(s) address")
        try:
            with urlopen(request, timeout=_SECONDS) as response:
                document: object = msgspec.json.decode(response.read())
        except HTTPError as error:
            with error:
                excerpt = error.read(500).decode("utf-8", "replace")
            raise CredentialError(
                f"{self.label} was refused ({error.code}): {excerpt}", looked_in=(self.label,)
            ) from None  # its body may say the secret back
        except (OSError, msgspec.DecodeError) as error:
            raise CredentialError(
                f"{self.label} got no answer from {request.host}: {error}", looked_in=(self.label,)
            ) from error
        fields = document if isinstance(document, dict) else {}
        token, seconds = fields.get("access_token"), fields.get("expires_in")
        if not isinstance(token, str) or not token:
            raise CredentialError(f"{request.host} answered {self.label} without a token")
        return IssuedCredential(value=token, expires_at=_read_clock() + float(seconds or 0))

    def _ask_package(self) -> IssuedCredential:
        errors = import_module("azure.core.exceptions")
        if self._identity is None:
            self._identity = import_module("azure.identity").DefaultAzureCredential()
        try:
            token = self._identity.get_token(self._scope)
        except errors.ClientAuthenticationError as error:
            raise CredentialError(
                f"azure-identity gave no token ({error}): set {HINT}", looked_in=(HINT,)
            ) from error
        return IssuedCredential(value=token.token, expires_at=float(token.expires_on))
