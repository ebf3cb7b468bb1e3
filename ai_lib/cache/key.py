"""Generates the keys of cached responses: hashes of everything in a request."""

import hashlib
from collections.abc import Sequence
from datetime import date
from numbers import Number
from typing import Final
from urllib.parse import urlsplit
from weakref import WeakKeyDictionary

import msgspec

from ai_lib._version import __version__
from ai_lib.errors.exceptions import CacheError
from ai_lib.protocol.compiled import CompiledManifest
from ai_lib.types.json import JsonObject, to_plain_value


class CacheKeyGenerator:
    """Generates keys `<prefix>:<64 hex digits>` from every part of a request but the API key.

    A key reveals nothing of the text, and is the same in every process.
    """

    def __init__(self, prefix: str = "ai") -> None:
        self.prefix = prefix

    def generate(self, model: str, messages: Sequence[object], **params: object) -> str:
        """Return the key of a request in parts: messages as `Message` or as mappings.

        Raises CacheError when a value in it can't be encoded.
        """
        return self._hash("chat", model, [*messages], params)

    def generate_for_embedding(self, model: str, input: object, **params: object) -> str:
        """Return the key of an embedding. Raises as `generate`."""
        return self._hash("embedding", model, input, params)

    def generate_for_request(self, compiled: CompiledManifest, url: str, body: JsonObject) -> str:
        """Return the key of a compiled request to `url`, which must hold no credential.

        The key also depends on the provider, the manifest and the version of this library, which
        reads the response. Raises as `generate`.
        """
        parts = urlsplit(url)
        address = f"{parts.scheme}://{parts.netloc}{parts.path}?{parts.query}"
        origin = compiled.id, digest_manifest(compiled), __version__
        return self._hash("request", *origin, address, body)

    def _hash(self, *parts: object) -> str:
        return f"{self.prefix}:{hashlib.sha256(_encode(parts)).hexdigest()}"


def digest_manifest(compiled: CompiledManifest) -> str:
    """Return the SHA-256 of a manifest's source, in hex."""
    digest = _DIGESTS.get(compiled)
    if digest is None:
        encoded = _encode(compiled.manifest.raw)
        digest = _DIGESTS[compiled] = hashlib.sha256(encoded).hexdigest()
    return digest


# A digest is dropped with its manifest: each client and each hot reload loads another one.
_DIGESTS: Final[WeakKeyDictionary[CompiledManifest, str]] = WeakKeyDictionary()


def _encode(parts: object) -> bytes:
    try:
        # Plain JSON first, as keys that are numbers can't be sorted among strings.
        plain = msgspec.json.decode(msgspec.json.encode(parts, enc_hook=_encode_value))
        return msgspec.json.encode(plain, order="deterministic")
    except (TypeError, ValueError, RecursionError) as error:
        raise CacheError(f"no cache key can be made of this request: {error}") from error


def _encode_value(value: object) -> object:
    if callable(value):
        return f"{getattr(value, '__module__', '')}.{getattr(value, '__qualname__', '')}"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, str | Number):
        return to_plain_value(value)
    raise TypeError(f"a {type(value).__name__} can't be part of a cache key")
