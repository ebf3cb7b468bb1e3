"""`python -m codegen prices` lists what differs from the prices that others keep."""

import os
import subprocess
import sys
from pathlib import Path

from ai_lib.protocol.bundle import find_bundled_manifest
from ai_lib.protocol.manifest.models import read_manifest_models

ROOT = Path(__file__).parents[2]
# The part of the package genai-prices that the report reads.
PEER = """
class Tiered:
    base = {output}

class Prices:
    input_mtok, output_mtok, cache_read_mtok = {input}, Tiered(), None

class Model:
    def is_match(self, name):
        return name == "gpt-5.4-mini"

    def get_prices(self, moment):
        return Prices()

class Provider:
    id, models = "openai", [Model()]

providers = [Provider()]
"""


def report(folder: Path, **prices: float) -> str:
    """Return what the command writes beside a package with these prices of one model."""
    package = folder / "genai_prices"
    package.mkdir(exist_ok=True)
    (package / "__init__.py").touch()
    (package / "data.py").write_text(PEER.format(**prices))
    return subprocess.run(
        [sys.executable, "-m", "codegen", "prices"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    ).stdout


def test_it_lists_what_differs_and_changes_nothing(tmp_path: Path) -> None:
    records = read_manifest_models(find_bundled_manifest("openai") or {}, "openai")
    prices = next(record.prices for record in records if record.model_id == "gpt-5.4-mini")
    assert prices.input is not None
    assert prices.output is not None

    assert report(tmp_path, input=prices.input, output=prices.output) == (
        "1 models of 1 providers were compared\n"
    )
    assert report(tmp_path, input=prices.input, output=99) == (
        f"openai/gpt-5.4-mini: output is {prices.output:g} here and 99 there\n"
        "1 models of 1 providers were compared\n"
    )
