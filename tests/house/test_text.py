"""What must not stand anywhere in the source."""

import ast
import functools
import re
from pathlib import Path

from tests.house.packages import ROOT, sources

_PROVIDERS = re.compile(
    r"\b(openai|anthropic|gemini|mistral|cohere|groq|deepseek|qwen|xai|moonshot|zhipu|minimax"
    r"|doubao|baidu|siliconflow|ollama|vllm|openrouter|fireworks|azure)\b",
    re.IGNORECASE,
)
# Dialects are named after API families, rule tables after their dialect, generated lists after what
# they list; examples and comments may show a real model.
_MAY_NAME = re.compile(
    r"openai_chat|openai_responses|anthropic_messages|gemini_generate|cohere_chat"
    r"|create_(openai|anthropic)|Anthropic(Sse|Event)|>>>|#",
    re.IGNORECASE,
)
# The kinds of credentials that a cloud gives have their code there.
_CLOUDS = ROOT / "ai_lib" / "transport" / "credentials"
_WAITS = {"time", "asyncio", "trio", "anyio"}


def _lines(path: Path) -> list[tuple[int, str]]:
    return list(enumerate(path.read_text(encoding="utf-8").split("\n"), 1))


def _where(path: Path, number: int) -> str:
    return f"{path.relative_to(ROOT)}:{number}"


def test_no_module_names_a_provider() -> None:
    found = [
        f"{_where(path, number)}: {line.strip()}"
        for path in sources("ai_lib")
        if path.parent != _CLOUDS
        for number, line in _lines(path)
        if _PROVIDERS.search(line) and not _MAY_NAME.search(line)
    ]

    assert found == []


def test_lines_are_never_split_where_unicode_would() -> None:
    """`str.splitlines` cuts at U+2028 and its kin, which stand inside real answers."""
    found = [
        _where(path, number)
        for path in sources("ai_lib", "codegen")
        for number, line in _lines(path)
        if ".splitlines(" in line
    ]

    assert found == []


def test_no_test_sleeps() -> None:
    found = [
        _where(path, node.lineno)
        for path in sources("tests")
        for node in ast.walk(_tree(path))
        if isinstance(node, ast.Call) and _sleeps(node)
    ]

    assert found == []


_CLOCKS = {"now", "monotonic", "perf_counter", "time"}


def test_no_test_measures_real_time_but_by_the_guards() -> None:
    """`tests/guards.py` says what a test may say of it."""
    found = [
        _where(path, node.lineno)
        for path in sources("tests")
        if path.name != "guards.py"
        for node in ast.walk(_tree(path))
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Sub) and _reads_a_clock(node)
    ]

    assert found == []


def _reads_a_clock(node: ast.AST) -> bool:
    return any(
        isinstance(call, ast.Call)
        and not call.args
        and ast.unparse(call.func).split(".")[-1] in _CLOCKS
        for call in ast.walk(node)
    )


def _sleeps(call: ast.Call) -> bool:
    function = call.func
    if not isinstance(function, ast.Attribute) or function.attr != "sleep":
        return False
    if not isinstance(function.value, ast.Name) or function.value.id not in _WAITS:
        return False
    return not (call.args and isinstance(call.args[0], ast.Constant) and call.args[0].value == 0)


def test_every_file_says_its_job_first() -> None:
    paths = sources("ai_lib", "codegen")
    assert len(paths) > 300
    assert [_where(p, 1) for p in paths if not ast.get_docstring(_tree(p))] == []


def test_every_file_stays_under_450_lines() -> None:
    """But the error tree, which is read as one."""
    paths = [path for path in sources("ai_lib", "codegen") if path.parent.name != "errors"]
    assert [_where(path, len(_lines(path))) for path in paths if len(_lines(path)) > 451] == []


@functools.cache
def _tree(path: Path) -> ast.Module:
    return ast.parse(_text(path))


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8")
