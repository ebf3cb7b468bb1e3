"""Personal data in all its forms: whole, alone, and at a cost that no text can drive up."""

import re
import unicodedata
from pathlib import Path

import pytest

from ai_lib.guardrails import PiiDetector
from ai_lib.guardrails.rules import ibans, phones
from ai_lib.guardrails.rules.plain_digits import to_plain_digits
from tests.guardrails.sentences import ORDINARY

IBANS = [
    line
    for line in (Path(__file__).parent / "corpus/ibans.txt").read_text("utf-8").split("\n")
    if line and not line.startswith("#")
]
SIZE = 100_000
PARTS = [
    "1", "1 ", "12 ", "1-", "1.", "1\n", "+", "+1 ", "(1)", "00", "4111 ", "4111 1111 1111 1111 ",
    "a@", "@", "a.", "a@b.cc ", "DE89 3704 0044 0532 0130 00 ", "DE1 ", "1.1.1.1 ", "f:f:", "tel ",
    "555-123-4567 ", "tel 12 12 12 12 12 12 ", "123-45-6789 ", "SSN: 123", "\u0660", "\uff10 ", "_",
]  # fmt: skip


def find(kind: str, text: str) -> str:
    return PiiDetector(kinds=[kind]).filter(text)


@pytest.mark.parametrize("separator", ["", " ", "\u00a0", "  ", "-", ".", "\u2011", "\n"])
def test_every_country_of_the_registry_is_known(separator: str) -> None:
    for iban in IBANS:
        groups = separator.join(iban[at : at + 4] for at in range(0, len(iban), 4))
        assert find("iban", f"to {groups}, {groups} 12.") == "to [IBAN], [IBAN] 12.", groups
        last = "1" if iban[-1] != "1" else "2"
        assert find("iban", f"to {iban[:-1]}{last}") == f"to {iban[:-1]}{last}"


def test_an_iban_has_its_countrys_format() -> None:
    """The remainder is right, but there are letters where the country has digits."""
    body = "A7040044053201300"
    number = int("".join(str(int(letter, 36)) for letter in f"{body}0DE00"))
    iban = f"DE{98 - number % 97:02}{body}0"
    assert find("iban", iban) == iban


@pytest.mark.parametrize(
    ("kind", "text", "expected"),
    [
        ("phone", "+49 30 123456 7 days", "[PHONE] 7 days"),
        ("phone", "+1 201-555-0123 2024 was", "[PHONE] 2024 was"),
        ("phone", "+44 20 7946 0018 12 times", "[PHONE] 12 times"),
        ("phone", "Tel. 512 345 678 2024-01-01", "Tel. [PHONE] 2024-01-01"),
        ("phone", "030 123456 / 0171 2345678", "[PHONE] / [PHONE]"),
        ("phone", "555-123-4567 555-123-4568", "[PHONE] [PHONE]"),
        ("phone", "sizes 02 04 06 08 10", "sizes 02 04 06 08 10"),
        ("phone", "call 1 000 000 times", "call 1 000 000 times"),
        ("phone", "030 1234567 890 apples", "[PHONE] 890 apples"),
        ("phone", "0711 1234 2015 or so", "[PHONE] or so"),
        ("phone", "0711 12345 2015 was", "[PHONE] 2015 was"),
        ("phone", "12 +49 30 12345678", "12 [PHONE]"),
        ("phone", "12 0049 30 12345678", "12 0049 30 12345678"),
        ("card", "12 4111 1111 1111 1111 12/29", "12 [CARD] 12/29"),
        ("card", "2024 4111 1111 1111 1111 123", "2024 [CARD] 123"),
        ("card", "1,4111111111111111,Ada", "1,[CARD],Ada"),
        ("card", "0,4111111111111111", "0,4111111111111111"),
        ("card", "ratio .4111111111111111", "ratio .4111111111111111"),
        ("card", "\u0660\u066b\u0664" + "\u0661" * 15, "\u0660\u066b\u0664" + "\u0661" * 15),
        ("card", "4111\u200b1111\u200b1111\u200b1111", "[CARD]"),
        ("card", "4111   1111   1111   1111", "[CARD]"),
        ("email", "'ada@example.com' - ada@example.com-", "'[EMAIL]' - [EMAIL]-"),
        ("email", "a@b.example/c@d.example", "[EMAIL]/[EMAIL]"),
        ("ssn", "7 123-45-6789 8", "7 [SSN] 8"),
        ("ssn", "SSN 123456789, order 123456789", "SSN [SSN], order 123456789"),
        ("ip", "10.0.0.1:80 and fe80::1%eth0", "[IP]:80 and [IP]%eth0"),
    ],
)  # fmt: skip
def test_a_match_takes_nothing_from_its_neighbours(kind: str, text: str, expected: str) -> None:
    assert find(kind, text) == expected


def test_digits_of_every_script_are_digits() -> None:
    """All that Unicode calls decimal digits and that stand in the first plane."""
    for code in range(0x80, 0x10000):
        if unicodedata.category(chr(code)) == "Nd" and unicodedata.unidata_version >= "13":
            value = str(unicodedata.digit(chr(code)))
            assert to_plain_digits(chr(code)) == value, hex(code)
    assert (
        find("phone", "\u0665\u0665\u0665-\u0661\u0662\u0663-\u0664\u0665\u0666\u0667") == "[PHONE]"
    )


