"""Rules for what is sent and received: words, patterns, lengths, addresses, personal data."""

from typing import TYPE_CHECKING

from ai_lib._lazy import exports

if TYPE_CHECKING:
    from ai_lib.errors.tree import GuardrailError as GuardrailError
    from ai_lib.guardrails.content import (
        ContentFilter as ContentFilter,
        ContentValidator as ContentValidator,
    )
    from ai_lib.guardrails.declared import rules_of_manifest as rules_of_manifest
    from ai_lib.guardrails.domains import (
        EmailFilter as EmailFilter,
        UrlFilter as UrlFilter,
    )
    from ai_lib.guardrails.keywords import (
        KeywordFilter as KeywordFilter,
        ProfanityFilter as ProfanityFilter,
    )
    from ai_lib.guardrails.length import LengthFilter as LengthFilter
    from ai_lib.guardrails.pii import PiiDetector as PiiDetector
    from ai_lib.guardrails.regex import RegexFilter as RegexFilter
    from ai_lib.guardrails.rule import (
        Guardrail as Guardrail,
        Match as Match,
    )
    from ai_lib.guardrails.verdict import (
        GuardrailResult as GuardrailResult,
        GuardrailSeverity as GuardrailSeverity,
        GuardrailViolation as GuardrailViolation,
    )

_WHERE = {
    "ContentFilter": "ai_lib.guardrails.content",
    "ContentValidator": "ai_lib.guardrails.content",
    "EmailFilter": "ai_lib.guardrails.domains",
    "Guardrail": "ai_lib.guardrails.rule",
    "GuardrailError": "ai_lib.errors.tree",
    "GuardrailResult": "ai_lib.guardrails.verdict",
    "GuardrailSeverity": "ai_lib.guardrails.verdict",
    "GuardrailViolation": "ai_lib.guardrails.verdict",
    "KeywordFilter": "ai_lib.guardrails.keywords",
    "LengthFilter": "ai_lib.guardrails.length",
    "Match": "ai_lib.guardrails.rule",
    "PiiDetector": "ai_lib.guardrails.pii",
    "ProfanityFilter": "ai_lib.guardrails.keywords",
    "RegexFilter": "ai_lib.guardrails.regex",
    "UrlFilter": "ai_lib.guardrails.domains",
    "rules_of_manifest": "ai_lib.guardrails.declared",
}

if not TYPE_CHECKING:
    __all__, __getattr__, __dir__ = exports(__name__, _WHERE)
