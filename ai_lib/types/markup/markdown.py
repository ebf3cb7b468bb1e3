"""Sanitizes foreign Markdown: the result has no HTML, no script and no image that is loaded.

Notebooks and their exports differ in what they clean, and in where they see code begin and end.
Nothing depends on that here: no `<` that could begin a tag is left anywhere, and code that has one
is written as HTML with its characters escaped.
"""

import re
from collections.abc import Iterator
from html import escape
from typing import Final

_FENCE: Final = re.compile(r" {0,3}(`{3,}|~{3,})([^`\n]*)\Z")
_SPAN: Final = re.compile(r"(?<!`)(`+)(?!`)([^\n]*?[^`\n])\1(?!`)")
_TAG: Final = re.compile(r"<(?=[A-Za-z/!?])")
# A link to anything but the web or a mail address, such as `javascript:`, also in entities.
_LINK: Final = re.compile(r"\](?=[(:]\s*<?(?!https?://|mailto:)[^)>/#?\n]*[:&])", re.I)


def sanitize_markdown(text: str) -> str:
    """Return Markdown that shows the same and is safe; an open fence is closed."""
    return "".join(_sanitize_parts(text.replace("\r\n", "\n").replace("\r", "\n")))


def _sanitize_parts(text: str) -> Iterator[str]:
    plain: list[str] = []
    code: list[str] = []
    fence, language = "", ""
    for line in text.split("\n"):
        match = _FENCE.match(line)
        if not fence and match:
            yield from _sanitize_lines(plain)
            fence, language, plain = match[1], match[2].strip(), []
        elif fence and match and not match[2].strip() and match[1].startswith(fence):
            yield _render_fence(code, fence, language)
            fence, code = "", []
        else:
            (code if fence else plain).append(line)
    if fence:
        yield _render_fence(code, fence, language)
    elif plain:
        yield _sanitize_spans("\n".join(plain))


def _sanitize_lines(lines: list[str]) -> Iterator[str]:
    if lines:
        yield _sanitize_spans("\n".join(lines)) + "\n"


def _render_fence(lines: list[str], fence: str, language: str) -> str:
    code = "\n".join(lines)
    word = re.sub(r"[^\w+#.-].*", "", language, flags=re.S)
    if _is_safe(code):
        return f"{fence}{word}\n{code}\n{fence}\n"
    return f"\n<pre><code>{_escape_code(code)}</code></pre>\n\n"


def _sanitize_spans(text: str) -> str:
    pieces: list[str] = []
    at = 0
    for span in _SPAN.finditer(text):
        pieces.append(_sanitize_text(text[at : span.start()]))
        inner = span[2]
        pieces.append(span[0] if _is_safe(inner) else f"<code>{_escape_code(inner)}</code>")
        at = span.end()
    return "".join((*pieces, _sanitize_text(text[at:])))


def _sanitize_text(text: str) -> str:
    # An image would be loaded at once, and tell its server that and where it is read.
    return _LINK.sub(r"\\]", text.replace("<", "&lt;").replace("![", "&#33;["))


def _escape_code(code: str) -> str:
    # A reader that takes the HTML for text must see no link in it.
    return escape(code, quote=False).replace("[", "&#91;").replace("`", "&#96;")


def _is_safe(code: str) -> bool:
    return not _TAG.search(code) and not _LINK.search(code) and "![" not in code
