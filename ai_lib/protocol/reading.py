"""Reads a manifest document of any protocol version into a `ProtocolManifest`."""

import re
from collections.abc import Mapping
from typing import Final

import msgspec

from ai_lib.errors.tree import ProtocolError, UnsupportedVersion
from ai_lib.protocol.family import with_family
from ai_lib.protocol.manifest import (
    Auth,
    Endpoint,
    ErrorRules,
    ModelEntry,
    Parameter,
    ProtocolManifest,
)
from ai_lib.types.json import JsonObject

SUPPORTED_PROTOCOL_VERSIONS: Final = ("1.0", "1.1", "1.5", "2.0")
ID_PATTERN: Final = re.compile(r"[a-z0-9][a-z0-9_-]{1,63}")


def read_manifest(document: object, source: str, api_family: str | None = None) -> ProtocolManifest:
    """Return the manifest in its internal form, as one of its API families is to be spoken.

    `api_family` is the manifest's default one unless given.

    Raises:
        UnsupportedVersion: `protocol_version` is not one of `SUPPORTED_PROTOCOL_VERSIONS`.
        ProtocolError: the document is not an object, or a field has a shape no version allows;
            the message names the file and the field.
    """
    if not isinstance(document, Mapping):
        raise ProtocolError(
            f"{source}: a manifest is an object, this is {_kind(document)}", source=source
        )
    reader = _Reader(with_family(document, api_family, source), source)
    return reader.manifest()


