"""`ai-lib models`: the models that manifests list, with sizes and prices."""

import sys

import msgspec

from ai_lib.cli.table import table, write_json
from ai_lib.protocol.catalogue import Catalogue
from ai_lib.protocol.models import ModelRecord

_COLUMNS = ("model", "aliases", "context", "answer", "in", "out", "abilities")


def models(text: str = "", *, provider: str = "", as_json: bool = False) -> int:
    """Write the models whose name holds `text` to standard output; 1 when there is none."""
    found = [
        record
        for record in Catalogue().models().all()
        if provider in ("", record.provider)
        and any(text.lower() in key.lower() for key in (record.full_name, *record.keys))
    ]
    if as_json:
        write_json([msgspec.to_builtins(record) for record in found])
    elif found:
        sys.stdout.write(table(_COLUMNS, [_row(record) for record in found]))
        sys.stdout.write("\nSizes are tokens, prices per million tokens; - is unknown.\n")
    else:
        sys.stderr.write("ai-lib: no listed model has such a name\n")
    return 0 if found else 1


def _row(record: ModelRecord) -> dict[str, str]:
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