def fill(part: str, size: int) -> str:
    return (part * (size // len(part) + 1))[:size]


@pytest.mark.slow
def test_the_worst_text_costs_at_most_ten_times_an_ordinary_one() -> None:
    from time import process_time

    rule = PiiDetector()

    def measure(text: str) -> float:
        times = []
        for _ in range(3):
            begin = process_time()
            list(rule.find(text))
            times.append(process_time() - begin)
        return min(times)

    ordinary = measure(fill(" ".join(ORDINARY), SIZE))
    costs = {part: measure(fill(part, SIZE)) / ordinary for part in PARTS}
    assert max(costs.values()) <= 10, costs


def test_regions_need_the_plans() -> None:
    if is_installed("phonenumbers"):
        pytest.skip("phonenumbers is installed")
    with pytest.raises(ValueError, match="ai-lib\\[phone\\]"):
        PiiDetector(regions=["DE"])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("512 345 678 and 12", "[PHONE] and 12"),
        ("21 23 45 67", "[PHONE]"),
        ("+683 4000, +47 21 23 45 67 12", "[PHONE], [PHONE] 12"),
        ("+1 (555) 234-5678 2024", "[PHONE] 2024"),  # of no plan, but in the form of a number
        ("149 597 870 700 metres", "149 597 870 700 metres"),
    ],
)
def test_numbers_of_regions_are_found_by_their_plans(text: str, expected: str) -> None:
    pytest.importorskip("phonenumbers", reason="numbering plans: `nox -s numbering`")
    assert PiiDetector(kinds=["phone"], regions=["PL", "NO"]).filter(text) == expected


def test_every_plans_examples_are_found() -> None:
    plans = pytest.importorskip("phonenumbers", reason="numbering plans: `nox -s numbering`")
    form = plans.PhoneNumberFormat
    for region in sorted(plans.SUPPORTED_REGIONS):
        rule = PiiDetector(kinds=["phone"], regions=[region])
        for kind in (plans.PhoneNumberType.FIXED_LINE, plans.PhoneNumberType.MOBILE):
            number = plans.example_number_for_type(region, kind)
            if number is None or len(str(number.national_number)) < 7:
                continue  # numbers of six digits are as often something else
            for text in (plans.format_number(number, f) for f in (form.INTERNATIONAL, form.E164)):
                assert rule.filter(f"at {text}, 5") == "at [PHONE], 5", (region, text)
            national = plans.format_number(number, form.NATIONAL)
            assert "[PHONE]" in rule.filter(f"at {national}, 5"), (region, national)


def test_no_number_of_a_plan_is_longer_than_we_say() -> None:
    plans = pytest.importorskip("phonenumbers", reason="numbering plans: `nox -s numbering`")
    for code, regions in plans.COUNTRY_CODE_TO_REGION_CODE.items():
        for region in regions:
            plan = plans.PhoneMetadata.metadata_for_region_or_calling_code(code, region)
            kinds = [kind for kind in (plan.fixed_line, plan.mobile) if kind]
            sizes = [size for kind in kinds for size in kind.possible_length or () if size > 0]
            longest = min(len(str(code)) + max(sizes, default=0), 15)  # the most of E.164
            assert longest <= phones.count_most(f"{code}000"), (code, region)


def test_formats_are_those_of_the_registry() -> None:
    package = pytest.importorskip("stdnum", reason="the IBAN registry: `nox -s numbering`")
    lines = Path(package.__file__).with_name("iban.dat").read_text("utf-8").split("\n")
    formats = {line[:2]: line.split('bban="')[1][:-1] for line in lines if 'bban="' in line}
    assert {country: expand(text, r"(\d+)([nac])") for country, text in ibans.FORMATS.items()} == {
        country: expand(text, r"(\d+)!([nac])") for country, text in formats.items()
    }


def expand(text: str, pattern: str) -> str:
    return "".join(kind * int(size) for size, kind in re.findall(pattern, text))


def is_installed(name: str) -> bool:
    from importlib.util import find_spec

    return find_spec(name) is not None


# Reported of other detectors: data-privacy-stack/presidio#2008 and 2078, theopenco/llmgateway#3641,
# langwatch/langwatch#7017, PostHog/posthog-js#4783, future-agi/traceAI#195.
FOUND = [
    ("Mon num\u00e9ro est 01 42 68 53 00.", "Mon num\u00e9ro est [PHONE]."),
    ("Appelle-moi au 06 12 34 56 78.", "Appelle-moi au [PHONE]."),
    ("ring me on 07911 123456", "ring me on [PHONE]"),
    ("+91 (123) 456-7890", "[PHONE]"),
    ("IBAN EG380019000500000000263180002 ok", "IBAN [IBAN] ok"),
    ("IBAN IQ98NBIQ850123456789012 ok", "IBAN [IBAN] ok"),
    ("IBAN UA213223130000026007233566001 ok", "IBAN [IBAN] ok"),
]
LEFT_ALONE = [
    '{"product_id": 3074185296}', "created_at 1755302400", "Item 4123456789012 is out of stock",
    "Bump to version 1.2.3.4", "v10.0.19045.3803", "hosted-eu-20260812-09", "2024-01-15 12:30",
    "at 2024-01-15 12", "12345678-1234-4123-8123-123456789012", "build 2024 1130 0917",
    "git a94a8fe5ccb19ba61c4c0873d391e987982fbbd3", "order 10023456", "12 345 678,90 EUR",
]  # fmt: skip


def test_what_others_miss_is_found_and_what_they_take_is_left() -> None:
    detector = PiiDetector()
    assert [detector.filter(text) for text, _ in FOUND] == [masked for _, masked in FOUND]
    assert [text for text in LEFT_ALONE if detector.filter(text) != text] == []
