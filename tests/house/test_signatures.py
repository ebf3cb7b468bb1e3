"""Public signatures: no type of another library, and inputs of any sequence or mapping."""

import ast
import inspect
import re
from collections import defaultdict
from collections.abc import Container, Iterator

import pytest

from tests.house.packages import ROOT, room, rooms

_FOREIGN = {
    *("httpcore", "anyio", "tenacity", "pybreaker", "structlog", "tiktoken", "aiolimiter"),
    *("trio", "asyncio", "ruamel", "jsonschema", "jsonpath", "opentelemetry", "prometheus_client"),
}
_CONCRETE = re.compile(r"^(list|dict|List|Dict)\b")


def _foreign_names(tree: ast.Module) -> set[str]:
    """Give the names by which a module knows other libraries, at run time or for checkers."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [one for one in node.names if one.name.split(".")[0] in _FOREIGN]
            found |= {one.asname or one.name.split(".")[0] for one in names}
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in _FOREIGN:
            found |= {one.asname or one.name for one in node.names}
    return found


def _signatures(body: list[ast.stmt], place: str = "") -> Iterator[tuple[str, ast.expr]]:
    """Give every annotation and base class of what has a public name."""
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            if node.name.startswith("_") and node.name not in ("__init__", "__call__"):
                continue
            given = node.args
            arguments = [*given.posonlyargs, *given.args, *given.kwonlyargs]
            arguments += [one for one in (given.vararg, given.kwarg) if one is not None]
            hints = [*(one.annotation for one in arguments), node.returns]
            yield from ((f"{place}{node.name}", hint) for hint in hints if hint is not None)
        elif isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            yield from ((node.name, base) for base in node.bases)
            yield from _signatures(node.body, f"{node.name}.")
        elif isinstance(node, ast.AnnAssign) and not ast.unparse(node.target).startswith("_"):
            yield f"{place}{ast.unparse(node.target)}", node.annotation


def _foreign(source: str, wanted: Container[str] | None = None) -> list[str]:
    """Give the signatures with foreign types, of the top-level names that are wanted."""
    tree = ast.parse(source)
    names = _foreign_names(tree)
    body = [node for node in tree.body if wanted is None or getattr(node, "name", None) in wanted]
    return [
        f"{place}: {ast.unparse(hint)}"
        for place, hint in _signatures(body)
        if names & set(re.findall(r"\w+", ast.unparse(hint)))
    ]


def _public() -> dict[str, set[str]]:
    """Give the exported functions and classes, and what these inherit from, by module."""
    found: dict[str, set[str]] = defaultdict(set)
    for suffix in rooms():
        module = room("ai_lib", suffix)
        for name in module.__all__:
            public = getattr(module, name)
            for one in inspect.getmro(public) if inspect.isclass(public) else [public]:
                if getattr(one, "__module__", "").startswith("ai_lib"):
                    found[one.__module__].add(one.__name__)
    return found


def test_no_type_of_another_library_is_in_a_public_signature() -> None:
    found: dict[str, list[str]] = {}
    public = _public()
    for module, names in public.items():
        path = ROOT / (module.replace(".", "/") + ".py")
        wrong = _foreign(path.read_text(encoding="utf-8"), names)
        found |= {module: wrong} if wrong else {}

    assert found == {}
    assert sum(map(len, public.values())) > 200


@pytest.mark.parametrize(
    "source",
    [
        "import anyio\ndef f(scope: anyio.CancelScope) -> None: ...",
        "from httpcore import Response as R\nclass A:\n    def f(self) -> R | None: ...",
        "if TYPE_CHECKING:\n    import tenacity\nclass A:\n    policy: 'tenacity.Retrying'",
        "from pybreaker import CircuitBreaker\nclass Ours(CircuitBreaker): ...",
    ],
)
def test_a_foreign_type_would_be_found(source: str) -> None:
    assert _foreign(source)


_HANDED = {
    ".client.Interceptor.on_events": "events",
    ".client.StreamFilter.feed": "events",
    ".pipeline.ToolCallAccumulator.add": "events",
    ".pipeline.ToolCallAccumulator.add_final": "events",
    ".pipeline.ToolCallAccumulator.end": "events",
    ".pipeline.ToolCallAccumulator.extend": "events",
}


def _functions() -> Iterator[tuple[str, object]]:
    for suffix in rooms():
        module = room("ai_lib", suffix)
        for name in module.__all__:
            public = getattr(module, name)
            if inspect.isfunction(public):
                yield f"{suffix}.{name}", public
            elif inspect.isclass(public) and public.__module__.startswith("ai_lib"):
                for member, value in inspect.getmembers(public):
                    function = getattr(value, "__func__", value)
                    if inspect.isfunction(function) and not member.startswith("_"):
                        yield f"{suffix}.{name}.{member}", function


def test_inputs_are_sequences_and_mappings() -> None:
    """But for lists that the library hands to a hook of the caller's, or adds to."""
    wrong = [
        f"{place}({name}: {hint})"
        for place, function in _functions()
        for name, hint in inspect.get_annotations(function).items()  # type: ignore[arg-type]
        if name not in (_HANDED.get(place), "return")
        and _CONCRETE.match(str(getattr(hint, "__name__", hint)))
    ]

    assert wrong == []
