"""Makes the rules of a manifest's `guardrails` section (AI-Protocol V2, 2.2.3)."""

from collections.abc import Callable, Mapping
from typing import Final, Literal

from ai_lib.errors.exceptions import ProtocolError
from ai_lib.guardrails.guardrail import Guardrail
from ai_lib.guardrails.rules.domains import EmailFilter, UrlFilter
from ai_lib.guardrails.rules.keywords import ProfanityFilter
from ai_lib.guardrails.rules.pii import PiiDetector
from ai_lib.protocol.manifest.model import ProtocolManifest

# The protocol leaves the types open; these can be found in a text alone.
_TYPES: Final[Mapping[str, Callable[[str], Guardrail]]] = {
    "pii": lambda action: PiiDetector(action=action),
    "profanity": lambda action: ProfanityFilter(action=action),
    "url": lambda action: UrlFilter(action=action),
    "email": lambda action: EmailFilter(action=action),
}


def rules_of_manifest(
    manifest: ProtocolManifest, stage: Literal["input", "output"]
) -> list[Guardrail]:
    """Return the rules of a manifest for what is sent (`input`) or received (`output`).

    A type for which this library has no rule, such as `toxicity`, is ignored: the provider or the
    application must apply it. A client applies the rules when it is given them:
    `builder().guardrails(input=rules_of_manifest(manifest, "input"))`.

    Raises ProtocolError when the section is malformed or has an unknown action.
    """
    section = manifest.raw.get("guardrails") or {}
    entries = section.get(f"{stage}_filters") if isinstance(section, Mapping) else None
    rules: list[Guardrail] = []
    for number, entry in enumerate(entries if isinstance(entries, list) else ()):
        try:
            kind, action = str(entry["type"]).lower(), str(entry.get("action", "warn"))
            if kind in _TYPES:
                rules.append(_TYPES[kind](action))
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            path = f"$.guardrails.{stage}_filters[{number}]"
            raise ProtocolError(
                f"{manifest.source}: {path} makes no sense: {error}", source=manifest.source
            ) from error
    return rules
