"""The bundled manifests: whole, consistent, and in the units they promise."""

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from ai_lib.errors.codes import STANDARD_ERROR_CODES
from ai_lib.errors.exceptions import CredentialError
from ai_lib.protocol.bundle import find_bundled_manifest, list_bundled_dialects, list_bundled_names
from ai_lib.protocol.catalog import ManifestCatalog
from ai_lib.protocol.compiled import CompiledManifest
from ai_lib.protocol.manifest.model_references import resolve_model_references
from ai_lib.transport.credentials.lookup import list_key_variables, resolve_credential

Json = dict[str, Any]


def words(text: str) -> list[str]:
    return text.split()


# "Bundled providers" of the design, api.md.
PROMISED = words(
    """
    openai anthropic gemini deepseek qwen groq mistral cohere xai openrouter together fireworks
    perplexity cerebras nvidia moonshot zhipu minimax doubao baidu siliconflow huggingface azure
    ai21 jina voyage ollama lmstudio vllm llamacpp sglang tgi
    """
)
LOCAL = {"ollama", "lmstudio", "vllm", "llamacpp", "sglang", "tgi"}
EMBED_ONLY = {"jina", "voyage"}
# They have neither chats nor embeddings; a section of their own is all that they need.
OPERATIONS_ONLY = {"deepgram", "elevenlabs", "fal"}
# Their models are listed elsewhere, change daily, or are the user's own.
MODELS_UNLISTED = LOCAL | {"openrouter", "siliconflow", "huggingface", "azure"}
# One key opens all addresses of a cloud.
SHARED_VARIABLES = {"AWS_BEARER_TOKEN_BEDROCK"}

# Operations at another host of the same vendor.
OTHER_HOSTS = {"bedrock": ("https://bedrock.{region}.{domain}/",)}

REQUIRED = words(
    """
    id protocol_version name status category official_url dialect endpoint endpoints capabilities
    error_classification retry_policy availability metadata
    """
)
CAPABILITIES = words(
    """
    text streaming vision audio video tools parallel_tools agentic reasoning embeddings
    structured_output batch image_generation computer_use mcp_client mcp_server stt tts rerank
    """
)
LIMIT_HEADERS = {
    f"{what}_{fact}"
    for what in ("requests", "tokens", "input_tokens", "output_tokens")
    for fact in ("limit", "remaining", "reset", "window")
} | {"retry_after", "reset_format"}
# How a reset is written: `12ms` or `6m0s`; seconds; a moment since 1970; a date.
RESET_FORMATS = {"duration", "seconds", "unix_seconds", "unix_milliseconds", "rfc3339"}
PRICES = {"input_per_1m", "output_per_1m", "cache_read_per_1m", "cache_write_per_1m"}
MODEL_FIELDS = words(
    "context_window max_output_tokens aliases modalities model_capabilities parameters pricing "
    "status release_date deprecated_on retires_on retired_on successor quality source as_of"
)


TALKING = [name for name in list_bundled_names("manifests") if name not in OPERATIONS_ONLY]
CATALOG = ManifestCatalog()  # compiles each manifest once for all tests


def document(name: str) -> Json:
    manifest = find_bundled_manifest(name)
    assert manifest is not None
    return dict(resolve_model_references(manifest))


def load(name: str) -> CompiledManifest:
    dialect = document(name)["dialect"]
    if dialect not in list_bundled_dialects():
        pytest.skip(f"the dialect {dialect} is not bundled")
    return CATALOG.load(name)


def models() -> Iterator[tuple[str, str, Json]]:
    for name in TALKING:
        for model, entry in document(name)["metadata"]["models"].items():
            yield name, model, entry


every = pytest.mark.parametrize("name", TALKING)


def test_every_promised_provider_is_there() -> None:
    assert set(PROMISED) <= set(list_bundled_names("manifests"))


@every
def test_it_has_every_field(name: str) -> None:
    manifest = document(name)
    assert [field for field in REQUIRED if field not in manifest] == []
    assert manifest["id"] == name
    assert manifest["protocol_version"] == "2.0"
    assert manifest["official_url"].startswith("https://")


@pytest.mark.parametrize("name", sorted(OPERATIONS_ONLY))
def test_one_of_operations_alone_declares_and_describes_them(name: str) -> None:
    manifest = document(name)
    assert manifest["id"] == name
    assert manifest["endpoint"]["base_url"].startswith("https://")
    assert set(manifest["capabilities"]["required"]) <= set(CAPABILITIES)
    compiled = CATALOG.load(name)
    for operation in manifest["wire"]["operations"]:
        assert compiled.find_operation(operation) is not None
    with pytest.raises(CredentialError, match=compiled.manifest.auth.env[0]):
        resolve_credential(compiled.manifest, environ={})


@every
def test_it_compiles_with_its_dialect(name: str) -> None:
    compiled = load(name)
    assert compiled.id == name
    assert compiled.dialect.dialect == document(name)["dialect"]


