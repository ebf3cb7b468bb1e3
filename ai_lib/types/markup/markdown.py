"""Markdown that somebody else wrote, made harmless: it can hold no HTML and no script.

Notebooks and what they are exported to differ in what they clean, and in where they see code begin
and end. So nothing depends on that here: no `<` that could begin a tag is left anywhere, and code
that has one is written as HTML with its signs escaped.
"""

import re
from collections.abc import Iterator
from html import escape
from typing import Final

_FENCE: Final = re.compile(r" {0,3}(`{3,}|~{3,})([^`\n]*)\Z")
_SPAN: Final = re.compile(r"(?<!`)(`+)(?!`)([^\n]*?[^`\n])\1(?!`)")
_TAG: Final = re.compile(r"<(?=[A-Za-z/!?])")
# A link to anything but the web or a mail address: `javascript:` and its like, also in entities.
_LINK: Final = re.compile(r"\](?=[(:]\s*<?(?!https?://|mailto:)[^)>/#?\n]*[:&])", re.I)


def harmless(text: str) -> str:
    """Return Markdown that shows the same and can do nothing; a fence left open is closed."""
    return "".join(_parts(text.replace("\r\n", "\n").replace("\r", "\n")))


def _parts(text: str) -> Iterator[str]:
    plain: list[str] = []
    code: list[str] = []
    fence, language = "", ""
    for line in text.split("\n"):
        found = _FENCE.match(line)
        if not fence and found:
            yield from _prose(plain)
            fence, language, plain = found[1], found[2].strip(), []
        elif fence and found and not found[2].strip() and found[1].startswith(fence):
            yield _fenced(code, fence, language)
            fence, code = "", []
        else:
            (code if fence else plain).append(line)
    if fence:
        yield _fenced(code, fence, language)
    elif plain:
        yield _spans("\n".join(plain))


def _prose(lines: list[str]) -> Iterator[str]:
    if lines:
        yield _spans("\n".join(lines)) + "\n"


def _fenced(lines: list[str], fence: str, language: str) -> str:
    whole = "\n".join(lines)
    word = re.sub(r"[^\w+#.-].*", "", language, flags=re.S)
    if _is_harmless(whole):
        return f"{fence}{word}\n{whole}\n{fence}\n"
    return f"\n<pre><code>{_escaped(whole)}</code></pre>\n\n"


def _spans(text: str) -> str:
    pieces: list[str] = []
    at = 0
    for span in _SPAN.finditer(text):
        pieces.append(_bare(text[at : span.start()]))
        inner = span[2]
        pieces.append(span[0] if _is_harmless(inner) else f"<code>{_escaped(inner)}</code>")
        at = span.end()
    return "".join((*pieces, _bare(text[at:])))


def _bare(text: str) -> str:
    return _LINK.sub(r"\\]", text.replace("<", "&lt;"))


def _escaped(code: str) -> str:
    # Whoever does not see the HTML in it must not see a link either.
    return escape(code, quote=False).replace("[", "&#91;").replace("`", "&#96;")


def _is_harmless(code: str) -> bool:
    return not _TAG.search(code) and not _LINK.search(code)
