"""What to do after an error of a provider, for each standard code."""

from collections.abc import Mapping, Sequence
from typing import Final, Protocol

from ai_lib.errors.codes import StandardErrorCode


class ErrorRecord(Protocol):
    """What an error knows."""

    provider: str | None
    model: str | None
    key_source: str | None
    page: str | None
    standard_code: StandardErrorCode

    @property
    def attempts(self) -> Sequence[object]:
        """The attempts of the call."""
        ...


_REMEDIES: Final[Mapping[str, str]] = {
    "invalid_request": "client.explain(chat.build()) shows what is sent",
    "authentication": "{key}; check that it is a key of {provider} and is still valid",
    "permission_denied": "{key}; its account may not use {model}: ask for access, or name another "
    "model",
    "not_found": "check the model's name (ai-lib models --provider {provider}) and base_url",
    "request_too_large": "shorten the messages, which client.count_tokens() counts, lower "
    "max_tokens(), or name a larger model with with_fallbacks([...], on=['context_length'])",
    "rate_limited": "{wait}{attempts}; max_retries() allows more, with_rate_limit() keeps below "
    "the limit",
    "quota_exhausted": "{key}; raise its account's quota or credit, or name another provider with "
    "with_fallbacks([...])",
    "server_error": "{wait}{attempts}; max_retries() allows more, with_fallbacks([...]) asks "
    "another model",
    "overloaded": "{wait}{attempts}; max_retries() allows more, with_fallbacks([...]) asks another "
    "model",
    "timeout": "{attempts}; timeout() gives it more seconds",
    "conflict": "{wait}{attempts}; send it again when the other request is done",
    "cancelled": "the request was cancelled; send it again if that was not meant",
    "unknown": "error.body has what {provider} said",
}


def make_remedy(error: ErrorRecord) -> str:
    """Return what helps after an error, in one line: its facts, a setting, the provider's page."""
    facts = {
        "key": _describe_key(error.key_source),
        "provider": error.provider or "the provider",
        "model": error.model or "this model",
        "wait": _describe_wait(error),
        "attempts": _count_attempts(error),
    }
    remedy = _REMEDIES.get(error.standard_code.name, _REMEDIES["unknown"]).format(**facts)
    return f"{remedy}; see {error.page}" if error.page else remedy


def _describe_key(source: str | None) -> str:
    if source is None:
        return "no key was sent"
    return f"the key came from {'the given api_key' if source == 'argument' else source}"


def _describe_wait(error: ErrorRecord) -> str:
    seconds = getattr(error, "retry_after", None)
    return f"wait {seconds:.3g} s; " if isinstance(seconds, int | float) else ""


def _count_attempts(error: ErrorRecord) -> str:
    count = len(error.attempts)
    return "it was tried once" if count < 2 else f"it was tried {count} times"
