"""Rules against words and phrases."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from ai_lib.guardrails.guardrail import (
    REDACTED,
    Guardrail,
    GuardrailOptions,
    GuardrailSeverity,
    Match,
)
from ai_lib.guardrails.rules.word_breaks import (
    WORD_CHARACTER,
    fold_case,
    needs_word_break,
    normalize_spaces,
)

if TYPE_CHECKING:
    from typing_extensions import Unpack

_WORD_CHARACTER = re.compile(WORD_CHARACTER)


class KeywordFilter(Guardrail):
    """Finds keywords, as whole words unless `match_substring`: "hell" is not in "hello".

    Letters and digits of any script make a word. In scripts without spaces between words, such as
    Chinese or Thai, a keyword is found anywhere. A space in a keyword matches one space or line
    end. When several keywords match at one position, the longest is found. In a stream only text
    that may begin a keyword is held back.
    """

    _default_message = "the text has a word that {rule_id!r} forbids"

    def __init__(
        self,
        rule_id: str,
        keywords: Sequence[str],
        severity: GuardrailSeverity | str = GuardrailSeverity.WARNING,
        case_sensitive: bool = False,
        match_substring: bool = False,
        replacement: str = REDACTED,
        **options: Unpack[GuardrailOptions],
    ) -> None:
        super().__init__(rule_id, severity=severity, replacement=replacement, **options)
        if isinstance(keywords, str) or not all(keywords):
            raise ValueError("keywords are a sequence of words, none of them empty")
        self._normalize = normalize_spaces if case_sensitive else fold_case
        normalized = {self._normalize(word) for word in keywords}
        words = sorted(normalized, key=lambda word: (-len(word), word))
        self._prefixes = {word[:length] for word in words for length in range(1, len(word) + 1)}
        self._longest = len(words[0]) if words else 0
        self._breaks = {
            word: (
                not match_substring and needs_word_break(word[0]),
                not match_substring and needs_word_break(word[-1]),
            )
            for word in words
        }
        self._sizes: dict[str, list[int]] = {}
        for word in words:
            sizes = self._sizes.setdefault(word[0], [])
            if len(word) not in sizes:
                sizes.append(len(word))
        self._starts = _compile_starts(self._breaks)

    def find(self, text: str, start: int = 0) -> Iterator[Match]:
        normalized, end = self._normalize(text), start
        for word_start in self._starts.finditer(normalized, start) if self._starts else ():
            at = word_start.start()
            for size in self._sizes[normalized[at]] if at >= end else ():
                word = normalized[at : at + size]  # shorter where the text ends
                breaks = self._breaks.get(word)
                if breaks is not None and _has_breaks(normalized, at, at + len(word), breaks):
                    end = at + len(word)
                    yield self.make_match(at, end)
                    break

    def find_stable_end(self, text: str, start: int = 0) -> int:
        begin = max(start, len(text) - self._longest)
        tail = self._normalize(text[begin:])
        for offset in range(len(tail)):
            if tail[offset:] in self._prefixes:
                return begin + offset
        return len(text)


def _compile_starts(breaks: Mapping[str, tuple[bool, bool]]) -> re.Pattern[str] | None:
    """Return a pattern of the starts of all words; its cost does not grow with their number."""
    parts = [
        f"{before}[{re.escape(''.join(sorted(firsts)))}]"
        for needed, before in ((True, f"(?<!{WORD_CHARACTER})"), (False, ""))
        if (firsts := {word[0] for word, (left, _) in breaks.items() if left is needed})
    ]
    return re.compile("|".join(parts)) if parts else None


def _has_breaks(text: str, start: int, end: int, breaks: tuple[bool, bool]) -> bool:
    if breaks[0] and start and _WORD_CHARACTER.match(text, start - 1):
        return False
    return not (breaks[1] and _WORD_CHARACTER.match(text, end))


class ProfanityFilter(KeywordFilter):
    """Finds coarse words of several languages that have no other meaning.

    `extra` adds words, `allow` removes some.
    """

    _default_message = "the text has coarse language"

    def __init__(
        self,
        rule_id: str = "profanity",
        severity: GuardrailSeverity | str = GuardrailSeverity.WARNING,
        case_sensitive: bool = False,
        *,
        extra: Iterable[str] = (),
        allow: Iterable[str] = (),
        replacement: str = REDACTED,
        **options: Unpack[GuardrailOptions],
    ) -> None:
        allowed = {fold_case(word) for word in allow}
        words = [word for word in (*_COARSE, *extra) if fold_case(word) not in allowed]
        super().__init__(
            rule_id,
            words,
            severity,
            case_sensitive,
            replacement=replacement,
            **options,
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
