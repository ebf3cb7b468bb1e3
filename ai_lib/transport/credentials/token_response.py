"""Reads what an authorization server answers (RFC 6749, section 5.1), and asks for it (4.4)."""

from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Final
from urllib.parse import urlencode

from ai_lib.errors.exceptions import CredentialError
from ai_lib.transport.credentials.source import IssuedCredential
from ai_lib.types.json import JsonObject
from ai_lib.types.secret import make_secret

_USUAL_SECONDS: Final = 300.0  # of a token whose server does not say how long it holds


def write_token_form(**values: str | None) -> bytes:
    """Return the form that asks for a token for the client itself, without values that are None."""
    form = {name: value for name, value in values.items() if value is not None}
    return urlencode({"grant_type": "client_credentials", **form}).encode()


def read_token_response(
    fields: Mapping[str, object] | JsonObject, source: str, early_seconds: float
) -> IssuedCredential:
    """Return the token of a response, and when it is to be renewed.

    That is `early_seconds` before it ends, or half of its life before, whichever is later. `source`
    names what answered.

    Raises:
        CredentialError: there is no token in it.
    """
    token = make_secret(str(fields.get("access_token") or ""))
    if token is None:
        raise CredentialError(f"{source} answered without a token", looked_in=(source,))
    lifetime = _read_seconds(fields.get("expires_in"))
    expires_at = datetime.now(timezone.utc).timestamp() + lifetime
    renew_at = expires_at - min(early_seconds, lifetime / 2)
    return IssuedCredential(value=token, expires_at=expires_at, renew_at=renew_at)


def _read_seconds(value: object) -> float:
    """Return a lifetime, which some servers write as a text."""
    try:
        return float(value) if isinstance(value, str | int | float) else _USUAL_SECONDS
    except ValueError:
        return _USUAL_SECONDS
