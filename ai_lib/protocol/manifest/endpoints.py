"""Reads a manifest's endpoints and services, and the hints by which a dialect is chosen."""

from collections.abc import Callable, Iterator, Mapping
from typing import Final

import msgspec

from ai_lib.errors.exceptions import ProtocolError
from ai_lib.protocol.manifest.model import Endpoint
from ai_lib.protocol.manifest.schema import RawManifest
from ai_lib.types.json import JsonValue

Fail = Callable[[str], ProtocolError]

# Version 1.1 names its operations after the family and the verb.
_OLD_NAMES: Final = {
    "chat_completions_create": "chat",
    "messages_create": "chat",
    "generate_content": "chat",
    "completions_create": "completions",
    "embeddings_create": "embeddings",
}


def read_endpoints(raw_manifest: RawManifest, build_error: Fail) -> dict[str, Endpoint]:
    """Return the endpoints by name: `endpoints` come before the short forms in `endpoint`."""
    short_forms = raw_manifest.endpoint or {}
    nested = short_forms.get("endpoints")
    endpoints = dict(_read_block(short_forms, "$.endpoint", build_error))
    if isinstance(nested, Mapping):
        endpoints.update(_read_block(nested, "$.endpoint.endpoints", build_error))
    endpoints.update(_read_block(raw_manifest.endpoints or {}, "$.endpoints", build_error))
    for old, name in _OLD_NAMES.items():
        if old in endpoints:
            endpoints.setdefault(name, endpoints[old])
    return endpoints


def read_services(raw_manifest: RawManifest, build_error: Fail) -> dict[str, Endpoint]:
    """Return the services, such as `list_models`, by name."""
    return dict(_read_block(raw_manifest.services or {}, "$.services", build_error, method="GET"))


def _read_block(
    block: Mapping[str, JsonValue], block_path: str, build_error: Fail, method: str = "POST"
) -> Iterator[tuple[str, Endpoint]]:
    for name, value in block.items():
        if isinstance(value, str) and value.startswith("/"):
            yield name, Endpoint(path=value, method=method)
        elif block_path != "$.endpoint" and str(value).startswith(("http://", "https://")):
            yield name, Endpoint(path=str(value), method=method)
        elif isinstance(value, Mapping) and "path" in value:
            try:
                endpoint = msgspec.convert({"method": method, **value}, Endpoint, strict=False)
            except msgspec.ValidationError as error:
                raise build_error(f"{block_path}.{name} is wrong: {error}") from error
            is_whole = endpoint.path.startswith("/") or is_address(endpoint.path)
            path = endpoint.path if is_whole else f"/{endpoint.path}"
            yield name, msgspec.structs.replace(endpoint, path=path)


def _list_reply_paths(raw_manifest: RawManifest) -> Iterator[str]:
    """Yield the paths of the text in a plain response and in a frame."""
    streaming = raw_manifest.streaming
    content = (raw_manifest.response_paths or {}).get("content")
    yield from (path for path in (content, streaming and streaming.content_path) if path)
    for rule in (streaming.event_map or ()) if streaming else ():
        path = {**(rule.extract or {}), **(rule.fields or {})}.get("content")
        if isinstance(path, str):
            yield path


def is_address(path: object) -> bool:
    """Whether an endpoint's path is an address of its own, not one below the base URL."""
    return isinstance(path, str) and "://" in path.partition("?")[0]


def read_dialect_hints(raw_manifest: RawManifest) -> dict[str, tuple[str, ...]]:
    """Return the declared values by which a dialect may be chosen, the strongest hint first."""
    decoder = raw_manifest.streaming.decoder if raw_manifest.streaming else None
    contract = raw_manifest.provider_contract
    chat = read_endpoints(raw_manifest, ProtocolError).get("chat")
    families = raw_manifest.api_families
    family_sections = families if isinstance(families, Mapping) else {}
    chat_family = family_sections.get("chat")
    formats = (chat_family.get("request_format"),) if isinstance(chat_family, Mapping) else ()
    default_family = raw_manifest.default_api_family or next(iter(families or ()), None)
    metadata = raw_manifest.metadata
    hints: dict[str, tuple[JsonValue, ...]] = {
        "payload_format": (
            raw_manifest.payload_format,
            raw_manifest.auth.payload_format if raw_manifest.auth else None,
            *formats,
        ),
        "api_style": (raw_manifest.api_style, contract.api_style if contract else None),
        "adapter": (chat.adapter if chat else None,),
        "strategy": (decoder.strategy if decoder else None,),
        "tool_model": (raw_manifest.tooling.source_model if raw_manifest.tooling else None,),
        "response_format": (raw_manifest.response_format,),
        "reply": tuple(_list_reply_paths(raw_manifest)),
        "api_family": () if family_sections else (default_family,),
        "compatibility": (metadata.api_compatibility if metadata else None,),
        "decoder": (decoder.format if decoder else None,),
        "path": (chat.path if chat else None,),
    }
    hint_texts = {
        name: tuple(str(value) for value in values if value and not isinstance(value, dict))
        for name, values in hints.items()
    }
    return {name: values for name, values in hint_texts.items() if values}
