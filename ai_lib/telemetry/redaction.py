"""Redacts secrets in what is logged, traced or reported."""

import re
from collections.abc import Collection, Mapping, Sequence, Set
from functools import lru_cache
from typing import Final

from ai_lib.types.secret import list_secret_forms

HIDDEN: Final = "***"

_MAX_LENGTH: Final = 65_536
_MAX_DEPTH: Final = 16
_MAX_ITEMS: Final = 1_000

_VALUE: Final = r"[^\s\"',;&<>]+"
_GAP: Final = r"[\"']?[ \t]{0,8}[:=][ \t]{0,8}[\"']?"
# Each begins at a word and has no nested repetition: matching takes linear time.
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
# No pattern matches without one of these, so that most texts cost one search.
_HINTS: Final = re.compile(
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
    """Replaces secrets by `***`: values under a secret name, text in the form of a key, and the
    exact `secrets`. `names` are further secret names.

    Numbers stay, unless their name is secret. Text over 65,536 characters is cut, and so is data
    nested deeper than 16 levels or longer than 1,000 items: time and size are bounded.
    """

    def __init__(self, secrets: Collection[str] = (), *, names: Collection[str] = ()) -> None:
        self._secrets = _list_forms(secrets)
        self._names = frozenset(_normalize_name(name) for name in names)

    def with_secrets(self, secrets: Collection[str]) -> "Redactor":
        """Return a redactor that hides these values as well."""
        if not secrets:
            return self
        redactor = Redactor(names=self._names)
        redactor._secrets = (*self._secrets, *_list_forms(secrets))
        return redactor

    def redact_text(self, text: str) -> str:
        """Return the text without secrets."""
        for secret in self._secrets:
            text = text.replace(secret, HIDDEN)
        if len(text) > _MAX_LENGTH:
            text = f"{text[:_MAX_LENGTH]}... ({len(text) - _MAX_LENGTH} more characters)"
        if _HINTS.search(text):
            for pattern, replacement in _PATTERNS:
                text = pattern.sub(replacement, text)
        return text

    def redact_fields(self, fields: Mapping[str, object]) -> dict[str, object]:
        """Return the fields without secrets."""
        return {name: self.redact_value(value, name) for name, value in fields.items()}

    def redact_value(self, value: object, name: str = "") -> object:
        """Return a value, nested or not, without secrets; other objects become text."""
        return self._redact(value, name, 0)

    def is_secret_name(self, name: str) -> bool:
        """Return whether values under this name are never shown."""
        return _is_secret(name[-200:]) or bool(self._names and _normalize_name(name) in self._names)

    def _redact(self, value: object, name: str, depth: int) -> object:
        if value is None or isinstance(value, bool):
            return value
        if name and self.is_secret_name(name):
            return HIDDEN
        if isinstance(value, int | float):
            return value
        if isinstance(value, str):
            return self.redact_text(value)
        if isinstance(value, bytes | bytearray):
            return self.redact_text(bytes(value).decode("utf-8", "replace"))
        if isinstance(value, BaseException):
            return self.redact_text(f"{type(value).__name__}: {value}")
        return self._redact_nested(value, depth + 1)

    def _redact_nested(self, value: object, depth: int) -> object:
        if depth > _MAX_DEPTH:
            return "..."
        if isinstance(value, Mapping):
            items = list(value.items())[:_MAX_ITEMS]
            return {
                self._redact_key(key): self._redact(item, str(key), depth) for key, item in items
            }
        if isinstance(value, tuple) and len(value) == 2 and isinstance(value[0], str):
            # A header: a name and its value.
            return [self.redact_text(value[0]), self._redact(value[1], value[0], depth)]
        if isinstance(value, Sequence | Set):
            return [self._redact(item, "", depth) for item in list(value)[:_MAX_ITEMS]]
        return self.redact_text(repr(value))

    def _redact_key(self, key: object) -> str:
        return self.redact_text(key if isinstance(key, str) else repr(key))


@lru_cache(maxsize=1024)
def _is_secret(name: str) -> bool:
    return _NAMES.search(_normalize_name(name)) is not None


def _normalize_name(name: str) -> str:
    return _NOT_IN_NAMES.sub("", name[-200:].lower())


def _list_forms(secrets: Collection[str]) -> tuple[str, ...]:
    forms = {form for secret in secrets if len(secret) >= 4 for form in list_secret_forms(secret)}
    return tuple(sorted(forms, key=len, reverse=True))
