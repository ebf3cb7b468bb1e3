"""Takes secrets out of what is logged, traced or reported."""

import re
from collections.abc import Collection, Mapping, Sequence, Set
from functools import lru_cache
from typing import Final

from ai_lib.types.secret import list_secret_forms

HIDDEN: Final = "***"

_LONGEST: Final = 65_536
_DEEPEST: Final = 16
_MOST: Final = 1_000

_VALUE: Final = r"[^\s\"',;&<>]+"
_GAP: Final = r"[\"']?[ \t]{0,8}[:=][ \t]{0,8}[\"']?"
# Each begins at a word, and repeats nothing inside a repetition: the time is that of one reading.
_PATTERNS: Final = tuple(
    (re.compile(pattern, re.IGNORECASE), replacement)
    for pattern, replacement in (
        (
            rf"((?:authorization|cookie){_GAP}(?:(?:bearer|basic|token)[ \t]{{1,8}})?){_VALUE}",
            rf"\1{HIDDEN}",
        ),
        (r"\b(bearer[ \t]{1,8})(?=[^\s]{0,200}[0-9])[a-z0-9._~+/=:-]{8,}", rf"\1{HIDDEN}"),
        (
            r"((?:api[_-]?key|passwd|password|passphrase|secret|private[_-]?key|access[_-]?key"
            rf"|(?:access|refresh|id|auth|session)[_-]?token){_GAP}){_VALUE}",
            rf"\1{HIDDEN}",
        ),
        (r"([?&](?:key|token|sig|signature)=)[^&\s\"'#<>]+", rf"\1{HIDDEN}"),
        # What keys look like: a known beginning, or a short word and a long run after a hyphen.
        (
            r"(?<![\w-])(?:sk|pk|rk|gsk|hf|csk|nvapi|pplx|tgp|fw|r8|ghp|gho|glpat|xox[abp])[-_]"
            r"[a-z0-9_-]{12,}",
            HIDDEN,
        ),
        (r"(?<![\w-])[a-z]{2,6}-[a-z0-9]{32,}(?![\w-])", HIDDEN),
        (r"(?<![\w-])(?:AIza|AKIA|ASIA)[a-z0-9_-]{12,}", HIDDEN),
        (r"(?<![\w-])ya29\.[a-z0-9_-]{8,}", HIDDEN),
        (r"(?<![\w-])eyJ[a-z0-9_-]{8,}\.[a-z0-9_-]{8,}(?:\.[a-z0-9_-]*)?", HIDDEN),
    )
)
# No pattern matches without one of these: most texts are let go after one look.
_SIGNS: Final = re.compile(
    r"authori|cookie|bearer|key|pass|secret|token|[?&]sig|[a-z]-[a-z0-9]{32}|AIza|AKIA|ASIA|ya29"
    r"|eyJ|(?<![\w-])(?:sk|pk|rk|gsk|hf|csk|nvapi|pplx|tgp|fw|r8|ghp|gho|glpat|xox[abp])[-_]",
    re.IGNORECASE,
)
_NAMES: Final = re.compile(
    r"(?:apikey|secret|secretkey|privatekey|accesskey|password|passwd|passphrase|credentials?"
    r"|authorization|cookie|(?:access|refresh|id|auth|bearer|session)token)$|^(?:token|auth)$"
)
_NOT_IN_NAMES: Final = re.compile(r"[^a-z0-9]")


class Redactor:
    """Replaces what is secret by `***`: by the name it stands under, by what it looks like, and
    the exact `secrets` it is told. `names` are further names, whose values are never shown.

    Numbers stay, unless their name says they are secret. Text longer than 65,536 characters is
    cut, nested data deeper than 16 levels or longer than 1,000 items as well, so that neither
    time nor size depends on who sent it.
    """

    def __init__(self, secrets: Collection[str] = (), *, names: Collection[str] = ()) -> None:
        self._secrets = _forms(secrets)
        self._names = frozenset(_plain(name) for name in names)

    def knowing(self, secrets: Collection[str]) -> "Redactor":
        """Return one that hides these as well."""
        if not secrets:
            return self
        other = Redactor(names=self._names)
        other._secrets = (*self._secrets, *_forms(secrets))
        return other

    def text(self, text: str) -> str:
        """Return the text without what looks like a secret."""
        for secret in self._secrets:
            text = text.replace(secret, HIDDEN)
        if len(text) > _LONGEST:
            text = f"{text[:_LONGEST]}... ({len(text) - _LONGEST} more characters)"
        if _SIGNS.search(text):
            for pattern, replacement in _PATTERNS:
                text = pattern.sub(replacement, text)
        return text

    def fields(self, fields: Mapping[str, object]) -> dict[str, object]:
        """Return the fields without secrets."""
        return {name: self.value(value, name) for name, value in fields.items()}

    def value(self, value: object, name: str = "") -> object:
        """Return a value, nested or not, without secrets; what is no plain data becomes text."""
        return self._value(value, name, 0)

    def is_secret_name(self, name: str) -> bool:
        """Whether what stands under this name is never shown."""
        return _is_secret(name[-200:]) or bool(self._names and _plain(name) in self._names)

    def _value(self, value: object, name: str, depth: int) -> object:
        if value is None or isinstance(value, bool):
            return value
        if name and self.is_secret_name(name):
            return HIDDEN
        if isinstance(value, int | float):
            return value
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, bytes | bytearray):
            return self.text(bytes(value).decode("utf-8", "replace"))
        if isinstance(value, BaseException):
            return self.text(f"{type(value).__name__}: {value}")
        return self._nested(value, depth + 1)

    def _nested(self, value: object, depth: int) -> object:
        if depth > _DEEPEST:
            return "..."
        if isinstance(value, Mapping):
            items = list(value.items())[:_MOST]
            return {self._key(key): self._value(held, str(key), depth) for key, held in items}
        if isinstance(value, tuple) and len(value) == 2 and isinstance(value[0], str):
            # As headers are written: a name and its value.
            return [self.text(value[0]), self._value(value[1], value[0], depth)]
        if isinstance(value, Sequence | Set):
            return [self._value(one, "", depth) for one in list(value)[:_MOST]]
        return self.text(repr(value))

    def _key(self, key: object) -> str:
        return self.text(key if isinstance(key, str) else repr(key))


@lru_cache(maxsize=1024)
def _is_secret(name: str) -> bool:
    return _NAMES.search(_plain(name)) is not None


def _plain(name: str) -> str:
    return _NOT_IN_NAMES.sub("", name[-200:].lower())


def _forms(secrets: Collection[str]) -> tuple[str, ...]:
    found = {form for secret in secrets if len(secret) >= 4 for form in list_secret_forms(secret)}
    return tuple(sorted(found, key=len, reverse=True))
