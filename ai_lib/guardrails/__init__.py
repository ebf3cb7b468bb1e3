"""Rules for what is sent and received: words, patterns, lengths, addresses, personal data."""

from typing import TYPE_CHECKING

from ai_lib._lazy import exports

if TYPE_CHECKING:
    from ai_lib.errors.exceptions import GuardrailError as GuardrailError
    from ai_lib.guardrails.from_manifest import rules_of_manifest as rules_of_manifest
    from ai_lib.guardrails.guardrail import (
        Guardrail as Guardrail,
        GuardrailResult as GuardrailResult,
        GuardrailSeverity as GuardrailSeverity,
        GuardrailViolation as GuardrailViolation,
        Match as Match,
    )
    from ai_lib.guardrails.rules.domains import (
        EmailFilter as EmailFilter,
        UrlFilter as UrlFilter,
    )
    from ai_lib.guardrails.rules.keywords import (
        KeywordFilter as KeywordFilter,
        ProfanityFilter as ProfanityFilter,
    )
    from ai_lib.guardrails.rules.length import LengthFilter as LengthFilter
    from ai_lib.guardrails.rules.pii import PiiDetector as PiiDetector
    from ai_lib.guardrails.rules.regex import RegexFilter as RegexFilter
    from ai_lib.guardrails.validator import (
        ContentFilter as ContentFilter,
        ContentValidator as ContentValidator,
    )

_WHERE = {
    "ContentFilter": "ai_lib.guardrails.validator",
    "ContentValidator": "ai_lib.guardrails.validator",
    "EmailFilter": "ai_lib.guardrails.rules.domains",
    "Guardrail": "ai_lib.guardrails.guardrail",
    "GuardrailError": "ai_lib.errors.exceptions",
    "GuardrailResult": "ai_lib.guardrails.guardrail",
    "GuardrailSeverity": "ai_lib.guardrails.guardrail",
    "GuardrailViolation": "ai_lib.guardrails.guardrail",
    "KeywordFilter": "ai_lib.guardrails.rules.keywords",
    "LengthFilter": "ai_lib.guardrails.rules.length",
    "Match": "ai_lib.guardrails.guardrail",
    "PiiDetector": "ai_lib.guardrails.rules.pii",
    "ProfanityFilter": "ai_lib.guardrails.rules.keywords",
    "RegexFilter": "ai_lib.guardrails.rules.regex",
    "UrlFilter": "ai_lib.guardrails.rules.domains",
    "rules_of_manifest": "ai_lib.guardrails.from_manifest",
}

if not TYPE_CHECKING:
    __all__, __getattr__, __dir__ = exports(__name__, _WHERE)
