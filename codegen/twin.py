"""Converts a file that waits to its blocking text: tokens by unasync, docstrings, formatting."""

import ast
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

import tokenize_rt
import unasync

from codegen.renames import RENAMES
from codegen.words import convert_docstrings

_GENERATED = "# Generated from {} by codegen; do not edit.\n"
_COPIED = "# Copied from {} by codegen; do not edit.\n"
_IMPORT_RULES = "I,F401"


def mark_generated(source: str, text: str) -> str:
    """Mark a text as generated from the file `source`."""
    return _GENERATED.format(source) + text


def mark_copied(source: str, text: str) -> str:
    """Mark a text as a copy of the file `source`."""
    return _COPIED.format(source) + text


def is_marked(text: str) -> bool:
    """Return whether codegen wrote the text."""
    return text.partition("\n")[0].endswith(" by codegen; do not edit.")


def convert_to_blocking(texts: Mapping[str, str]) -> dict[str, str]:
    """Return texts, keyed by path, in the blocking colour, without mark and formatting."""
    with TemporaryDirectory() as folder:
        stage = Path(folder)
        sources = [stage / "colour-async" / path for path in texts]
        for path, text in zip(sources, texts.values(), strict=True):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(unwrap_awaitables(text), encoding="utf-8", newline="\n")
        rule = unasync.Rule("/colour-async/", "/colour-blocking/", RENAMES)
        unasync.unasync_files([str(path) for path in sources], [rule])
        return {path: _read_converted(stage / "colour-blocking" / path) for path in texts}


def _read_converted(path: Path) -> str:
    text = path.read_text(encoding="utf-8")
    return convert_docstrings(ast.parse(text), text)


def unwrap_awaitables(text: str) -> str:
    """Replace each `Awaitable[T]` by `T`."""
    if "Awaitable" not in text:
        return text
    tokens = tokenize_rt.src_to_tokens(text)
    for start in range(len(tokens) - 2, -1, -1):
        if tokens[start].matches(name="NAME", src="Awaitable") and tokens[start + 1].src == "[":
            end = _find_closing_bracket(tokens, start + 1)
            del tokens[end], tokens[start + 1], tokens[start]
    return str(tokenize_rt.tokens_to_src(tokens))


def _find_closing_bracket(tokens: list[tokenize_rt.Token], opening: int) -> int:
    depth = 0
    for index in range(opening, len(tokens)):
        depth += {"[": 1, "]": -1}.get(tokens[index].src, 0)
        if depth == 0:
            return index
    raise ValueError("an opening bracket without its closing one")


def format_texts(root: Path, texts: Mapping[str, str]) -> dict[str, str]:
    """Sort imports, drop unused ones and format, by the project's own ruff configuration."""
    if not texts:
        return {}
    with TemporaryDirectory() as folder:
        for path, text in texts.items():
            (Path(folder) / path).parent.mkdir(parents=True, exist_ok=True)
            (Path(folder) / path).write_text(text, encoding="utf-8", newline="\n")
        settings = ["--no-cache", "--quiet", "--config", str(root / "pyproject.toml")]
        fixes = ["--config", "lint.per-file-ignores={}", "--select", _IMPORT_RULES, "--fix-only"]
        _ruff("check", *settings, *fixes, folder)
        _ruff("format", *settings, folder)
        return {path: (Path(folder) / path).read_text(encoding="utf-8") for path in texts}


def _ruff(*arguments: str) -> None:
    subprocess.run([sys.executable, "-m", "ruff", *arguments], check=True)
