"""Access tokens of Microsoft Entra: a secret, a workload's file, an identity, `azure-identity`."""

import os
from collections.abc import Callable, Mapping
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
from ai_lib.transport.credentials.source import (
    CredentialSource,
    IssuedCredential,
    attach_bearer,
)
from ai_lib.transport.credentials.token_response import read_token_response, write_token_form
from ai_lib.types.json import as_object
from ai_lib.types.wire import HttpRequest

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
        is_workload = self.label != "AZURE_CLIENT_SECRET"
        form = write_token_form(
            client_id=environ.get("AZURE_CLIENT_ID", ""),
            scope=self._scope,
            client_secret=None if is_workload else environ.get("AZURE_CLIENT_SECRET", ""),
            client_assertion_type=_ASSERTION if is_workload else None,
            client_assertion=self._read_assertion(environ) if is_workload else None,
        )
        authority = environ.get("AZURE_AUTHORITY_HOST", _AUTHORITY).rstrip("/")
        tenant = environ.get("AZURE_TENANT_ID", "")
        url = f"{authority}/{tenant}/oauth2/v2.0/token"
        return self._request(Request(url, data=form, method="POST"))

    @property
    def sign(self) -> Callable[[HttpRequest, IssuedCredential], HttpRequest]:
        """The function that puts the token into a request, where a key may have another header."""
        return attach_bearer

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
        return read_token_response(as_object(document), request.host, self.early_seconds)

    def forget(self) -> None:
        """Drop the tokens that `azure-identity` keeps until they expire."""
        identity, self._identity = self._identity, None
        if identity is not None:
            identity.close()

    def _ask_package(self) -> IssuedCredential:
        errors = import_module("azure.core.exceptions")
        identity = self._identity or import_module("azure.identity").DefaultAzureCredential()
        self._identity = identity
        try:
            token = identity.get_token(self._scope)
        except errors.ClientAuthenticationError as error:
            raise CredentialError(
                f"azure-identity gave no token ({error}): set {HINT}", looked_in=(HINT,)
            ) from error
        return IssuedCredential(value=token.token, expires_at=float(token.expires_on))
