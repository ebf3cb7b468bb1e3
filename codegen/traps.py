"""What a twin's source may not contain: unasync gets it wrong, or it means something else."""

import ast
from collections.abc import Iterator

import tokenize_rt

from codegen.refusal import Refusal
from codegen.renames import RUNTIMES, changes, lacks_a_rename
from codegen.source import Source, imports, is_waiting
from codegen.words import colours_named

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)
Found = Iterator[tuple[int, str]]


def check(source: Source) -> Iterator[Refusal]:
    """Refuse every construct of a file whose twin would be wrong."""
    for trap in _TRAPS:
        for line, reason in trap(source):
            yield Refusal(source.path, line, reason)


def _quoted_annotations(source: Source) -> Found:
    for node in ast.walk(source.tree):
        for annotation in _annotations(node):
            for part in _outside_literals(annotation):
                if isinstance(part, ast.Constant) and isinstance(part.value, str):
                    reason = f"quoted annotation {part.value!r}: unasync does not read strings"
                    yield part.lineno, f"{reason}, use `from __future__ import annotations`"


def _annotations(node: ast.AST) -> list[ast.expr]:
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        return [node.returns] if node.returns else []
    if isinstance(node, ast.AnnAssign):
        return [node.annotation]
    if isinstance(node, ast.arg):
        return [node.annotation] if node.annotation else []
    if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("cast"):
        return node.args[:1]
    return []


def _outside_literals(annotation: ast.expr) -> Iterator[ast.AST]:
    yield annotation
    if isinstance(annotation, ast.Subscript):
        if ast.unparse(annotation.value).endswith(("Literal", "Annotated")):
            return
    for child in ast.iter_child_nodes(annotation):
        if isinstance(child, ast.expr):
            yield from _outside_literals(child)


def _formatted_strings(source: Source) -> Found:
    for string in ast.walk(source.tree):
        if not isinstance(string, ast.JoinedStr):
            continue
        for node in ast.walk(string):
            if is_waiting(node):
                yield string.lineno, "`await` inside an f-string: give the value a name first"
            elif any(changes(name) for name in _names(node)):
                name = next(name for name in _names(node) if changes(name))
                reason = f"`{name}` inside an f-string is renamed by some Pythons only"
                yield string.lineno, f"{reason}: give the value a name first"


def _spacing(source: Source) -> Found:
    tokens = tokenize_rt.src_to_tokens(source.text)
    for token, space, following in zip(tokens, tokens[1:], tokens[2:], strict=False):
        spaced = space.src == " " and following.name != "ESCAPED_NL"
        if token.name == "NAME" and token.src in {"async", "await"} and not spaced:
            yield token.line or 1, f"write `{token.src}` with exactly one space after it"


def _names_without_a_twin(source: Source) -> Found:
    for node in ast.walk(source.tree):
        for name in _names(node):
            if lacks_a_rename(name):
                yield _line(node), f"`{name}` needs a rename: add one to codegen/renames.py"


def _names(node: ast.AST) -> list[str]:
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


def _colours_in_prose(source: Source) -> Found:
    for line, word in colours_named(source.tree, source.text):
        yield line, f"the docstring names a colour, {word!r}, and serves both"


def _stop_iteration(source: Source) -> Found:
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Raise) and node.exc is not None:
            if ast.unparse(node.exc).split("(")[0] == "StopIteration":
                yield node.lineno, "`raise StopIteration`: a stream is a class with `__anext__`"


def _yield_in_scope(source: Source) -> Found:
    for function in ast.walk(source.tree):
        if isinstance(function, ast.AsyncFunctionDef) and not _is_context_manager(function):
            yield from _yields(function, in_scope=False)


def _is_context_manager(function: ast.AsyncFunctionDef) -> bool:
    names = [ast.unparse(decorator).split("(")[0] for decorator in function.decorator_list]
    return any(name.endswith(("asynccontextmanager", "fixture")) for name in names)


def _yields(node: ast.AST, *, in_scope: bool) -> Found:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, (ast.Yield, ast.YieldFrom)) and in_scope:
            reason = "`yield` inside a `with` leaves the scope open while the caller works"
            yield child.lineno, f"{reason}: hand out an object with `__aenter__` and `aclose`"
        elif not isinstance(child, _FUNCTIONS):
            scope = in_scope or isinstance(child, (ast.With, ast.AsyncWith))
            yield from _yields(child, in_scope=scope)


def _awaitables(source: Source) -> Found:
    subscripted = {
        id(node.value) for node in ast.walk(source.tree) if isinstance(node, ast.Subscript)
    }
    for node in ast.walk(source.tree):
        if isinstance(node, (ast.Name, ast.Attribute)) and id(node) not in subscripted:
            if _names(node) == ["Awaitable"]:
                yield node.lineno, "bare `Awaitable`: write `Awaitable[T]`, which becomes `T`"
        if "Coroutine" in _names(node):
            yield _line(node), "`Coroutine` has no blocking form: write `Awaitable[T]`"


def _runtimes(source: Source) -> Found:
    for imported in imports(source):
        if (imported.base or imported.name).split(".")[0] in RUNTIMES:
            reason = f"imports {imported.base}: take the primitive from `_runtime.backend`"
            yield imported.line, f"{reason}; in tests, mark the module `async_only` instead"


def _line(node: ast.AST) -> int:
    return int(getattr(node, "lineno", 1))


_TRAPS = (
    _quoted_annotations,
    _formatted_strings,
    _spacing,
    _names_without_a_twin,
    _colours_in_prose,
    _stop_iteration,
    _yield_in_scope,
    _awaitables,
    _runtimes,
)
