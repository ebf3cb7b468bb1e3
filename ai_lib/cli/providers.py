"""`ai-lib providers`: who can be talked to, in which dialect, and whether there is a key."""

import sys

from ai_lib.cli.table import table, write_json
from ai_lib.errors.tree import ProtocolError
from ai_lib.protocol.catalogue import Catalogue
from ai_lib.transport.credentials import describe_credential


def providers(*, as_json: bool = False) -> int:
    """Write the providers to standard output; return the exit code, 1 when one can't be used."""
    catalogue, rows, broken = Catalogue(), [], []
    for name in catalogue.names():
        try:
            rows.append(_row(catalogue, name))
        except ProtocolError as error:
            broken.append(error.message)
    if as_json:
        write_json(rows)
    else:
        sys.stdout.write(table(("provider", "aliases", "dialect", "host", "key", "from"), rows))
    for message in broken:
        sys.stderr.write(f"ai-lib: {message}\n")
    return 1 if broken else 0


def _row(catalogue: Catalogue, name: str) -> dict[str, str]:
    compiled = catalogue.load(name)
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
