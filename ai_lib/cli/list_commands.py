"""`ai-lib models` and `ai-lib providers`: list what the manifests offer.

Models are listed with sizes and prices, providers with dialect, host, and whether there is a key.
"""

from collections.abc import Iterable
from datetime import date

import msgspec

from ai_lib.cli.output import find_width, format_table, write_json, write_problem, write_text
from ai_lib.errors.exceptions import ProtocolError
from ai_lib.protocol.catalog import ManifestCatalog
from ai_lib.protocol.manifest.models import ModelRecord
from ai_lib.transport.credentials.lookup import describe_credential

_MODEL_COLUMNS = ("model", "status", "aliases", "context", "answer", "in", "out", "abilities")


def list_models(text: str = "", *, provider: str = "", as_json: bool = False) -> int:
    """Write the models whose name contains `text` to standard output; return 1 if there is none.

    Providers may be named by their aliases, `provider` and the beginning of `text` alike.

    Raises:
        ManifestNotFound: there is no `provider`.
    """
    catalog = ManifestCatalog()
    provider_id = catalog.load(provider).id if provider else ""
    texts = {text.lower(), _replace_alias(catalog, text.lower())}
    records = [
        record
        for record in catalog.build_registry().list_models()
        if provider_id in ("", record.provider) and _has_name(record, texts)
    ]
    if as_json:
        write_json([msgspec.to_builtins(record) for record in records])
    elif records:
        rows = [_make_model_row(record) for record in records]
        write_text(format_table(_MODEL_COLUMNS, rows, width=find_width()))
        write_text("\nSizes are tokens, prices per million tokens; - is unknown.\n")
        for sentence in describe_retirements(records, date.today()):
            write_text(f"{sentence}.\n")
    else:
        write_problem("no listed model has a name with this text")
    return 0 if records else 1


def _replace_alias(catalog: ManifestCatalog, text: str) -> str:
    """Return `text` with the id of the provider whose alias is before its first slash."""
    name, slash, model = text.partition("/")
    for provider in catalog.list_providers():
        try:
            aliases = catalog.load(provider).manifest.aliases if name else ()
        except ProtocolError:  # a provider that can't be used has no models
            continue
        if name in aliases:
            return f"{provider}/{model}"
    return f"{name}{slash}{model}"


def _has_name(record: ModelRecord, texts: Iterable[str]) -> bool:
    names = [name.lower() for name in (record.full_name, *record.keys)]
    return any(text in name for text in texts for name in names)


def describe_retirements(records: Iterable[ModelRecord], on: date) -> list[str]:
    """Return a sentence for each model that is still answered on a day and soon won't be."""
    return [
        record.lifecycle.describe(record.full_name, on)
        for record in records
        if record.lifecycle.is_retiring(on)
    ]


def _make_model_row(record: ModelRecord) -> dict[str, str]:
    abilities = sorted(name for name, is_supported in record.capabilities.items() if is_supported)
    currency = "" if record.prices.currency == "USD" else f" {record.prices.currency}"
    return {
        "model": record.full_name,
        "status": record.status or "-",
        "aliases": ", ".join(key for key in record.keys if key != record.model_id),
        "context": _format_number(record.context_window),
        "answer": _format_number(record.max_output_tokens),
        "in": _format_number(record.prices.input, currency),
        "out": _format_number(record.prices.output, currency),
        "abilities": ", ".join(abilities),
    }


def _format_number(value: float | None, unit: str = "") -> str:
    return "-" if value is None else f"{value:.10g}{unit}"


def list_providers(text: str = "", *, as_json: bool = False) -> int:
    """Write the providers whose id or alias contains `text` to standard output.

    Returns 1 if there is none, or if one of them can't be used, else 0.
    """
    catalog, rows, messages = ManifestCatalog(), [], []
    for name in catalog.list_providers():
        try:
            row = _make_provider_row(catalog, name)
        except ProtocolError as error:
            messages.append(error.message)
            continue
        if text.lower() in f"{row['provider']}, {row['aliases']}".lower():
            rows.append(row)
    if as_json:
        write_json(rows)
    elif rows:
        columns = ("provider", "aliases", "dialect", "host", "key", "from")
        write_text(format_table(columns, rows, width=find_width()))
    else:
        messages.append("no provider has an id or alias with this text")
    for message in messages:
        write_problem(message)
    return 1 if messages or not rows else 0


def _make_provider_row(catalog: ManifestCatalog, name: str) -> dict[str, str]:
    compiled = catalog.load(name)
    manifest = compiled.manifest
    report = describe_credential(manifest)
    variable = next(iter((*report.required, *report.conventional)), "")
    key_texts = {"available": "found", "missing": f"set {variable}", "not needed": "not needed"}
    return {
        "provider": manifest.id,
        "aliases": ", ".join(manifest.aliases),
        "dialect": compiled.dialect.dialect,
        "host": manifest.base_url.partition("://")[2].partition("/")[0],
        "key": key_texts[report.status],
        "from": "bundled" if manifest.origin == "bundled" else manifest.source,
    }
