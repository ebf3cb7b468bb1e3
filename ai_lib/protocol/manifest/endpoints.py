"""Where a manifest's operations are, and what it says about the language they speak."""

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


def read_endpoints(written: RawManifest, fail: Fail) -> dict[str, Endpoint]:
    """Return the operations by name: `endpoints` come before the short forms in `endpoint`."""
    short = written.endpoint or {}
    nested = short.get("endpoints")
    found = dict(_read_block(short, "$.endpoint", fail))
    if isinstance(nested, Mapping):
        found.update(_read_block(nested, "$.endpoint.endpoints", fail))
    found.update(_read_block(written.endpoints or {}, "$.endpoints", fail))
    for old, name in _OLD_NAMES.items():
        if old in found:
            found.setdefault(name, found[old])
    return found


def read_services(written: RawManifest, fail: Fail) -> dict[str, Endpoint]:
    """Return the services, such as `list_models`, by name."""
    return dict(_read_block(written.services or {}, "$.services", fail, method="GET"))


def _read_block(
    block: Mapping[str, JsonValue], where: str, fail: Fail, method: str = "POST"
) -> Iterator[tuple[str, Endpoint]]:
    for name, value in block.items():
        if isinstance(value, str) and value.startswith("/"):
            yield name, Endpoint(path=value, method=method)
        elif isinstance(value, Mapping) and "path" in value:
            try:
                place = msgspec.convert({"method": method, **value}, Endpoint, strict=False)
            except msgspec.ValidationError as error:
                raise fail(f"{where}.{name} is wrong: {error}") from error
            if "://" in place.path:
                raise fail(f"{where}.{name}.path must be a path, not an address of its own")
            path = place.path if place.path.startswith("/") else f"/{place.path}"
            yield name, msgspec.structs.replace(place, path=path)


def read_dialect_hints(written: RawManifest) -> dict[str, tuple[str, ...]]:
    """Return what the manifest says that a dialect may be chosen by, the strongest first."""
    decoder = written.streaming.decoder if written.streaming else None
    contract = written.provider_contract
    chat = read_endpoints(written, ProtocolError).get("chat")
    families = written.api_families
    spoken = families if isinstance(families, Mapping) else {}
    chatting = spoken.get("chat")
    formats = (chatting.get("request_format"),) if isinstance(chatting, Mapping) else ()
    first = written.default_api_family or next(iter(families or ()), None)
    metadata = written.metadata
    hints: dict[str, tuple[JsonValue, ...]] = {
        "payload_format": (written.payload_format, *formats),
        "api_style": (written.api_style, contract.api_style if contract else None),
        "adapter": (chat.adapter if chat else None,),
        "strategy": (decoder.strategy if decoder else None,),
        "api_family": () if spoken else (first,),
        "compatibility": (metadata.api_compatibility if metadata else None,),
        "decoder": (decoder.format if decoder else None,),
        "path": (chat.path if chat else None,),
    }
    known = {name: tuple(map(str, filter(None, values))) for name, values in hints.items()}
    return {name: values for name, values in known.items() if values}
