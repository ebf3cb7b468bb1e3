# Generated from ai_lib/transport/credentials/obtain.py by codegen; do not edit.
"""Waits for the credential of a source: one call asks, the others wait for the same."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from inspect import iscoroutinefunction, isroutine
from typing import TypeAlias

from ai_lib.transport.credentials.credential_cache import CredentialCache, CredentialRequest
from ai_lib.transport.credentials.source import (
    CredentialSource,
    FunctionSource,
    IssuedCredential,
    IssuedKey,
)
from ai_lib.types.secret import Secret, make_secret

from ..._runtime.backend import Event, can_await, maybe_await, run_in_thread

KeyFunction: TypeAlias = Callable[[], IssuedKey] | Callable[[], IssuedKey]
"""A function that gives a key, or a key and the moment until which it holds."""

ApiKey: TypeAlias = str | KeyFunction | CredentialSource | CredentialCache
"""A key, or what gives one whenever it is needed."""


def keep_key(key: object) -> Secret | CredentialCache | None:
    """Return a key that is given in code, or what keeps the keys of its source.

    Raises:
        TypeError: it is no key and gives none.
    """
    if isinstance(key, CredentialCache):
        return key
    if isinstance(key, CredentialSource):
        return CredentialCache(key)
    if isinstance(key, str):
        return make_secret(key)
    if not callable(key) or isinstance(key, type):
        raise TypeError(
            "an API key is a string, or a function that gives one, or gives a tuple of a key and "
            f"the moment it expires; a {type(key).__name__} is none of these"
        )
    if not can_await(key):
        raise TypeError(
            "the api_key function has to be awaited, which this client can't do: give a plain one"
        )
    return CredentialCache(FunctionSource(key, blocks=not _is_awaited(key)))


def _is_awaited(function: Callable[..., object]) -> bool:
    inner = function.func if isinstance(function, partial) else function
    call = inner if isroutine(inner) else type(inner).__call__
    return iscoroutinefunction(call)


def obtain(credential_cache: CredentialCache) -> IssuedCredential:
    """Return the credential of a source, asking the source when that is due.

    Raises:
        CredentialError: the source failed, and no earlier credential serves.
    """
    while True:
        held, renewal, leads = credential_cache.find(Event)
        if renewal is None:
            if held is not None:
                return held
            continue
        if leads:
            _ask(credential_cache, renewal)
        elif isinstance(renewal.ended, Event):
            renewal.ended.wait()
        if renewal.issued is not None:
            return renewal.issued
        if renewal.error is not None:
            if held is not None and credential_cache.serves(held):
                return held
            raise credential_cache.explain(renewal.error)


def _ask(credential_cache: CredentialCache, renewal: CredentialRequest) -> None:
    """Ask the source, for all that wait for the renewal."""
    try:
        if credential_cache.source.blocks:
            run_in_thread(partial(credential_cache.ask, renewal), abandon_on_cancel=True)
        else:
            credential_cache.ask(renewal)
    except BaseException:
        credential_cache.leave(renewal)
        raise
    if renewal.result is None:
        return
    try:
        result: object = maybe_await(renewal.result)
    except Exception as error:  # noqa: BLE001 (each call that waits for it raises it)
        credential_cache.fail(renewal, error)
    except BaseException:
        credential_cache.end(renewal)
        raise
    else:
        credential_cache.finish(renewal, result)