class _Reader:
    """Walks one document; remembers its source for error messages."""

    def __init__(self, document: JsonObject, source: str) -> None:
        self.document = document
        self.source = source

    def fail(self, place: str, problem: str) -> ProtocolError:
        return ProtocolError(f"{self.source}: {place} {problem}", source=self.source)

    def object_at(self, name: str) -> JsonObject:
        value = self.document.get(name)
        if value is None:
            return {}
        if not isinstance(value, Mapping):
            raise self.fail(f"$.{name}", f"must be an object, not {_kind(value)}")
        return value

    def manifest(self) -> ProtocolManifest:
        version = self.version()
        endpoint = self.object_at("endpoint")
        base_url = endpoint.get("base_url") or self.document.get("base_url")
        if not isinstance(base_url, str) or not base_url.startswith(("http://", "https://")):
            raise self.fail("$.endpoint.base_url", f"must be an http(s) address, not {base_url!r}")
        try:
            return ProtocolManifest(
                id=self.id(),
                protocol_version=version,
                base_url=base_url.rstrip("/"),
                source=self.source,
                raw=self.document,
                name=str(self.document.get("name") or ""),
                aliases=tuple(map(str, self.document.get("aliases") or ())),
                timeout_ms=endpoint.get("timeout_ms"),
                auth=self.auth(),
                endpoints=self.endpoints(),
                dialect=self.document.get("dialect"),
                wire=self.object_at("wire"),
                hints=self.hints(),
                parameters=self.parameters(),
                termination=self.object_at("termination").get("mapping") or {},
                errors=self.errors(),
                retry_after_header=self.object_at("rate_limit_headers").get("retry_after"),
                capabilities=self.capabilities(),
                models=self.models(),
            )
        except msgspec.ValidationError as error:
            raise self.fail("a field", f"has the wrong shape: {error}") from error

    def id(self) -> str:
        value = self.document.get("id")
        if not isinstance(value, str) or not ID_PATTERN.fullmatch(value):
            raise self.fail("$.id", f"must match {ID_PATTERN.pattern}, found {value!r}")
        return value

    def version(self) -> str:
        found = self.document.get("protocol_version", "1.0")
        short = ".".join(str(found).split(".")[:2])
        if short not in SUPPORTED_PROTOCOL_VERSIONS:
            known = ", ".join(SUPPORTED_PROTOCOL_VERSIONS)
            raise UnsupportedVersion(
                f"{self.source}: $.protocol_version {found!r} is not supported; use one of {known}",
                source=self.source,
            )
        return short

    def auth(self) -> Auth:
        block = self.object_at("endpoint").get("auth") or self.object_at("auth")
        kind = _AUTH_KINDS.get(block.get("type", "bearer"), "bearer")
        env = tuple(block[key] for key in ("token_env", "key_env") if block.get(key))
        header = block.get("header_name") or block.get("header")
        return msgspec.convert(
            {
                "kind": "bearer" if kind == "bearer" else kind,
                "header": header or ("Authorization" if kind == "bearer" else "x-api-key"),
                "prefix": block.get("prefix") or ("Bearer" if kind == "bearer" else ""),
                "param": block.get("param_name") or "key",
                "env": env,
                "optional": block.get("optional", False),
                "extra_headers": [
                    (item["name"], item["value"]) for item in block.get("extra_headers") or ()
                ],
            },
            Auth,
        )

    def endpoints(self) -> dict[str, Endpoint]:
        flat = {
            name: value
            for name, value in self.object_at("endpoint").items()
            if isinstance(value, str) and value.startswith("/")
        }
        found = {name: Endpoint(path=path) for name, path in flat.items()}
        for name, value in self.object_at("endpoints").items():
            if isinstance(value, Mapping) and "path" in value:
                found[name] = msgspec.convert(dict(value), Endpoint, strict=False)
            elif isinstance(value, str) and value.startswith("/"):
                found[name] = Endpoint(path=value)
        return found

    def hints(self) -> dict[str, tuple[str, ...]]:
        """What the manifest says that a dialect may be chosen by."""
        decoder = self.object_at("streaming").get("decoder") or {}
        chat = self.endpoints().get("chat")
        families = self.document.get("default_api_family")
        return {
            name: (str(value),)
            for name, value in (
                ("payload_format", self.document.get("payload_format")),
                ("strategy", decoder.get("strategy")),
                ("api_style", self.document.get("api_style")),
                ("adapter", chat.adapter if chat else None),
                ("api_family", families),
            )
            if value
        }

    def parameters(self) -> dict[str, Parameter]:
        found = {
            name: Parameter(place=place)
            for name, place in self.object_at("parameter_mappings").items()
            if isinstance(place, str)
        }
        for place, rule in self.object_at("parameters").items():
            if isinstance(rule, Mapping):
                low, high = (rule.get("range") or (None, None))[:2]
                found[rule.get("alias") or place] = Parameter(
                    place=rule.get("place") or place,
                    minimum=rule.get("min", low),
                    maximum=rule.get("max", high),
                )
        return found

    def errors(self) -> ErrorRules:
        block = self.object_at("error_classification")
        return ErrorRules(
            by_code=block.get("by_error_code") or {},
            by_status=block.get("by_error_status") or {},
            by_message=block.get("by_message_contains") or {},
            by_http_status=block.get("by_http_status") or {},
        )

    def capabilities(self) -> frozenset[str] | None:
        block = self.document.get("capabilities")
        if isinstance(block, list):
            return frozenset(map(str, block))
        if not isinstance(block, Mapping):
            return None
        if "required" in block or "optional" in block:
            return frozenset([*(block.get("required") or ()), *(block.get("optional") or ())])
        return frozenset(name for name, declared in block.items() if declared is True)

    def models(self) -> dict[str, ModelEntry]:
        entries = self.object_at("metadata").get("models") or {}
        return {
            name: msgspec.convert(entry, ModelEntry, strict=False)
            for name, entry in entries.items()
            if isinstance(entry, Mapping)
        }


_AUTH_KINDS: Final = {
    "bearer": "bearer",
    "api_key": "header",
    "custom_header": "header",
    "header": "header",
    "query_param": "query",
    "none": "none",
}


def _kind(value: object) -> str:
    return "null" if value is None else f"a {type(value).__name__}"
