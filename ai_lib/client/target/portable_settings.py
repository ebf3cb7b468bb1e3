"""The settings of a builder that is pickled: without keys, and without what can't travel."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, TypeAlias

import msgspec

from ai_lib.client.target.settings import ClientSettings
from ai_lib.errors.exceptions import PicklingError
from ai_lib.types.secret import Secret

if TYPE_CHECKING:
    from ai_lib.transport.credentials.credential_cache import CredentialCache

Key: TypeAlias = "str | CredentialCache"


def check_portable(setting: str, value: object) -> None:
    """Raise PicklingError, which names the setting, when its value can't be pickled."""
    try:
        pickle.dumps(value)
    except Exception as error:
        reason = str(error) if isinstance(error, PicklingError) else f"{value!r}: {error}"
        raise PicklingError(
            f"a builder with {setting} can't be pickled: {reason}. Pickle the builder without it, "
            f"and call {setting}() in the process that builds the client"
        ) from error


def pack_settings(settings: ClientSettings, *, carries_keys: bool) -> ClientSettings:
    """Return the settings for a pickle: without the keys, or with the keys as plain text.

    Raises:
        PicklingError: a setting can't leave this process; the message names it.
    """
    for interceptor in settings.interceptors:
        check_portable(_name_of(interceptor), interceptor)
    shared = ("limiter", "circuit_storage", "concurrency", "feedback", "resilience")
    for setting in (*shared, "ssl_context", "http"):
        check_portable(setting, getattr(settings, setting))
    return _with_keys(settings, partial(_pack_key, carries_keys))


def unpack_settings(settings: ClientSettings) -> ClientSettings:
    """Return the settings of a pickle, with the keys it carried as secrets."""
    return _with_keys(settings, _unpack_key)


def _pack_key(carries_keys: bool, key: Key) -> Key | None:
    if isinstance(key, str):
        return str(key) if carries_keys else None
    from ai_lib.transport.credentials.credential_cache import CredentialCache

    source = key.source.to_portable(carries_keys=carries_keys)
    check_portable("api_key", source)
    return CredentialCache(source)


def _unpack_key(key: Key) -> Key:
    return Secret(key) if isinstance(key, str) else key


def _with_keys(settings: ClientSettings, convert: Callable[[Key], Key | None]) -> ClientSettings:
    def convert_key(key: Key | None) -> Key | None:
        return None if key is None else convert(key)

    keys = {model: convert_key(key) for model, key in settings.api_keys.items()}
    return msgspec.structs.replace(
        settings,
        api_key=convert_key(settings.api_key),
        api_keys={model: key for model, key in keys.items() if key is not None},
        routed_models={
            name: msgspec.structs.replace(routed, api_key=convert_key(routed.api_key))
            for name, routed in settings.routed_models.items()
        },
    )


def _name_of(interceptor: object) -> str:
    """Return the builder method that adds an interceptor like this one."""
    name = type(interceptor).__name__.removesuffix("Interceptor").lower()
    return _METHODS.get(name, "intercept")


_METHODS = {
    "budget": "budget",
    "cache": "cache",
    "guardrail": "guardrails",
    "health": "health",
    "logging": "logger",
    "metrics": "metrics",
    "plugin": "plugins",
    "routing": "routing",
    "tracing": "tracer",
}