@every
def test_its_address_is_encrypted_unless_it_is_this_machine(name: str) -> None:
    parts = urlsplit(document(name)["endpoint"]["base_url"])
    assert (parts.scheme, parts.hostname == "localhost") == (
        ("http", True) if name in LOCAL else ("https", False)
    )
    assert not parts.query
    assert not parts.username


@every
def test_its_endpoints_are_paths_and_chat_is_one_unless_it_only_embeds(name: str) -> None:
    endpoints = document(name)["endpoints"]
    places = [endpoint["path"] for endpoint in endpoints.values()]
    assert all(place.startswith(("/", *OTHER_HOSTS.get(name, ()))) for place in places)
    assert ("chat" in endpoints) == (name not in EMBED_ONLY)
    declared = document(name)["capabilities"]
    embeds = "embeddings" in [*declared["required"], *declared.get("optional", [])]
    assert embeds == ("embeddings" in endpoints)


@every
def test_its_families_name_an_endpoint_each(name: str) -> None:
    manifest = document(name)
    families = manifest.get("api_families")
    if families is None:
        assert name in EMBED_ONLY
        return
    assert manifest["default_api_family"] in families
    if isinstance(families, dict):
        assert families[manifest["default_api_family"]]["dialect"] == manifest["dialect"]
        assert all(family["endpoint"] in manifest["endpoints"] for family in families.values())


@every
def test_its_capabilities_are_words_of_the_protocol(name: str) -> None:
    declared = document(name)["capabilities"]
    capabilities = [*declared["required"], *declared.get("optional", [])]
    assert set(capabilities) <= set(CAPABILITIES)
    assert len(capabilities) == len(set(capabilities))
    assert ("text" in capabilities) == (name not in EMBED_ONLY)


@every
def test_its_key_is_looked_up_where_the_vendor_says(name: str) -> None:
    auth = document(name)["endpoint"]["auth"]
    auth = auth[0] if isinstance(auth, list) else auth
    assert re.fullmatch(r"[A-Z][A-Z0-9_]*(_KEY|_TOKEN|_TOKEN_BEDROCK)", auth["token_env"])
    manifest = load(name).manifest
    for variable in (auth["token_env"], auth.get("key_env", auth["token_env"])):
        credential = resolve_credential(manifest, environ={variable: "k-123"})
        assert credential is not None
        assert credential.source == f"environment variable {variable}"


@every
def test_no_key_is_an_error_unless_it_is_this_machine(name: str) -> None:
    manifest = load(name).manifest
    if name in LOCAL:
        assert resolve_credential(manifest, environ={}) is None
        return
    with pytest.raises(CredentialError, match=manifest.auth.env[0]):
        resolve_credential(manifest, environ={})


@every
def test_its_errors_are_standard_classes(name: str) -> None:
    error_names = {code.name for code in STANDARD_ERROR_CODES}
    tables = document(name)["error_classification"]
    assert set(tables) <= {
        "by_error_code",
        "by_error_status",
        "by_message_contains",
        "by_http_status",
    }
    for table in tables.values():
        assert all(isinstance(word, str) for word in table)
        assert set(table.values()) <= error_names
    assert all(re.fullmatch("[45][0-9]{2}", status) for status in tables.get("by_http_status", {}))


@every
def test_it_retries_what_may_pass_and_nothing_else(name: str) -> None:
    policy = document(name)["retry_policy"]
    assert policy["strategy"] == "exponential_backoff"
    assert 0 < policy["min_delay_ms"] <= policy["max_delay_ms"]
    statuses = set(policy["retry_on_http_status"])
    assert {500, 502, 503, 504} <= statuses
    assert not statuses & {400, 401, 402, 403, 404, 413, 422}


@every
def test_its_limit_headers_say_how_a_reset_is_written(name: str) -> None:
    headers = document(name).get("rate_limit_headers", {})
    assert set(headers) <= LIMIT_HEADERS
    resets = [field for field in headers if field.endswith("_reset")]
    assert bool(resets) == ("reset_format" in headers)
    assert headers.get("reset_format", "seconds") in RESET_FORMATS
    for field, value in headers.items():
        if field.endswith("_window") and not isinstance(value, str):
            assert value > 0
        elif field != "reset_format":
            assert re.fullmatch("[a-z0-9-]+", value)


def test_ids_and_aliases_belong_to_one_provider_each() -> None:
    documents = [document(name) for name in list_bundled_names("manifests")]
    names = Counter(
        name for manifest in documents for name in (manifest["id"], *manifest.get("aliases", []))
    )
    assert [name for name, count in names.items() if count > 1] == []


def test_a_variable_holds_the_key_of_one_provider_only() -> None:
    manifests = [
        CATALOG.load(name).manifest
        for name in TALKING
        if document(name)["dialect"] in list_bundled_dialects()
    ]
    variables = Counter(name for manifest in manifests for name in list_key_variables(manifest))
    shared = {name for name, count in variables.items() if count > 1}
    assert shared == SHARED_VARIABLES


