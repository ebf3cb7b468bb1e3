"""A MkDocs hook that generates pages: the reference, with one page for each room, and examples.

Beside each page lies its Markdown, and `llms.txt` lists these (https://llmstxt.org).
"""

import ast
import inspect
import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any, Final

_PACKAGE: Final = Path(__file__).parents[1] / "ai_lib"
_EXAMPLES: Final = Path(__file__).parents[1] / "examples"
_TITLE: Final = "Reference"
# The title and the Markdown of each page of this build, by its path.
_FENCED: Final = re.compile(r"^ *```.*?^ *```$", re.DOTALL | re.MULTILINE)
_MARKDOWN: Final[dict[str, tuple[str, str]]] = {}
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


def on_page_markdown(markdown: str, *, page: Any, config: Any, files: Any) -> None:
    """Keep the Markdown of a page for `on_post_build`."""
    _MARKDOWN[page.file.src_uri] = (str(page.title), markdown)


def on_post_build(*, config: Any) -> None:
    """Write the Markdown of each page, and the list of them."""
    site = Path(config.site_dir)
    listed_paths = list(_list_pages(config.nav))
    for path in listed_paths:
        markdown = _MARKDOWN[path][1]
        room = path.removeprefix("reference/").removesuffix(".md")
        text = _write_room(room, markdown) if "::: " in markdown else markdown
        target = site / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
    (site / "llms.txt").write_text(_write_list(config, listed_paths), encoding="utf-8")


def _list_pages(entries: Any) -> Iterator[str]:
    """Yield the paths of the pages of a navigation, in its order."""
    for entry in entries:
        if isinstance(entry, str):
            yield entry
            continue
        for value in entry.values():
            yield from _list_pages([value] if isinstance(value, str) else value)


def _write_list(config: Any, paths: list[str]) -> str:
    lines = [f"# {config.site_name}", "", f"> {config.site_description}", "", "## Pages", ""]
    for path in paths:
        title, markdown = _MARKDOWN[path]
        sentence = _find_first_sentence(markdown)
        lines.append(f"- [{title}]({path}){f': {sentence}' if sentence else ''}")
    return "\n".join([*lines, ""])


def _find_first_sentence(markdown: str) -> str:
    """Return the first line of prose; "" where a page begins with something else."""
    for paragraph in _FENCED.sub("", markdown).split("\n\n"):
        line = " ".join(paragraph.split())
        if line and not line.startswith(("#", "```", "|", "<", ":::", "=", "-", "!")):
            return line.partition(". ")[0].rstrip(".:") + "."
    return ""


def _write_room(room: str, markdown: str) -> str:
    """Return a page of the reference with the docstrings that the site shows."""
    lines: list[str] = []
    for line in markdown.split("\n"):
        if line.startswith("::: "):
            module, _, name = line.removeprefix("::: ").rpartition(".")
            lines += _write_object(name, getattr(import_module(module), name))
        elif not line.startswith("    "):
            lines.append(line)
    return "\n".join(lines)


def _write_object(name: str, value: object) -> Iterator[str]:
    yield from (f"## {name}{_format_signature(value)}", "", inspect.getdoc(value) or "", "")
    if not inspect.isclass(value):
        return
    for member_name, member in sorted(vars(value).items()):
        target = getattr(member, "__func__", member)
        if member_name.startswith("_") or not (callable(target) or isinstance(member, property)):
            continue
        signature = "" if isinstance(member, property) else _format_signature(target)
        yield from (f"### {name}.{member_name}{signature}", "", inspect.getdoc(member) or "", "")


def _format_signature(value: object) -> str:
    try:
        return str(inspect.signature(value)) if callable(value) else ""
    except (NameError, TypeError, ValueError):  # built in, or of types that are imported later
        return ""


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
