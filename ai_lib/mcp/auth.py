"""The tokens that MCP servers by HTTP are sent, each to the address it was given for."""

from __future__ import annotations

import os
from base64 import b64encode
from collections.abc import Callable
from typing import Final
from urllib.parse import quote

import msgspec

from ai_lib.errors.exceptions import CredentialError
from ai_lib.errors.mcp import McpAuthRequired
from ai_lib.transport.credentials.credential_cache import CredentialCache
from ai_lib.transport.credentials.source import CredentialSource, IssuedCredential
from ai_lib.transport.credentials.token_response import read_token_response, write_token_form
from ai_lib.types.json import JsonObject, as_object
from ai_lib.types.secret import Secret, make_secret
from ai_lib.types.wire import HttpRequest, TimeoutOptions

from .._runtime.backend import maybe_await
from ..transport import HttpTransport
from ..transport.credentials.obtain import obtain
from .transports.streamable_http import TokenSource

TokenCallback = Callable[[McpAuthRequired | None], object]

# A token is renewed so many seconds before it ends.
_MARGIN: Final = 30.0


class FixedToken:
    """One token, as it was given."""

    def __init__(self, token: str) -> None:
        self._token = make_secret(token)

    async def fetch_token(
        self, challenge: McpAuthRequired | None, transport: HttpTransport
    ) -> str | None:
        """Return the token. Raises the challenge: there is no other."""
        if challenge is not None:
            raise challenge
        return self._token


class EnvironmentToken:
    """A token in a variable of the environment, read for each request."""

    def __init__(self, name: str) -> None:
        self.name = name

    async def fetch_token(
        self, challenge: McpAuthRequired | None, transport: HttpTransport
    ) -> str | None:
        """Return the token.

        Raises:
            CredentialError: the variable is not set.
            McpAuthRequired: the token was refused.
        """
        if challenge is not None:
            raise challenge
        token = make_secret(os.environ.get(self.name))
        if token is None:
            raise CredentialError(
                f"no token for the MCP server: set {self.name}", looked_in=(self.name,)
            )
        return token


class CallbackToken:
    """A token that a function of the caller's returns; it may wait."""

    def __init__(self, function: TokenCallback) -> None:
        self._function = function
        self._token: Secret | None = None
        self._is_known = False

    async def fetch_token(
        self, challenge: McpAuthRequired | None, transport: HttpTransport
    ) -> str | None:
        """Return the token; ask the function at first, and again when one was refused."""
        if challenge is not None or not self._is_known:
            token = make_secret(await maybe_await(self._function(challenge)))
            if challenge is not None and token is None:
                raise challenge
            self._token, self._is_known = token, True
        return self._token


class ClientCredentials(CredentialSource):
    """Tokens for a program that has an account of its own (RFC 6749, section 4.4).

    The client's id and secret go to `token_url` alone, as `Basic` credentials. A token is kept
    until shortly before it ends, for all servers that it is given to; one call at a time asks.
    """

    early_seconds = _MARGIN
    blocks = False

    def __init__(
        self,
        token_url: str,
        *,
        client_id: str,
        client_secret: str,
        scope: str | None = None,
        resource: str | None = None,
    ) -> None:
        self.token_url = token_url
        self.client_id = client_id
        self._client_secret = Secret(client_secret)
        self._scope = scope
        self._resource = resource
        self._wanted_scope = scope
        self._transport: HttpTransport | None = None
        self._cache = CredentialCache(self)
        self._issued: IssuedCredential | None = None

    @property
    def label(self) -> str:  # type: ignore[override]
        """The address of the authorization server."""
        return self.token_url.partition("?")[0]

    def __repr__(self) -> str:
        return f"ClientCredentials({self.token_url!r}, client_id={self.client_id!r})"

    async def fetch_token(
        self, challenge: McpAuthRequired | None, transport: HttpTransport
    ) -> str | None:
        """Return the token; fetch one where there is none, or the last one was refused.

        Raises:
            CredentialError: the authorization server gives none.
        """
        if challenge is not None and self._issued is not None:
            self._cache.refuse(self._issued)
        scopes = challenge.scopes if challenge is not None else ()
        self._wanted_scope = " ".join(scopes) or self._scope
        self._transport = transport
        self._issued = await obtain(self._cache)
        return self._issued.value

    def issue(self) -> object:
        """Ask the authorization server, by the transport of the call that wants the token."""
        if self._transport is None:
            raise CredentialError(f"{self.label} is asked by an MCP server's connection alone")
        return self._fetch(self._transport, self._wanted_scope)

    async def _fetch(self, transport: HttpTransport, scope: str | None) -> IssuedCredential:
        account = f"{quote(self.client_id, safe='')}:{quote(self._client_secret, safe='')}"
        request = HttpRequest(
            url=self.token_url,
            headers=(
                ("Content-Type", "application/x-www-form-urlencoded"),
                ("Accept", "application/json"),
                ("Authorization", f"Basic {b64encode(account.encode()).decode('ascii')}"),
            ),
            body=write_token_form(scope=scope, resource=self._resource),
            secrets=frozenset({"authorization"}),
        )
        async with await transport.send(request, TimeoutOptions(total=30.0)) as response:
            status, fields = response.status, _decode(await response.read_error())
        if status != 200:
            reason = str(fields.get("error_description") or fields.get("error") or "no token")
            raise CredentialError(
                f"{request.safe_url} responded with status {status}: {reason[:200]}",
                looked_in=(self.label,),
            )
        return read_token_response(fields, request.safe_url, self.early_seconds)


def _decode(body: bytes) -> JsonObject:
    try:
        return as_object(msgspec.json.decode(body))
    except msgspec.DecodeError:
        return {}


def bearer(variable: str) -> TokenSource:
    """Return the token in a variable of the environment, for `auth=`."""
    return EnvironmentToken(variable)


def make_token_source(auth: str | TokenSource | TokenCallback | None) -> TokenSource | None:
    """Return what gives the token: a text is the token itself, a function is called for it.

    Raises:
        TypeError: it is none of these.
    """
    if auth is None:
        return None
    if isinstance(auth, str):
        return FixedToken(auth)
    if isinstance(auth, FixedToken | EnvironmentToken | CallbackToken | ClientCredentials):
        return auth
    if callable(auth):
        return CallbackToken(auth)
    raise TypeError(f"auth must be a token, bearer(...), ClientCredentials or a function: {auth!r}")
