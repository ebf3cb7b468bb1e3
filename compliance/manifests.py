"""Manifest files for cases: those of the suite, and those a case carries or changes."""

import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from compliance.runtime_client import Runtime, RuntimeClient
from compliance.suite import Case, Json


def load_document(text: str | Path) -> Json:
    """Return the YAML or JSON document in a text or a file."""
    source = text.read_text("utf-8") if isinstance(text, Path) else text
    document: Json = YAML(typ="safe", pure=True).load(source)
    return document


def load_case_manifest(case: Case) -> Json:
    """Return the manifest a case is set up with."""
    return load_document(case.path(case.setup["manifest_path"]))


@contextmanager
def write_manifest(manifest: Json) -> Iterator[Path]:
    """Write a manifest to a file of its own."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"{manifest['id']}.json"
        path.write_text(json.dumps(manifest), "utf-8")
        yield path


@contextmanager
def open_client(
    manifest: Json, runtime: Runtime, base_url: str | None = None, **options: Any
) -> Iterator[RuntimeClient]:
    """Yield a client of a provider with this manifest."""
    with write_manifest(manifest) as path:
        yield RuntimeClient(
            runtime=runtime,
            manifest=path,
            provider=manifest["id"],
            base_url=base_url,
            **options,
        )
