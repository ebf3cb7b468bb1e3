"""Manifests with something wrong in them, the same ones for the same seed."""

import copy
import json
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import ai_lib.protocol
from ai_lib.protocol.bundle import (
    find_bundled_manifest,
    list_bundled_dialects,
    load_bundled_dialect,
)
from tests.protocol.shared import document, files

MANIFESTS = Path(ai_lib.protocol.__file__).parent / "manifests"

ODD: list[Any] = [
    None, True, False, 0, -1, 1, 2.5, 10**18, "", " ", "$", "$.", "@", "$.a[", "$.a[*].b", "$..a",
    "$.a[?@.b == 1]", "exists(", "a == ", "!", "a && (b || c) == 1", "$" + "[0]" * 200, "(" * 300,
    "x" * 5000, "${", "${a}", "$name", "\u2028", "\ud7ff", "9" * 400, "http://", "https://h", "/p",
    [], {}, [[]], [{}], {"": ""}, {"path": 3}, ["a", 1, None], {"type": []}, [0] * 300,
    {"match": 1, "emit": "Metadata"}, {"match": "$.a", "emit": "StreamEnd", "fields": {"a": "$."}},
    {"required": [1]}, {"429": "rate_limited", "x": {}}, {"range": "ab"}, {"min": "a", "alias": 1},
]  # fmt: skip
SIGNS = [*"{}[]\",:'&*!|>%@`#-? \n\t\\\0", "<<: *a", "&a ", "*a", "!!python/x ", "\ufeff", "é"]
SIGNS += ["!!binary ", "!!int x", "!!timestamp 2", "0o9", "2026-13-41", ".inf", "%YAML 1.1\n---\n"]

DEEP: Any = "leaf"
for _ in range(60):
    DEEP = {"a": [DEEP]}


def seeds() -> list[dict[str, Any]]:
    """Return manifests that are good: of every shape, dialect and version at hand."""
    documents = [
        document("house"),
        *filter(None, map(find_bundled_manifest, ("openai", "anthropic"))),
    ]
    for name in list_bundled_dialects():
        dialect = {k: v for k, v in load_bundled_dialect(name).items() if k != "serve"}
        documents.append(document("house", dialect=None, wire=dialect))
    documents += [json.loads(path.read_text("utf-8")) for path in files("dist/*/providers/*.json")]
    return copy.deepcopy(documents)


def mutants(count: int, seed: int) -> Iterator[tuple[str, str]]:
    """Give the names and texts of so many mutants."""
    chance = random.Random(seed)
    valid_documents = seeds()
    written = [path.read_text("utf-8") for path in MANIFESTS.glob("*.yaml")]
    for number in range(count):
        if chance.random() < 0.05:
            text = _scratch_text(_scratch_text(chance.choice(written), chance), chance)
            yield f"mutant-{seed}-{number}.yaml", text
            continue
        mutant = copy.deepcopy(chance.choice(valid_documents))
        for _ in range(chance.choice([1, 1, 1, 2, 5])):
            mutant = _mutate_value(mutant, chance)
        text = json.dumps(mutant, ensure_ascii=chance.random() < 0.5)
        # YAML takes ten times as long to read.
        name = f"mutant-{seed}-{number}." + ("yaml" if chance.random() < 0.03 else "json")
        if chance.random() < 0.1:
            text = _scratch_text(text, chance)
        yield name, text


def _mutate_value(value: Any, chance: random.Random) -> Any:
    """Change one place of a document."""
    positions = list(_walk_positions(value))
    if not positions:
        return chance.choice(ODD)
    parent, key = chance.choice(positions)
    change = chance.choice([_remove, _replace, _replace, _replace, _rename, _repeat, _move])
    change(parent, key, chance, positions)
    return value


Position = tuple[Any, Any]


def _remove(parent: Any, key: Any, chance: random.Random, positions: list[Position]) -> None:
    del parent[key]


def _replace(parent: Any, key: Any, chance: random.Random, positions: list[Position]) -> None:
    parent[key] = copy.deepcopy(DEEP if chance.random() < 0.01 else chance.choice(ODD))


def _rename(parent: Any, key: Any, chance: random.Random, positions: list[Position]) -> None:
    if isinstance(parent, dict):
        parent[str(chance.choice([key, "x", "", "$ref", "match", *parent]))] = parent.pop(key)


def _repeat(parent: Any, key: Any, chance: random.Random, positions: list[Position]) -> None:
    if isinstance(parent, list):
        parent.extend(copy.deepcopy([parent[key]] * chance.choice([1, 50])))
    else:
        parent[f"{key}_"] = copy.deepcopy(parent[key])


def _move(parent: Any, key: Any, chance: random.Random, positions: list[Position]) -> None:
    other, position = chance.choice(positions)
    other[position] = copy.deepcopy(parent[key])


def _walk_positions(value: Any) -> Iterator[Position]:
    todo = [value]
    while todo:
        node = todo.pop()
        if isinstance(node, dict | list):
            keys = list(node) if isinstance(node, dict) else range(len(node))
            for key in keys:
                yield node, key
                todo.append(node[key])


def _scratch_text(text: str, chance: random.Random) -> str:
    """Damage a text as an editor, a disk or a stranger would."""
    at = chance.randrange(len(text) + 1)
    scratches: list[Callable[[], str]] = [
        lambda: text[:at],
        lambda: text[:at] + chance.choice(SIGNS) + text[at:],
        lambda: text[:at] + text[at + chance.randrange(1, 9) :],
        lambda: text[:at] + "[" * 3000 + text[at:],
        lambda: text + text,
    ]
    return chance.choice(scratches)()
