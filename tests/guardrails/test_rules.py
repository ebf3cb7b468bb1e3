"""Rules find what they are for, and nothing else."""

import re
import time
from collections.abc import Callable

import pytest

from ai_lib.errors import GuardrailError
from ai_lib.guardrails import (
    ContentFilter,
    ContentValidator,
    EmailFilter,
    Guardrail,
    GuardrailResult,
    GuardrailViolation,
    KeywordFilter,
    LengthFilter,
    PiiDetector,
    ProfanityFilter,
    RegexFilter,
    UrlFilter,
)
from tests.guardrails.sentences import IMPERSONAL, ORDINARY, PERSONAL

DEFAULTS = [
    ProfanityFilter(),
    PiiDetector(),
    UrlFilter(),
    EmailFilter(),
    KeywordFilter("harm", ["hell", "kill", "ass", "bomb", "他妈的", "कम"]),
]
SAYS_HELL = [
    "Heaven and hell are old ideas.",
    "Die Hölle ist hell erleuchtet, sagte der helle Kopf.",
]


def test_there_are_enough_ordinary_sentences() -> None:
    assert len(set(ORDINARY)) >= 200


@pytest.mark.parametrize("rule", DEFAULTS, ids=lambda rule: rule.rule_id)
def test_no_rule_flags_an_ordinary_sentence(rule: Guardrail) -> None:
    flagged = [text for text in ORDINARY if not rule.check(text).is_safe]
    assert flagged == (SAYS_HELL if rule.rule_id == "harm" else [])


def test_hello_and_skills_are_safe_and_hell_and_kill_are_not() -> None:
    rule = KeywordFilter("violence", ["hell", "kill"])
    assert rule.check("Hello, how are you? My skills are fine.").is_safe
    assert rule.filter("Kill it in HELL.") == "[REDACTED] it in [REDACTED]."
    inside = KeywordFilter("violence", ["kill"], match_substring=True)
    assert inside.filter("skills") == "s[REDACTED]s"


def test_words_end_where_those_of_their_script_do() -> None:
    assert KeywordFilter("r", ["über"]).check("überall").is_safe
    assert not KeywordFilter("r", ["ÜBER"]).check("gar nicht über!").is_safe
    assert KeywordFilter("r", ["кот"]).check("который").is_safe
    assert not KeywordFilter("r", ["кот"]).check("Кот спит").is_safe
    assert not KeywordFilter("r", ["机密"]).check("这是机密文件").is_safe
    assert not KeywordFilter("r", ["비밀"]).check("비밀은 없다").is_safe
    assert KeywordFilter("r", ["कम"]).check("कमी").is_safe
    assert not KeywordFilter("r", ["कम"]).check("यह कम है").is_safe
    assert KeywordFilter("r", ["caf"]).check("cafe\u0301").is_safe
    assert not KeywordFilter("r", ["top secret"]).check("It is TOP\nSECRET.").is_safe


def test_case_and_longest_keyword_count() -> None:
    assert KeywordFilter("r", ["Apple"], case_sensitive=True).check("an apple").is_safe
    rule = KeywordFilter("r", ["new", "new york"], replacement="*")
    assert rule.filter("new york, new day") == "*, * day"


def test_a_result_lists_violations_and_the_text_masked() -> None:
    result = KeywordFilter("r", ["secret"], "error").check("my secret")
    assert isinstance(result, GuardrailResult)
    (found,) = result.violations
    assert isinstance(found, GuardrailViolation)
    assert (found.rule_id, found.start, found.end, found.matched_text) == ("r", 3, 9, "secret")
    assert found.severity == "error"
    assert "my" not in repr(result)
    assert result.filtered_content == "my [REDACTED]"


@pytest.mark.parametrize(("kind", "fact"), PERSONAL)
def test_personal_facts_are_found_and_gone(kind: str, fact: str) -> None:
    text = f"Here it is: {fact}, as promised."
    detector = PiiDetector()
    assert detector.filter(text) == f"Here it is: [{kind.upper()}], as promised."
    assert detector.filter(f"是{fact}。") == f"是[{kind.upper()}]。"
    assert detector.filter(fact) == f"[{kind.upper()}]"
    assert PiiDetector(kinds=[kind], replacement="x").filter(f"({fact})") == "(x)"
    assert detector.check(text).violations[0].message.endswith(f"({kind})")


