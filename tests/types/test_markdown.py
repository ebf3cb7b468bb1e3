"""Markdown of a model's making can do nothing, and looks as it did."""

import re

import pytest
from hypothesis import given, strategies

from ai_lib.types.markup.markdown import sanitize_markdown


@pytest.mark.parametrize(
    "text",
    [
        "Plain **bold** and `code`.",
        "# Title\n\n- one\n- two",
        "```python\nprint(a < b)\nfor x in y[1:]:\n    pass\n```\n\nafter",
        "[a link](https://example.org/a?b=c) and *more*",
        "| a | b |\n|---|---|\n| 1 | 2 |",
    ],
)
def test_what_is_harmless_stays(text: str) -> None:
    assert sanitize_markdown(text).strip() == text.strip()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("<script>x</script>", "&lt;script>x&lt;/script>"),
        ("<img src=x onerror=y>", "&lt;img src=x onerror=y>"),
        ("1 < 2", "1 &lt; 2"),
        ("`List<int>` here", "<code>List&lt;int&gt;</code> here"),
        ("[x](javascript:alert(1))", r"[x\](javascript:alert(1))"),
        ("[x]( JaVaScript:alert(1))", r"[x\]( JaVaScript:alert(1))"),
        ("[x](javascript&colon;alert(1))", r"[x\](javascript&colon;alert(1))"),
        ("[x](&#106;avascript:alert(1))", r"[x\](&#106;avascript:alert(1))"),
        ("[x][y]\n\n[y]: javascript:alert(1)", "[x][y]\n\n[y\\]: javascript:alert(1)"),
        ("[x](<java\tscript:alert(1)>)", "[x\\](&lt;java\tscript:alert(1)>)"),
    ],
)
def test_tags_and_links_that_run_something_are_text(text: str, expected: str) -> None:
    assert sanitize_markdown(text) == expected


def test_code_with_tags_is_code_still() -> None:
    shown = sanitize_markdown("See:\n```html\n<script>alert(1)</script>\n```\nend")
    assert shown == ("See:\n\n<pre><code>&lt;script&gt;alert(1)&lt;/script&gt;</code></pre>\n\nend")


def test_a_fence_left_open_is_closed_so_that_what_follows_is_no_code() -> None:
    assert sanitize_markdown("```python\nprint(1)") == "```python\nprint(1)\n```\n"


def test_a_fence_is_closed_by_one_as_long() -> None:
    assert (
        sanitize_markdown("````\n```\n<b>\n````")
        == "\n<pre><code>&#96;&#96;&#96;\n&lt;b&gt;</code></pre>\n\n"
    )


_OURS = re.compile(r"</?(?:pre|code)>")
_PIECES = strategies.sampled_from(
    ["<script>", "</script>", "<!--", "<?", "`", "``", "```", "````", "~~~", "\n", " ", "- ", "> ",
     "[x](", "]:", "javascript:", "<", "a", "&colon;", ")", "\r", "\\", "<img src=x onerror=y>"]
)  # fmt: skip


@given(strategies.lists(_PIECES, max_size=30).map("".join))
def test_no_tag_of_the_models_is_left_wherever_code_is_thought_to_be(text: str) -> None:
    shown = _OURS.sub("", sanitize_markdown(text))

    assert re.search(r"<[A-Za-z/!?]", shown) is None
    assert re.search(r"\[x\]\(\s*<?\s*(javascript:|[^)/>\s]*&colon;)", shown) is None
