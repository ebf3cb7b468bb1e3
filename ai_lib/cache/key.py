"""The keys under which answers are kept: hashes of everything that makes a question."""

import hashlib
from collections.abc import Sequence
from datetime import date
from typing import Final
from urllib.parse import urlsplit
from weakref import WeakKeyDictionary

import msgspec

from ai_lib._version import __version__
from ai_lib.errors.exceptions import CacheError
from ai_lib.protocol.compiled import CompiledManifest
from ai_lib.types.json import JsonObject


class CacheKeyGenerator:
    """Makes keys `<prefix>:<64 hex digits>`. Every part of a question counts, the API key never.

    A key says nothing of the text it stands for, and is the same in every process.
    """

    def __init__(self, prefix: str = "ai") -> None:
        self.prefix = prefix

    def generate(self, model: str, messages: Sequence[object], **params: object) -> str:
        """Return the key of a question put by hand: messages as `Message` or as mappings.

        Raises CacheError when something in it has no form that can be compared.
        """
        return self._key("chat", model, [*messages], params)

    def generate_for_embedding(self, model: str, input: object, **params: object) -> str:
        """Return the key of an embedding. Raises as `generate`."""
        return self._key("embedding", model, input, params)

    def of_request(self, compiled: CompiledManifest, url: str, body: JsonObject) -> str:
        """Return the key of a compiled request that goes to `url`, which holds no credential.

        Provider and manifest count too, and the version of this library, which reads the answer.
        Raises as `generate`.
        """
        parts = urlsplit(url)
        place = f"{parts.scheme}://{parts.netloc}{parts.path}?{parts.query}"
        said = compiled.id, manifest_digest(compiled), __version__
        return self._key("request", *said, place, body)

    def _key(self, *parts: object) -> str:
        return f"{self.prefix}:{hashlib.sha256(_written(parts)).hexdigest()}"


def manifest_digest(compiled: CompiledManifest) -> str:
    """Return the SHA-256 of a manifest as it was read, in hex."""
    found = _DIGESTS.get(compiled)
    if found is None:
        written = _written(compiled.manifest.raw)
        found = _DIGESTS[compiled] = hashlib.sha256(written).hexdigest()
    return found


# They go with their manifests, of which each client and each hot reload brings another one.
_DIGESTS: Final[WeakKeyDictionary[CompiledManifest, str]] = WeakKeyDictionary()


def _written(parts: object) -> bytes:
    try:
        # In between it is plain JSON: keys that are numbers can't be sorted among texts.
        plain = msgspec.json.decode(msgspec.json.encode(parts, enc_hook=_by_name))
        return msgspec.json.encode(plain, order="deterministic")
    except (TypeError, ValueError, RecursionError) as error:
        raise CacheError(f"no cache key can be made of this question: {error}") from error


def _by_name(value: object) -> object:
    if callable(value):
        return f"{getattr(value, '__module__', '')}.{getattr(value, '__qualname__', '')}"
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"a {type(value).__name__} has no form that can be compared")
