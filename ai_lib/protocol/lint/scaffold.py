"""Writes a new manifest that is like a bundled one, for another host: in short, or in full."""

import io
from collections.abc import Mapping
from typing import Final

from ai_lib.protocol.manifest.endpoints import is_address
from ai_lib.protocol.manifest.model import ProtocolManifest
from ai_lib.types.json import JsonDict, JsonObject, JsonValue

# In the order they are written; sections that only concern the other provider are left out.
_COPIED_SECTIONS: Final = (
    *("dialect", "payload_format", "api_style", "api_families", "default_api_family"),
    *("wire", "tokens", "parameters", "parameter_mappings", "streaming", "capabilities"),
    *("error_classification", "termination", "features", "retry_policy", "rate_limit_headers"),
)
# Abilities of chats; those of other operations need endpoints of their own.
_OF_CHATS: Final = (
    *("text", "streaming", "tools", "parallel_tools", "reasoning", "structured_output"),
    *("vision", "audio", "video"),
)
_NO_TEXTS: Final = ("true", "false", "null", "yes", "no", "on", "off")
_SHORT_HEAD: Final = """\
# A manifest in the dialect of {like}. Next: ai-lib lint {id}.yaml
# Use it with: AiClient.builder().model("{id}/MODEL").protocol_dir("{id}.yaml")
"""
_HEAD: Final = """\
# A manifest like that of {like}. Change what differs, then: ai-lib lint {id}.yaml
# Use it with: AiClient.builder().model("{id}/MODEL").protocol_dir("{id}.yaml")
"""


def scaffold_manifest(like: ProtocolManifest, provider: str, base_url: str | None = None) -> str:
    """Return the text of a manifest for `provider` with the reusable sections of `like`."""
    raw = like.raw
    endpoint: JsonDict = {
        "base_url": base_url or f"https://{provider}.example/v1",
        "auth": _build_auth(like, provider),
        **({"base_path": like.base_path} if like.base_path else {}),
    }
    document: JsonDict = {
        "id": provider,
        "protocol_version": str(raw.get("protocol_version", "2.0")),
        "name": provider,
        **({"dialect": raw["dialect"]} if "dialect" in raw else {}),
        "endpoint": endpoint,
        **({"variables": raw["variables"]} if "variables" in raw else {}),
        **{name: raw[name] for name in _COPIED_SECTIONS if name in raw and name != "dialect"},
        **_select_endpoints(raw),
        "metadata": {"models": {"MODEL": {"context_window": 0, "max_output_tokens": 0}}},
    }
    return _HEAD.format(like=like.id, id=provider) + _dump_yaml(document)


def sketch_manifest(like: ProtocolManifest, provider: str, base_url: str | None = None) -> str:
    """Return the shortest text of a manifest for `provider`: address, key, dialect, abilities.

    What `like` says beside its dialect is left out. One without a dialect is scaffolded in full.
    """
    raw = like.raw
    if "dialect" not in raw:
        return scaffold_manifest(like, provider, base_url)
    url = (base_url or f"https://{provider}.example/v1").rstrip("/") + (like.base_path or "")
    statuses = _get_member(raw, "error_classification", "by_http_status") or {"503": "overloaded"}
    abilities = {
        name: words
        for name in ("required", "optional")
        if (words := [w for w in _get_member(raw, "capabilities", name) or () if w in _OF_CHATS])
    }
    lines = [
        _SHORT_HEAD.format(like=like.id, id=provider),
        f"id: {_quote(provider)}\n",
        f'protocol_version: "{raw.get("protocol_version", "2.0")}"\n',
        f"dialect: {raw['dialect']}\n",
        f"endpoint:\n  base_url: {url}\n  auth: {_dump_flow(_build_auth(like, provider))}",
        f"error_classification: {_dump_flow({'by_http_status': statuses})}",
        f"capabilities: {_dump_flow(abilities)}" if abilities else "",
    ]
    return "".join(lines)


def _get_member(raw: JsonObject, section: str, name: str) -> JsonValue:
    members = raw.get(section)
    return members.get(name) if isinstance(members, Mapping) else None


def _quote(provider: str) -> str:
    """Return an id as YAML, in which some plain words are no text."""
    return f'"{provider}"' if provider in _NO_TEXTS or provider.isdecimal() else provider


def _dump_flow(value: JsonDict) -> str:
    """Return a value in YAML's flow style, as one line with its end."""
    from ruamel.yaml import YAML

    yaml = YAML(typ="safe", pure=True)
    yaml.default_flow_style = True
    yaml.sort_base_mapping_type_on_output = False  # type: ignore[assignment]
    yaml.width = 1 << 16
    out = io.StringIO()
    yaml.dump(value, out)
    text = out.getvalue().strip()
    return f"{{ {text[1:-1]} }}\n"


def _select_endpoints(raw: JsonObject) -> JsonDict:
    """Return the endpoints below the base URL: what else the other provider has, is its own."""
    endpoints = raw.get("endpoints")
    if not isinstance(endpoints, Mapping):
        return {}
    return {
        "endpoints": {
            name: endpoint
            for name, endpoint in endpoints.items()
            if not is_address(endpoint.get("path") if isinstance(endpoint, Mapping) else endpoint)
        }
    }


def _build_auth(like: ProtocolManifest, provider: str) -> JsonDict:
    auth = like.auth
    kinds = {"header": "custom_header", "query": "query_param", "none": "none"}
    section: JsonDict = {"type": kinds.get(auth.kind, "bearer")}
    if auth.kind == "none":
        return section
    if auth.kind == "header":
        section["header"] = auth.header
    if auth.kind == "query":
        section["param_name"] = auth.param
    section["token_env"] = f"{provider.upper().replace('-', '_')}_API_KEY"
    if auth.extra_headers:
        section["extra_headers"] = [{"name": n, "value": v} for n, v in auth.extra_headers]
    return section


def _dump_yaml(document: JsonDict) -> str:
    from ruamel.yaml import YAML

    yaml = YAML(typ="safe", pure=True)
    yaml.default_flow_style = False
    yaml.sort_base_mapping_type_on_output = False  # type: ignore[assignment]
    yaml.width = 100
    out = io.StringIO()
    yaml.dump(document, out)
    return out.getvalue()
