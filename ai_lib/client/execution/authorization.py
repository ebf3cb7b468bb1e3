"""Puts the credential of a source into the request of one attempt."""

from __future__ import annotations

from functools import partial

import msgspec

from ai_lib.client.call.prepared_request import PreparedRequest
from ai_lib.errors.exceptions import RemoteError, TransportTimeout
from ai_lib.request.chat import attach_credential
from ai_lib.resilience.attempt_log import AttemptLog
from ai_lib.transport.credentials.credential_cache import CredentialCache
from ai_lib.transport.credentials.source import IssuedCredential
from ai_lib.types.wire import HttpRequest

from ..._runtime.backend import fail_after, now
from ...transport.credentials.obtain import obtain


async def authorize(
    prepared: PreparedRequest, credential_cache: CredentialCache, log: AttemptLog
) -> None:
    """Wait for the credential of the source, and set `prepared.wire` to a request that has it.

    When the provider refuses it, the call sends the request once more, with another credential.

    Raises:
        CredentialError: the source failed.
        TransportTimeout: it gave nothing within the time of the call.
    """
    left = log.seconds_left(now())
    seconds = prepared.timeouts.first_token if left is None else left
    is_late = True
    try:
        with fail_after(seconds):
            issued = await obtain(credential_cache)
            is_late = False
    except TimeoutError:
        if not is_late:
            raise
        raise TransportTimeout(
            f"{credential_cache.source.label} gave no key within {seconds or 0:.3g} s, which is "
            "what the call had left; raise the timeout if it needs longer",
            timeout_name="credential",
            seconds=seconds,
            provider=prepared.target.compiled.id,
        ) from None
    prepared.wire = _add_credential(prepared, credential_cache, issued)
    log.on_refusal = partial(_is_renewed, prepared, credential_cache, issued)


def _add_credential(
    prepared: PreparedRequest, credential_cache: CredentialCache, issued: IssuedCredential
) -> HttpRequest:
    wire, sign = prepared.unsigned, credential_cache.source.sign
    if sign is not None:
        return sign(wire, issued)
    headers, url, secrets = attach_credential(prepared.target.compiled, issued.value, wire.url)
    # The manifest's other headers are in the request, and what the caller sets comes first.
    names = {name.lower() for name, _ in wire.headers}
    missing = [header for header in headers if header[0].lower() not in names]
    return msgspec.structs.replace(
        wire, url=url, headers=(*wire.headers, *missing), secrets=wire.secrets | secrets
    )


def _is_renewed(
    prepared: PreparedRequest,
    credential_cache: CredentialCache,
    issued: IssuedCredential,
    error: RemoteError,
) -> bool:
    """Whether the provider refused the credential for the first time in this call."""
    if prepared.was_refused or not credential_cache.source.is_refusal(error):
        return False
    prepared.was_refused = True
    credential_cache.refuse(issued)
    return True
