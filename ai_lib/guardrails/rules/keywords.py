"""Words and phrases that must not occur."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from ai_lib.guardrails.guardrail import REDACTED, Guardrail, GuardrailSeverity, Match
from ai_lib.guardrails.rules.word_breaks import EDGE, folded, needs_edge, spaced

_EDGE = re.compile(EDGE)


class KeywordFilter(Guardrail):
    """Finds keywords, as whole words unless `match_substring`: "hell" is not in "hello".

    Whole words are told by the letters and digits of any script; in those that put no spaces
    between words, such as Chinese or Thai, a keyword is found wherever it stands. A space in a
    keyword stands for one space or line end. Of several keywords at one place the longest counts.
    In a stream only what may be the beginning of a keyword is held back.
    """

    def __init__(
        self,
        rule_id: str,
        keywords: Sequence[str],
        severity: GuardrailSeverity | str = GuardrailSeverity.WARNING,
        case_sensitive: bool = False,
        match_substring: bool = False,
        replacement: str = REDACTED,
        *,
        action: str = "block",
        message: str = "",
        enabled: bool = True,
    ) -> None:
        super().__init__(
            rule_id,
            action=action,
            severity=severity,
            replacement=replacement,
            message=message or f"the text has a word that {rule_id!r} forbids",
            enabled=enabled,
        )
        if isinstance(keywords, str) or not all(keywords):
            raise ValueError("keywords are a sequence of words, none of them empty")
        self._form = spaced if case_sensitive else folded
        words = sorted({self._form(word) for word in keywords}, key=lambda word: (-len(word), word))
        self._begun = {word[:length] for word in words for length in range(1, len(word) + 1)}
        self._longest = len(words[0]) if words else 0
        whole = not match_substring
        self._edges = {
            word: (whole and needs_edge(word[0]), whole and needs_edge(word[-1])) for word in words
        }
        self._sizes: dict[str, list[int]] = {}
        for word in words:
            sizes = self._sizes.setdefault(word[0], [])
            if len(word) not in sizes:
                sizes.append(len(word))
        self._starts = _starts(self._edges)

    def find(self, text: str, start: int = 0) -> Iterator[Match]:
        form, end = self._form(text), start
        for begin in self._starts.finditer(form, start) if self._starts else ():
            at = begin.start()
            for size in self._sizes[form[at]] if at >= end else ():
                edges = self._edges.get(form[at : at + size])
                if edges is not None and _stands_alone(form, at, at + size, edges):
                    end = at + size
                    yield self.match(at, end)
                    break

    def settled(self, text: str, start: int = 0) -> int:
        begin = max(start, len(text) - self._longest)
        tail = self._form(text[begin:])
        for offset in range(len(tail)):
            if tail[offset:] in self._begun:
                return begin + offset
        return len(text)


def _starts(edges: Mapping[str, tuple[bool, bool]]) -> re.Pattern[str] | None:
    """Return the pattern of where a word may begin, so that their number does not count."""
    parts = [
        f"{before}[{re.escape(''.join(sorted(firsts)))}]"
        for needed, before in ((True, f"(?<!{EDGE})"), (False, ""))
        if (firsts := {word[0] for word, (left, _) in edges.items() if left is needed})
    ]
    return re.compile("|".join(parts)) if parts else None


def _stands_alone(text: str, start: int, end: int, edges: tuple[bool, bool]) -> bool:
    if edges[0] and start and _EDGE.match(text, start - 1):
        return False
    return not (edges[1] and _EDGE.match(text, end))


class ProfanityFilter(KeywordFilter):
    """Finds coarse language in several languages: words that have no other meaning.

    `extra` adds words of one's own, `allow` takes some out.
    """

    def __init__(
        self,
        rule_id: str = "profanity",
        severity: GuardrailSeverity | str = GuardrailSeverity.WARNING,
        case_sensitive: bool = False,
        *,
        extra: Iterable[str] = (),
        allow: Iterable[str] = (),
        action: str = "block",
        replacement: str = REDACTED,
        message: str = "",
        enabled: bool = True,
    ) -> None:
        allowed = {folded(word) for word in allow}
        words = [word for word in (*_COARSE, *extra) if folded(word) not in allowed]
        super().__init__(
            rule_id,
            words,
            severity,
            case_sensitive,
            replacement=replacement,
            action=action,
            message=message or "the text has coarse language",
            enabled=enabled,
        )


_COARSE = (
    *("fuck", "fucks", "fucked", "fucker", "fuckers", "fucking", "motherfucker", "motherfucking"),
    *("shit", "shits", "shitty", "bullshit", "asshole", "assholes", "arsehole", "bitch", "bitches"),
    *("cunt", "cunts", "dickhead", "wanker", "wankers", "goddamn", "goddamned", "dumbass"),
    *("scheiße", "scheisse", "arschloch", "wichser", "fotze", "hurensohn"),
    *("merde", "connard", "connasse", "salope", "enculé"),
    *("mierda", "gilipollas", "hijo de puta", "joder", "coño"),
    *("cazzo", "stronzo", "stronza", "vaffanculo", "puttana"),
    *("caralho", "filho da puta"),
    *("блядь", "хуй", "пиздец"),
    *("操你妈", "傻逼", "他妈的"),
)