@pytest.mark.parametrize("fact", IMPERSONAL)
def test_what_fails_its_check_is_no_personal_fact(fact: str) -> None:
    found = PiiDetector(kinds=["email", "card", "iban", "ssn", "ip"]).check(f"It is {fact} here")
    assert found.violations == ()


def test_a_card_among_other_digits_is_found() -> None:
    assert PiiDetector().filter("order 12 4111 1111 1111 1111 due") == "order 12 [CARD] due"
    assert PiiDetector().filter("4111 1111 1111 1111 123") == "[CARD] 123"


def test_coarse_language_is_found_in_any_case_and_in_a_word_by_itself() -> None:
    for text in ("What the FUCK", "So ein Scheiße.", "Merde !", "Vaffanculo!", "他妈的"):
        assert not ProfanityFilter().check(text).is_safe
    assert ProfanityFilter(case_sensitive=True).check("SHIT").is_safe
    assert ProfanityFilter(allow=["shit"], extra=["darn"]).filter("darn shit") == "[REDACTED] shit"


def test_addresses_are_all_found_unless_their_domain_is_allowed() -> None:
    assert UrlFilter().filter("See https://example.com/a?b=c, or www.example.org.") == (
        "See [REDACTED], or [REDACTED]."
    )
    rule = UrlFilter(allowed_domains=["example.com"])
    for url in ("https://example.com", "http://EXAMPLE.com:80/x", "https://a.example.com/?q"):
        assert rule.check(url).is_safe, url
    for url in (
        "https://evil.com/a?x=example.com",
        "https://evil.com/example.com",
        "https://example.com@evil.com/",
        "https://example.com:pw@evil.com/",
        "https://example.com.evil.com",
        "https://notexample.com",
        "https://evil.com#example.com",
        "https://evil.com\\@example.com",
        "HTTPS://EVIL.COM",
    ):
        assert not rule.check(url).is_safe, url
    denied = UrlFilter("bad", denied_domains=["evil.com"])
    assert denied.check("https://example.com").is_safe
    assert not denied.check("https://www.evil.com").is_safe


def test_an_allowed_domain_is_no_mere_ending() -> None:
    rule = EmailFilter(allowed_domains=["example.com"], action="redact")
    assert rule.check("a@example.com b@mail.example.com").is_safe
    assert rule.filter("a@notexample.com") == "[REDACTED]"
    assert rule.filter("a@example.com.evil.org") == "[REDACTED]"
    assert EmailFilter(denied_domains=["evil.org"]).check("a@example.com").is_safe


def test_lengths_are_counted_as_told() -> None:
    assert LengthFilter(max_length=5).check("12345").is_safe
    assert LengthFilter(max_length=5).filter("123456") == "12345"
    assert LengthFilter(max_length=2, count_mode="words").filter("one two three") == "one two "
    assert LengthFilter(max_length=2, count_mode="tokens_chars").filter("12345678x") == "12345678"
    assert not LengthFilter(max_length=3, count_mode="tokens_words").check("a b c").is_safe
    short = LengthFilter(min_length=3).check("ab")
    assert not short.is_safe
    assert short.filtered_content == "ab"
    assert "shorter than 3 characters" in short.violations[0].message


def test_patterns_of_ones_own() -> None:
    rule = RegexFilter("ticket", r"\b[A-Z]+-\d+\b", replacement="#")
    assert rule.filter("see ABC-12 and X-1") == "see # and #"
    assert RegexFilter("r", re.compile("a*")).check("bbb").is_safe
    assert not RegexFilter("r", "SECRET", flags=re.IGNORECASE).check("secret").is_safe


def test_several_rules_as_one() -> None:
    both = ContentFilter([KeywordFilter("k", ["x"]), PiiDetector()])
    assert both.filter("x a@example.com y") == "[REDACTED] [EMAIL] y"
    assert [one.rule_id for one in both.check("x a@example.com").violations] == ["k", "pii"]


