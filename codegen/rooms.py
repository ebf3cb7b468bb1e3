"""Writes the lazy table `_WHERE` of a room from the imports of its TYPE_CHECKING block."""

import ast

from codegen.source import ImportedName, Source, find_imports

_TABLE = "_WHERE"


def is_room(source: Source) -> bool:
    """Return whether the file is an `__init__.py` with public names."""
    return source.is_package and _find_table(source) is not None


def find_exports(source: Source) -> list[ImportedName]:
    """Return the imports under `if TYPE_CHECKING:` at the top of a package."""
    return [
        imported
        for node in source.tree.body
        if isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING")
        for imported in find_imports(source, node)
    ]


def map_public_names(source: Source) -> dict[str, str]:
    """Map each public name of a room to the module that defines it, as the room writes it."""
    return {
        imported.name: _format_module(imported)
        for imported in find_exports(source)
        if imported.name
    }


def write_table(source: Source) -> str:
    """Return the room's text with `_WHERE` written anew."""
    table = _find_table(source)
    if table is None or table.end_lineno is None:
        return source.text
    lines = source.text.split("\n")
    lines[table.lineno - 1 : table.end_lineno] = _format_table(map_public_names(source))
    return "\n".join(lines)


def _find_table(source: Source) -> ast.Assign | ast.AnnAssign | None:
    for node in source.tree.body:
        targets = node.targets if isinstance(node, ast.Assign) else []
        if isinstance(node, ast.AnnAssign):
            targets = [node.target]
        if any(isinstance(target, ast.Name) and target.id == _TABLE for target in targets):
            assert isinstance(node, (ast.Assign, ast.AnnAssign))
            return node
    return None


def _format_table(names: dict[str, str]) -> list[str]:
    if not names:
        return [f"{_TABLE}: dict[str, str] = {{}}"]
    rows = [f'    "{name}": "{module}",' for name, module in sorted(names.items())]
    return [f"{_TABLE} = {{", *rows, "}"]


def _format_module(imported: ImportedName) -> str:
    if isinstance(imported.node, ast.ImportFrom) and imported.relative:
        return "." * imported.node.level + (imported.node.module or "")
    return imported.base
