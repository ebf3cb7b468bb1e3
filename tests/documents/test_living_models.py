"""No page, example, docstring or default names a model that is retired as far as is known."""

import re
from pathlib import Path

from ai_lib.protocol.catalog import ManifestCatalog

ROOT = Path(__file__).parents[2]
RECORDS = ManifestCatalog().build_registry().list_models()
# The day up to which the registry knows; the calendar is not asked.
AS_OF = max(record.lifecycle.as_of for record in RECORDS if record.lifecycle.as_of is not None)
RETIRED = {
    key for record in RECORDS if record.lifecycle.is_retired(AS_OF) for key in (*record.keys,)
} - {key for record in RECORDS if not record.lifecycle.is_retired(AS_OF) for key in record.keys}
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]*(?:/[A-Za-z0-9._:-]+)*")
_TEXTS = [
    ROOT / "README.md",
    *sorted((ROOT / "docs").glob("*.md")),
    *sorted(path for path in (ROOT / "examples").iterdir() if path.is_file()),
    *sorted((ROOT / "ai_lib").rglob("*.py")),
]


def list_retired_names(text: str) -> set[str]:
    names = {name.rstrip(".:-") for name in _NAME.findall(text)}
    return {name for name in names if name in RETIRED or name.partition("/")[2] in RETIRED}


def test_no_retired_model_is_named() -> None:
    assert len(_TEXTS) > 100
    names = {path: list_retired_names(path.read_text(encoding="utf-8")) for path in _TEXTS}
    assert {str(path.relative_to(ROOT)): found for path, found in names.items() if found} == {}


def test_a_retired_model_would_be_noticed() -> None:
    assert list_retired_names('AiClient.create("anthropic/claude-3-opus").') == {
        "anthropic/claude-3-opus"
    }
    assert list_retired_names("openai/gpt-4 or gpt-4, gpt-4o") == {"openai/gpt-4", "gpt-4"}
