"""The lazy table of a room: read from its TYPE_CHECKING block, written into `_WHERE`."""

import ast

from codegen.source import Imported, Source, imports

_TABLE = "_WHERE"


def is_room(source: Source) -> bool:
    """Say whether the file is an `__init__.py` with public names."""
    return source.is_package and _table(source) is not None


def exported(source: Source) -> list[Imported]:
    """Give what stands under `if TYPE_CHECKING:` at the top of a package."""
    return [
        imported
        for node in source.tree.body
        if isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING")
        for imported in imports(source, node)
    ]


def public_names(source: Source) -> dict[str, str]:
    """Map each public name of a room to the module that defines it, as the room writes it."""
    return {imported.name: _as_written(imported) for imported in exported(source) if imported.name}


def with_table(source: Source) -> str:
    """Give the room's text with `_WHERE` written anew."""
    table = _table(source)
    if table is None or table.end_lineno is None:
        return source.text
    lines = source.text.split("\n")
    lines[table.lineno - 1 : table.end_lineno] = _written(public_names(source))
    return "\n".join(lines)


def _table(source: Source) -> ast.Assign | ast.AnnAssign | None:
    for node in source.tree.body:
        targets = node.targets if isinstance(node, ast.Assign) else []
        if isinstance(node, ast.AnnAssign):
            targets = [node.target]
        if any(isinstance(target, ast.Name) and target.id == _TABLE for target in targets):
            assert isinstance(node, (ast.Assign, ast.AnnAssign))
            return node
    return None


def _written(names: dict[str, str]) -> list[str]:
    if not names:
        return [f"{_TABLE}: dict[str, str] = {{}}"]
    rows = [f'    "{name}": "{module}",' for name, module in sorted(names.items())]
    return [f"{_TABLE} = {{", *rows, "}"]


def _as_written(imported: Imported) -> str:
    if isinstance(imported.node, ast.ImportFrom) and imported.relative:
        return "." * imported.node.level + (imported.node.module or "")
    return imported.base