def test_a_validator_masks_or_raises_without_the_text() -> None:
    validator = ContentValidator([PiiDetector()]).add(KeywordFilter("k", ["hush"]))
    assert validator.enforce("mail a@example.com") == "mail [EMAIL]"
    assert validator.check("hush a@example.com").filtered_content == "[REDACTED] [EMAIL]"
    with pytest.raises(GuardrailError) as caught:
        validator.enforce("hush, hush-hush", "output")
    error = caught.value
    assert (error.rule_id, error.stage) == ("k", "output")
    assert "hush" not in f"{error} {error!r} {error.violations} {error.__dict__}"


def test_a_rule_that_is_disabled_finds_nothing() -> None:
    rule = KeywordFilter("k", ["x"])
    rule.disable()
    assert rule.check("x").is_safe
    rule.enable()
    assert not rule.check("x").is_safe
    assert rule.check("").is_safe


@pytest.mark.parametrize(
    "make",
    [
        lambda: KeywordFilter("", ["x"]),
        lambda: KeywordFilter("k", "word"),
        lambda: KeywordFilter("k", [""]),
        lambda: KeywordFilter("k", ["x"], action="explode"),
        lambda: KeywordFilter("k", ["x"], severity="mild"),
        lambda: RegexFilter("r", "("),
        lambda: RegexFilter("r", "x", window=0),
        lambda: LengthFilter(),
        lambda: LengthFilter(min_length=5, max_length=4),
        lambda: LengthFilter(max_length=4, count_mode="lines"),
        lambda: PiiDetector(kinds=["dna"]),
        lambda: PiiDetector(kinds=[]),
        lambda: UrlFilter(allowed_domains="example.com"),
    ],
)
def test_nonsense_is_refused(make: object) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        make()  # type: ignore[operator]


@pytest.mark.parametrize("rule", DEFAULTS, ids=lambda rule: rule.rule_id)
@pytest.mark.parametrize(
    "unit",
    [
        "a",
        "1",
        "1 ",
        "4 ",
        "a@",
        "@a.",
        "a.",
        "1.",
        ":a",
        "+1-",
        "(0",
        "http://",
        "www.",
        "DE12 ",
        "机",
    ],
)
def test_no_text_takes_longer_than_its_length(rule: Guardrail, unit: str) -> None:
    """Ten times the text takes about ten times as long; a square would be a hundred times."""

    def spent(size: int) -> float:
        text = unit * (size // len(unit))
        begun = time.process_time()
        rule.check(text)
        return time.process_time() - begun

    spent(1_000)
    assert spent(40_000) < 40 * max(min(spent(4_000) for _ in range(2)), 0.002)


@pytest.mark.parametrize(
    "make",
    [
        lambda **options: KeywordFilter("r", ["a"], **options),
        lambda **options: RegexFilter("r", "a", **options),
        lambda **options: LengthFilter("r", max_length=1, **options),
        lambda **options: ProfanityFilter("r", **options),
        lambda **options: PiiDetector("r", **options),
        lambda **options: UrlFilter("r", **options),
        lambda **options: EmailFilter("r", **options),
    ],
    ids=["keyword", "regex", "length", "profanity", "pii", "url", "email"],
)
def test_every_rule_takes_the_same_options(make: Callable[..., Guardrail]) -> None:
    rule = make(action="log", severity="critical", message="no", enabled=False)
    assert (rule.action, rule.severity, rule.message, rule.enabled) == (
        "warn", "critical", "no", False,
    )  # fmt: skip
    assert make().action == ("redact" if isinstance(rule, PiiDetector) else "block")
    assert make().enabled
    assert make(message="").message
    with pytest.raises(TypeError):
        make(actoin="log")
    with pytest.raises(ValueError, match="an action is"):
        make(action="shout")


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        (UrlFilter(), "https://a.example"),
        (EmailFilter(), "a@b.example"),
        (PiiDetector(), "a@b.example"),
        (ProfanityFilter(extra=["a"]), "a"),
        (KeywordFilter("k", ["a"]), "a"),
        (RegexFilter("r", "a", window=1), "a"),
        (LengthFilter(max_length=0), "a"),
    ],
    ids=lambda value: getattr(value, "rule_id", ""),
)
def test_a_rule_looks_from_the_first_character_on(rule: Guardrail, text: str) -> None:
    assert [(match.start, match.end) for match in rule.find(text)] == [(0, len(text))]
