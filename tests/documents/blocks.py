"""Python blocks of documents: found, read in either colour, and run."""

import ast
import asyncio
import inspect
import re
from collections.abc import Callable
from pathlib import Path
from types import CodeType
from typing import Any, NamedTuple

import anyio
import pytest

pytestmark = pytest.mark.async_only  # it reads programs of every colour

_FENCE = re.compile(r"^( *)```python[^\n]*\n(.*?)^\1```", re.DOTALL | re.MULTILINE)
COLOURS = ("asyncio", "trio", "blocking")


class Block(NamedTuple):
    """One block of a document; `number` counts from 1."""

    document: str
    number: int
    line: int
    source: str

    @property
    def id(self) -> str:
        """Name it for a test."""
        return f"{self.document}:{self.number}"


def blocks_of(path: Path, name: str | None = None) -> list[Block]:
    """Give the Python blocks of a Markdown document."""
    text = path.read_text(encoding="utf-8")
    found = []
    for number, match in enumerate(_FENCE.finditer(text), 1):
        indent = len(match[1])
        source = "\n".join(line[indent:] for line in match[2].split("\n"))
        line = text.count("\n", 0, match.start()) + 1
        found.append(Block(name or path.name, number, line, source))
    return found


def run_block(block: Block, colour: str, names: dict[str, Any]) -> dict[str, Any]:
    """Run a block in a colour, with these names to begin with; give the names there are then.

    Functions without arguments that it only defines are called as well. A blocking block has its
    `async` and `await` taken out and reads the other package.
    """
    if colour == "blocking":
        tree = _Blocking().visit(ast.parse(block.source))
        code = compile(ast.fix_missing_locations(tree), block.id, "exec")
        exec(code, names)  # noqa: S102 (running documents is what this is for)
        for function in _uncalled(block, names):
            function()
        return names
    code = _compile(block.source, block.id)
    if "asyncio.run(" in block.source:
        exec(code, names)  # noqa: S102
        return names
    anyio.run(_run, code, block, names, backend=colour)
    return names


async def _run(code: CodeType, block: Block, names: dict[str, Any]) -> None:
    result = eval(code, names)  # noqa: S307
    if inspect.iscoroutine(result):
        await result
    for function in _uncalled(block, names):
        result = function()
        if inspect.iscoroutine(result):
            await result


def _compile(source: str, name: str) -> CodeType:
    return compile(source, name, "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)


def _uncalled(block: Block, names: dict[str, Any]) -> list[Callable[[], Any]]:
    """Give the functions without arguments that the block defines and does not use itself."""
    tree = ast.parse(block.source)
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    defined = [node.name for node in tree.body if isinstance(node, kinds)]
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    functions = [names[name] for name in defined if name not in used]
    return [one for one in functions if not inspect.signature(one).parameters]


class _Blocking(ast.NodeTransformer):
    """Takes `async` and `await` out, and reads the blocking package."""

    def visit_Await(self, node: ast.Await) -> ast.AST:
        return self.visit(node.value)  # type: ignore[no-any-return]

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.AST:
        return self.generic_visit(ast.FunctionDef(**_fields(node)))

    def visit_AsyncFor(self, node: ast.AsyncFor) -> ast.AST:
        return self.generic_visit(ast.For(**_fields(node)))

    def visit_AsyncWith(self, node: ast.AsyncWith) -> ast.AST:
        return self.generic_visit(ast.With(**_fields(node)))

    def visit_comprehension(self, node: ast.comprehension) -> ast.AST:
        node.is_async = 0
        return self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> ast.AST:
        if ast.unparse(node.func) in ("asyncio.run", "anyio.run", "trio.run"):
            inner = node.args[0]
            plain = ast.Call(inner, [], []) if isinstance(inner, ast.Name) else inner
            return self.visit(plain)  # type: ignore[no-any-return]
        if isinstance(node.func, ast.Attribute) and node.func.attr == "aclose":
            node.func.attr = "close"
        return self.generic_visit(node)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> ast.AST:
        node.module = _blocking(node.module or "")
        return node

    def visit_Import(self, node: ast.Import) -> ast.AST:
        for alias in node.names:
            alias.name = _blocking(alias.name)
        return node


def _fields(node: ast.AST) -> dict[str, Any]:
    return {name: getattr(node, name) for name in node._fields if hasattr(node, name)}


def _blocking(module: str) -> str:
    first, dot, rest = module.partition(".")
    return f"ai_lib_sync{dot}{rest}" if first == "ai_lib" else module


def run_in(colour: str, function: Callable[[], Any]) -> Any:
    """Call a function and, where it is a coroutine's, wait for it on the colour's loop."""
    if colour == "blocking":
        return function()
    if colour == "asyncio":
        return asyncio.run(function())
    return anyio.run(function, backend=colour)
