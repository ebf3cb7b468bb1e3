"""`ai-lib models`: the models that manifests list, with sizes and prices."""

import sys

import msgspec

from ai_lib.cli.output import table, write_json
from ai_lib.errors.exceptions import ProtocolError
from ai_lib.protocol.catalog import ManifestCatalog
from ai_lib.protocol.manifest.models import ModelRecord
from ai_lib.transport.credentials import describe_credential

_COLUMNS = ("model", "aliases", "context", "answer", "in", "out", "abilities")


def models(text: str = "", *, provider: str = "", as_json: bool = False) -> int:
    """Write the models whose name holds `text` to standard output; 1 when there is none."""
    found = [
        record
        for record in ManifestCatalog().build_registry().list_models()
        if provider in ("", record.provider)
        and any(text.lower() in key.lower() for key in (record.full_name, *record.keys))
    ]
    if as_json:
        write_json([msgspec.to_builtins(record) for record in found])
    elif found:
        sys.stdout.write(table(_COLUMNS, [_model_row(record) for record in found]))
        sys.stdout.write("\nSizes are tokens, prices per million tokens; - is unknown.\n")
    else:
        sys.stderr.write("ai-lib: no listed model has such a name\n")
    return 0 if found else 1


def _model_row(record: ModelRecord) -> dict[str, str]:
    able = sorted(name for name, has in record.capabilities.items() if has)
    currency = "" if record.prices.currency == "USD" else f" {record.prices.currency}"
    return {
        "model": record.full_name,
        "aliases": ", ".join(key for key in record.keys if key != record.model_id),
        "context": _number(record.context_window),
        "answer": _number(record.max_output_tokens),
        "in": _number(record.prices.input, currency),
        "out": _number(record.prices.output, currency),
        "abilities": ", ".join(able),
    }


def _number(value: float | None, unit: str = "") -> str:
    return "-" if value is None else f"{value:.10g}{unit}"


def providers(*, as_json: bool = False) -> int:
    """Write the providers to standard output; return the exit code, 1 when one can't be used."""
    catalog, rows, broken = ManifestCatalog(), [], []
    for name in catalog.list_providers():
        try:
            rows.append(_provider_row(catalog, name))
        except ProtocolError as error:
            broken.append(error.message)
    if as_json:
        write_json(rows)
    else:
        sys.stdout.write(table(("provider", "aliases", "dialect", "host", "key", "from"), rows))
    for message in broken:
        sys.stderr.write(f"ai-lib: {message}\n")
    return 1 if broken else 0


def _provider_row(catalog: ManifestCatalog, name: str) -> dict[str, str]:
    compiled = catalog.load(name)
    manifest = compiled.manifest
    report = describe_credential(manifest)
    wanted = next(iter((*report.required, *report.conventional)), "")
    keys = {"available": "found", "missing": f"set {wanted}", "not needed": "not needed"}
    return {
        "provider": manifest.id,
        "aliases": ", ".join(manifest.aliases),
        "dialect": compiled.dialect.dialect,
        "host": manifest.base_url.partition("://")[2].partition("/")[0],
        "key": keys[report.status],
        "from": "bundled" if manifest.origin == "bundled" else manifest.source,
    }
