"""Recognizes phone numbers by the numbering plans that the package `phonenumbers` has."""

import re
from functools import cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from phonenumbers import PhoneMetadata

_KINDS: Final = (
    *("fixed_line", "mobile", "toll_free", "premium_rate", "shared_cost", "personal_number"),
    *("voip", "pager", "uan", "voicemail"),
)


@cache
def has_plans() -> bool:
    """Say whether the package is installed."""
    try:
        import phonenumbers  # noqa: F401
    except ImportError:
        return False
    return True


def check_regions(regions: tuple[str, ...]) -> None:
    """Check that there is a numbering plan for each region, such as `DE`.

    Raises ValueError when there is none, or the package is not installed.
    """
    if not has_plans():
        raise ValueError("regions need the package phonenumbers: pip install 'ai-lib[phone]'")
    for region in regions:
        if not _read_plan(region):
            raise ValueError(f"regions are two letters for a country, such as 'DE', not {region!r}")


def is_national_number(digits: str, region: str) -> bool:
    """Say whether these digits are a whole number as it is dialled in a region."""
    pattern = _compile_region(region)
    return bool(pattern and pattern.fullmatch(digits))


def is_international_number(digits: str) -> bool:
    """Say whether these digits, which begin with a calling code, are a whole number."""
    for size in (1, 2, 3):
        patterns = _compile_code(digits[:size])
        if patterns:
            return any(pattern.fullmatch(digits[size:]) for pattern in patterns)
    return False


@cache
def _compile_region(region: str) -> re.Pattern[str] | None:
    plan = _read_plan(region)
    if plan is None:
        return None
    prefix = plan.national_prefix
    return re.compile(f"(?:{prefix})?(?:{_join_kinds(plan)})" if prefix else _join_kinds(plan))


@cache
def _compile_code(code: str) -> tuple[re.Pattern[str], ...]:
    from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, PhoneMetadata

    regions = COUNTRY_CODE_TO_REGION_CODE.get(int(code), ())
    plans = (PhoneMetadata.metadata_for_region_or_calling_code(int(code), name) for name in regions)
    return tuple(re.compile(_join_kinds(plan)) for plan in plans if plan)


def _read_plan(region: str) -> "PhoneMetadata | None":
    from phonenumbers import PhoneMetadata

    return PhoneMetadata.metadata_for_region(region.upper(), None)


def _join_kinds(plan: "PhoneMetadata") -> str:
    kinds = (getattr(plan, name) for name in _KINDS)
    return "|".join(
        f"(?:{kind.national_number_pattern})"
        for kind in kinds
        if kind and kind.national_number_pattern
    )