@pytest.mark.parametrize(
    ("alias", "id"),
    [
        ("google", "gemini"),
        ("claude", "anthropic"),
        ("kimi", "moonshot"),
        ("glm", "zhipu"),
        ("grok", "xai"),
        ("hf", "huggingface"),
    ],
)
def test_an_alias_finds_its_provider(alias: str, id: str) -> None:
    assert CATALOG.load(alias).id == id


@every
def test_models_are_listed_once_by_name_and_alias(name: str) -> None:
    listed = document(name)["metadata"]["models"]
    assert bool(listed) == (name not in MODELS_UNLISTED)
    names = Counter(
        name for model, entry in listed.items() for name in (model, *entry.get("aliases", []))
    )
    assert [name for name, count in names.items() if count > 1] == []


def test_a_models_sizes_are_whole_and_fit() -> None:
    assert [f"{provider}/{model}" for provider, model, entry in models() if not _fits(entry)] == []


def _fits(entry: Json) -> bool:
    sizes = entry.get("context_window"), entry.get("max_output_tokens")
    known = [size for size in sizes if size is not None]
    return (
        set(entry) <= set(MODEL_FIELDS)
        and all(type(size) is int and size >= 1024 for size in known)
        and known == sorted(known, reverse=True)
    )


def test_a_price_is_per_million_and_says_its_currency() -> None:
    priced = [(f"{provider}/{name}", entry) for provider, name, entry in models()]
    assert [name for name, entry in priced if "pricing" in entry and not _is_priced(entry)] == []


# What one of each unit costs at least and at most, anywhere.
UNITS = {
    "per_character": (1e-6, 2e-4),
    "per_second": (1e-6, 1.0),
    "per_image": (0.005, 0.5),
    "per_page": (0.0005, 0.1),
    "per_search": (0.0005, 0.01),
}


def _is_priced(entry: Json) -> bool:
    pricing = dict(entry["pricing"])
    units = {unit: pricing.pop(unit) for unit in UNITS if unit in pricing}
    if units:
        bounds = [(UNITS[unit], price) for unit, price in units.items()]
        is_paid_by_units = all(low <= price <= high for (low, high), price in bounds)
        return is_paid_by_units and pricing == {"currency": "USD"}
    if pricing == {"input_per_1m": 0, "currency": "USD"}:
        return True  # free, as the vendor says
    currency = pricing.pop("currency", "")
    pricing.pop("tools", None)  # fees by use, which `test_a_fee_is_published` looks at
    steps = [pricing, *map(dict, pricing.pop("tiers", []))]
    above = [step.pop("above_prompt_tokens") for step in steps[1:]]
    return currency == "USD" and above == sorted(above) and all(map(_is_a_step, steps))


def _is_a_step(prices: Json) -> bool:
    tokens = prices.get("input_per_1m", 0)
    return (
        set(prices) <= PRICES | {"reasoning_per_1m", "input_audio_per_1m", "input_image_per_1m"}
        # Published prices lie in these bounds; one per token or per thousand would not.
        and all(0.002 <= price <= 200 for price in prices.values())
        and "input_per_1m" in prices
        and prices.get("cache_read_per_1m", 0) < tokens <= prices.get("output_per_1m", tokens)
    )


def test_a_fee_is_published_and_says_where() -> None:
    fees = 0
    for name in list_bundled_names("manifests"):
        metadata = (find_bundled_manifest(name) or {}).get("metadata") or {}
        pricing = metadata.get("pricing") or {}
        assert not pricing or str(pricing["source"]).startswith("https://"), name
        for fee in (pricing.get("tools") or {}).values():
            assert set(fee) <= {"per_1000", "unit", "tokens"}
            assert 0 <= fee["per_1000"] <= 50
            fees += 1
        assert all(0 < factor <= 4 for factor in (pricing.get("service_tiers") or {}).values())
    assert fees > 20


@pytest.mark.parametrize(
    ("provider", "model", "prices"),
    [
        # https://platform.openai.com/docs/pricing
        ("openai", "gpt-4.1", (2, 8, 0.5)),
        ("openai", "o3", (2, 8, 0.5)),
        # https://platform.claude.com/docs/en/about-claude/models/whats-new-opus-5
        ("anthropic", "claude-opus-5", (5, 25, 0.5)),
        # https://ai.google.dev/gemini-api/docs/pricing
        ("gemini", "gemini-2.5-pro", (1.25, 10, 0.125)),
        # https://docs.x.ai/docs/models
        ("xai", "grok-4-0709", (3, 15, 0.75)),
    ],
)
def test_prices_are_the_published_ones(
    provider: str, model: str, prices: tuple[float, float, float]
) -> None:
    pricing = document(provider)["metadata"]["models"][model]["pricing"]
    names = ("input_per_1m", "output_per_1m", "cache_read_per_1m")
    assert tuple(pricing[name] for name in names) == prices
