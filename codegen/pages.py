"""A MkDocs hook that generates pages: the reference, with one page for each room, and examples."""

import ast
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any, Final

_PACKAGE: Final = Path(__file__).parents[1] / "ai_lib"
_EXAMPLES: Final = Path(__file__).parents[1] / "examples"
_TITLE: Final = "Reference"
# Builders inherit methods from several files; elsewhere inherited members are listed once.
_INHERITED: Final = ("    options:", "      inherited_members: true")
_OPTIONS: Final = {"client": _INHERITED, "embeddings": _INHERITED}


def on_config(config: Any) -> Any:
    """Add these pages after those that the configuration lists."""
    if not any(_TITLE in entry for entry in config.nav if isinstance(entry, dict)):
        pages = [{name: _get_page_path(name)} for name in ["ai_lib", *_list_rooms()]]
        config.nav.append({"Examples": "examples.md"})
        config.nav.append({_TITLE: pages})
    return config


def on_files(files: Any, *, config: Any) -> Any:
    """Add the pages, which exist in the site only."""
    from mkdocs.structure.files import File

    files.append(File.generated(config, "examples.md", content=_build_examples_page()))
    files.append(File.generated(config, _get_page_path("ai_lib"), content=_build_root_page()))
    for name in _list_rooms():
        files.append(File.generated(config, _get_page_path(name), content=_build_room_page(name)))
    return files


def _build_examples_page() -> str:
    """Return the page of the programs: what their README says, then each of them."""
    lines = [(_EXAMPLES / "README.md").read_text(encoding="utf-8")]
    for path in sorted(_EXAMPLES.iterdir()):
        language = {".py": "python", ".yaml": "yaml", ".html": "html"}.get(path.suffix)
        if language is not None:
            text = path.read_text(encoding="utf-8")
            lines += [f"## {path.name}", "", f"```{language}", text.rstrip(), "```", ""]
    return "\n".join(lines)


def _list_rooms() -> Iterator[str]:
    """Yield the rooms that export names, in the alphabet's order."""
    for path in sorted(_PACKAGE.glob("*/__init__.py")):
        if "_WHERE" in path.read_text(encoding="utf-8"):
            yield path.parent.name


def _get_page_path(name: str) -> str:
    return f"reference/{name}.md"


def _build_root_page() -> str:
    """Return the page of the package itself: where each of its names is described."""
    names: dict[str, list[str]] = {}
    for room in _list_rooms():
        for name in import_module(f"ai_lib.{room}").__all__:
            names.setdefault(name, []).append(room)
    rows = [_build_row(name, names.get(name, [])) for name in import_module("ai_lib").__all__]
    return "\n".join(
        [
            "# ai_lib",
            "",
            "`ai_lib` is async (asyncio and trio). `ai_lib_sync` has the same names without",
            "`async` and `await`; values and errors are the same classes in both.",
            "",
            "| importable from the root | described at |",
            "|---|---|",
            *rows,
            "",
        ]
    )


def _build_row(name: str, rooms: list[str]) -> str:
    links = [f"[ai_lib.{room}]({room}.md#ai_lib.{room}.{name})" for room in rooms[:1]]
    return f"| `{name}` | {links[0] if links else ''} |"


def _build_room_page(room: str) -> str:
    """Return the page of a room: its sentence, then every public name."""
    module = import_module(f"ai_lib.{room}")
    sentence = ast.get_docstring(ast.parse((_PACKAGE / room / "__init__.py").read_text("utf-8")))
    lines = [
        f"# {room}",
        "",
        sentence or "",
        "",
        f"Import from `ai_lib.{room}` (asyncio, trio) or `ai_lib_sync.{room}` (blocking).",
        "",
    ]
    for name in module.__all__:
        lines += [f"::: ai_lib.{room}.{name}", *_OPTIONS.get(room, ()), ""]
    return "\n".join(lines)
