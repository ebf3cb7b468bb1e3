"""Refuses constructs in a twin's source that unasync gets wrong or that change their meaning."""

import ast
from collections.abc import Iterator

from codegen.refusal import Refusal
from codegen.renames import RUNTIMES, is_renamed, lacks_a_rename
from codegen.source import Source, find_imports, is_waiting
from codegen.words import find_colour_words

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)
Problems = Iterator[tuple[int, str]]


def check(source: Source) -> Iterator[Refusal]:
    """Refuse every construct of a file whose twin would be wrong."""
    for find_problems in _CHECKS:
        for line, reason in find_problems(source):
            yield Refusal(source.path, line, reason)


def _check_annotations(source: Source) -> Problems:
    for node in source.nodes:
        for annotation in _find_annotations(node):
            for part in _walk_outside_literals(annotation):
                if isinstance(part, ast.Constant) and isinstance(part.value, str):
                    reason = f"quoted annotation {part.value!r}: unasync does not read strings"
                    yield part.lineno, f"{reason}, use `from __future__ import annotations`"


def _find_annotations(node: ast.AST) -> list[ast.expr]:
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        return [node.returns] if node.returns else []
    if isinstance(node, ast.AnnAssign):
        return [node.annotation]
    if isinstance(node, ast.arg):
        return [node.annotation] if node.annotation else []
    if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("cast"):
        return node.args[:1]
    return []


def _walk_outside_literals(annotation: ast.expr) -> Iterator[ast.AST]:
    yield annotation
    if isinstance(annotation, ast.Subscript):
        if ast.unparse(annotation.value).endswith(("Literal", "Annotated")):
            return
    for child in ast.iter_child_nodes(annotation):
        if isinstance(child, ast.expr):
            yield from _walk_outside_literals(child)


def _check_formatted_strings(source: Source) -> Problems:
    for string in source.nodes:
        if not isinstance(string, ast.JoinedStr):
            continue
        for node in ast.walk(string):
            if is_waiting(node):
                yield string.lineno, "`await` inside an f-string: give the value a name first"
            elif any(is_renamed(name) for name in _find_names(node)):
                name = next(name for name in _find_names(node) if is_renamed(name))
                reason = f"`{name}` inside an f-string is renamed by some Pythons only"
                yield string.lineno, f"{reason}: give the value a name first"


def _check_spacing(source: Source) -> Problems:
    tokens = source.tokens
    for token, space, following in zip(tokens, tokens[1:], tokens[2:], strict=False):
        spaced = space.src == " " and following.name != "ESCAPED_NL"
        if token.name == "NAME" and token.src in {"async", "await"} and not spaced:
            yield token.line or 1, f"write `{token.src}` with exactly one space after it"


def _check_renames(source: Source) -> Problems:
    for node in source.nodes:
        for name in _find_names(node):
            if lacks_a_rename(name):
                yield _get_line(node), f"`{name}` needs a rename: add one to codegen/renames.py"


def _find_names(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Name):
        return [node.id]
    if isinstance(node, ast.Attribute):
        return [node.attr]
    if isinstance(node, ast.alias):
        return [*node.name.split("."), node.asname or ""]
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return [node.name]
    if isinstance(node, (ast.arg, ast.keyword)):
        return [node.arg or ""]
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        # A literal that is exactly a known name is renamed like that name.
        return [node.value] if node.value.isidentifier() else []
    return []


def _check_docstrings(source: Source) -> Problems:
    for line, word in find_colour_words(source.tree, source.text):
        yield line, f"the docstring names a colour, {word!r}, and serves both"


def _check_stop_iteration(source: Source) -> Problems:
    for node in source.nodes:
        if isinstance(node, ast.Raise) and node.exc is not None:
            if ast.unparse(node.exc).split("(")[0] == "StopIteration":
                yield node.lineno, "`raise StopIteration`: a stream is a class with `__anext__`"


def _check_yields(source: Source) -> Problems:
    for function in source.nodes:
        if isinstance(function, ast.AsyncFunctionDef) and not _is_context_manager(function):
            yield from _find_yields_in_scope(function, in_scope=False)


def _is_context_manager(function: ast.AsyncFunctionDef) -> bool:
    names = [ast.unparse(decorator).split("(")[0] for decorator in function.decorator_list]
    return any(name.endswith(("asynccontextmanager", "fixture")) for name in names)


def _find_yields_in_scope(node: ast.AST, *, in_scope: bool) -> Problems:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, (ast.Yield, ast.YieldFrom)) and in_scope:
            reason = "`yield` inside a `with` leaves the scope open while the caller works"
            yield child.lineno, f"{reason}: hand out an object with `__aenter__` and `aclose`"
        elif not isinstance(child, _FUNCTIONS):
            scope = in_scope or isinstance(child, (ast.With, ast.AsyncWith))
            yield from _find_yields_in_scope(child, in_scope=scope)


def _check_awaitables(source: Source) -> Problems:
    subscripted = {id(node.value) for node in source.nodes if isinstance(node, ast.Subscript)}
    for node in source.nodes:
        if isinstance(node, (ast.Name, ast.Attribute)) and id(node) not in subscripted:
            if _find_names(node) == ["Awaitable"]:
                yield node.lineno, "bare `Awaitable`: write `Awaitable[T]`, which becomes `T`"
        if "Coroutine" in _find_names(node):
            yield _get_line(node), "`Coroutine` has no blocking form: write `Awaitable[T]`"


def _check_runtimes(source: Source) -> Problems:
    for imported in find_imports(source):
        if (imported.base or imported.name).split(".")[0] in RUNTIMES:
            reason = f"imports {imported.base}: take the primitive from `_runtime.backend`"
            yield imported.line, f"{reason}; in tests, mark the module `async_only` instead"


def _get_line(node: ast.AST) -> int:
    return int(getattr(node, "lineno", 1))


_CHECKS = (
    _check_annotations,
    _check_formatted_strings,
    _check_spacing,
    _check_renames,
    _check_docstrings,
    _check_stop_iteration,
    _check_yields,
    _check_awaitables,
    _check_runtimes,
)
