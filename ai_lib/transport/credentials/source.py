"""Sources of credentials that change while a client lives, such as tokens that expire."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from types import FunctionType
from typing import Final, TypeAlias

import msgspec

from ai_lib.errors.exceptions import CredentialTypeError, PicklingError, RemoteError
from ai_lib.types.secret import Secret, make_secret
from ai_lib.types.wire import HttpRequest

Expiry: TypeAlias = float | datetime | None
"""A moment: seconds since 1970 (`time.time() + 3600`), a datetime with a time zone, or None."""

IssuedKey: TypeAlias = str | tuple[str, Expiry]
"""What a function gives as a key: the key, or the key and the moment until which it holds."""


class IssuedCredential(msgspec.Struct, frozen=True, kw_only=True):
    """A credential that a source has given; no representation of it shows what is secret.

    `value` is the key or token. `details` is what a signature needs beside it, all of it secret.
    `expires_at` is in seconds since 1970; None: it serves the attempts that waited for it, and the
    next attempt asks the source again. `renew_at` is when the source wants to be asked again, in
    the same seconds; None leaves it to the source's `early_seconds`.
    """

    value: str
    expires_at: float | None = None
    renew_at: float | None = None
    details: Mapping[str, str] = {}

    def __post_init__(self) -> None:
        msgspec.structs.force_setattr(self, "value", Secret(self.value))
        details = {name: Secret(text) for name, text in self.details.items()}
        msgspec.structs.force_setattr(self, "details", details)

    @property
    def secrets(self) -> tuple[str, ...]:
        """Every text of it that must not be shown."""
        return (self.value, *self.details.values())

    def __repr__(self) -> str:
        return f"IssuedCredential(expires_at={self.expires_at!r})"


class CredentialSource:
    """Gives the credential of one account and scope, again and again. Subclass it.

    To plug one in, define `issue`, and pass the source as `api_key=`; what finds keys by itself
    returns `Credential(value="", source=label, kind="source", cache=CredentialCache(source))`.
    A `CredentialCache` keeps what its source gave, for all calls of all clients it is given to, and
    lets one call at a time ask. Whether the credential is sent as the manifest's `auth` says, or
    signs the request, is settled by `sign`.

    - `label` names the source in messages, such as "the api_key function"; it holds no secret.
    - `early_seconds` before its expiry a credential is renewed while the old one still serves; when
      that fails, nobody is told. `late_seconds` before its expiry it serves no longer: a failure
      is then a CredentialError.
    - `blocks` says that `issue` may block: it is called in a thread where there is an event loop,
      and a call that is cancelled meanwhile leaves it to finish. It is called in the caller's
      thread where there is none. `issue` is never called before a request is to be sent.
    """

    label: str = "the source of credentials"
    early_seconds: float = 60.0
    late_seconds: float = 0.0
    blocks: bool = True

    def issue(self) -> object:
        """Return an IssuedCredential, or something that is awaited for one. It may raise.

        What it returns is given to `read`, once it was waited for.
        """
        raise NotImplementedError

    def read(self, result: object) -> IssuedCredential:
        """Return what `issue` gave as a credential. Raises CredentialTypeError when it is none."""
        if not isinstance(result, IssuedCredential):
            raise CredentialTypeError(
                f"{self.label} gave a {type(result).__name__}, not an IssuedCredential"
            )
        return result

    def check(self) -> None:
        """Raise RequestError where it can't serve; called when a client is built. It never asks."""

    def forget(self) -> None:
        """Drop what it keeps itself: the provider refused the last credential."""

    def is_refusal(self, error: RemoteError) -> bool:
        """Whether the provider refused the credential: then the source is asked anew, once."""
        return error.status_code == 401

    @property
    def sign(self) -> Callable[[HttpRequest, IssuedCredential], HttpRequest] | None:
        """The function that signs the request of an attempt, which has no credential yet.

        None puts the credential where the manifest's `auth` says.
        """
        return None

    def to_portable(self, *, carries_keys: bool) -> CredentialSource:
        """Return the source for a pickle. Raises PicklingError when it may not leave here."""
        if not carries_keys:
            raise PicklingError(f"{self.label} may hold a key: call carry_keys() on the builder")
        return self

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {self.label}>"


def attach_bearer(request: HttpRequest, issued: IssuedCredential) -> HttpRequest:
    """Return the request with a token as its bearer (RFC 6750, section 2.1)."""
    return msgspec.structs.replace(
        request,
        headers=(*request.headers, ("Authorization", f"Bearer {issued.value}")),
        secrets=request.secrets | {"authorization"},
    )


_FIRST_MOMENT: Final = 1_000_000_000.0  # September 2001; what is less is a duration, no moment


class FunctionSource(CredentialSource):
    """A function of the caller that gives a key, or a key and the moment of its expiry."""

    label = "the api_key function"

    def __init__(self, function: Callable[[], object], *, blocks: bool) -> None:
        self._function = function
        self.blocks = blocks

    def issue(self) -> object:
        """Call the function."""
        return self._function()

    def read(self, result: object) -> IssuedCredential:
        """Return the key that the function gave. Raises CredentialTypeError when it is none."""
        key, expiry = result if isinstance(result, tuple) and len(result) == 2 else (result, None)
        value = make_secret(key) if isinstance(key, str) else None
        if value is None:
            mistake = "a blank key" if isinstance(key, str) else f"a {type(key).__name__}"
            raise CredentialTypeError(
                f"{self.label} gave {mistake}: a key is wanted, or a tuple of the key and the "
                "moment it expires"
            )
        return IssuedCredential(value=value, expires_at=self._read_expiry(expiry))

    def _read_expiry(self, expiry: object) -> float | None:
        if expiry is None:
            return None
        if isinstance(expiry, datetime) and expiry.tzinfo is not None:
            return expiry.timestamp()
        if isinstance(expiry, int | float) and not isinstance(expiry, bool):
            if expiry >= _FIRST_MOMENT:
                return float(expiry)
        raise CredentialTypeError(
            f"{self.label} gave {expiry!r:.100} as the moment its key expires: seconds since 1970 "
            "are wanted (time.time() + 3600), or a datetime with a time zone"
        )

    def to_portable(self, *, carries_keys: bool) -> CredentialSource:
        """Return itself. Without `carries_keys` only a function may go, which holds no key."""
        if carries_keys or type(self._function) is FunctionType:
            return self
        return super().to_portable(carries_keys=carries_keys)
