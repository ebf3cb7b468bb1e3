"""Token counts in one form, whatever the wire says and however often (protocol.md, "Usage")."""

import pytest

from ai_lib.pipeline.assembly.usage import UsageMeter
from ai_lib.protocol.compiled import CompiledUsage
from ai_lib.types.json import JsonDict
from ai_lib.types.usage import Usage
from tests.pipeline.manifests import bundled, small


def places(combine: str) -> CompiledUsage:
    usage = {
        "prompt_tokens": ["in", "cached"],
        "completion_tokens": ["out.said"],
        "total_tokens": "all",
        "cache_read_tokens": "cached",
        "combine": combine,
    }
    return small({}, usage=usage).usage


def test_a_count_is_the_sum_of_its_places() -> None:
    usage = UsageMeter(places("last")).report({"in": 3, "cached": 4, "out": {"said": 5}})
    assert usage is not None
    assert (usage.prompt_tokens, usage.completion_tokens, usage.cache_read_tokens) == (7, 5, 4)
    assert usage.total_tokens == 12
    assert usage.raw == {"in": 3, "cached": 4, "out": {"said": 5}}


@pytest.mark.parametrize(("said", "total"), [(20, 20), (11, 12), (None, 12)])
def test_the_total_is_never_less_than_its_parts(said: int | None, total: int) -> None:
    usage = UsageMeter(places("last")).report({"in": 7, "out": {"said": 5}, "all": said})
    assert usage is not None
    assert usage.total_tokens == total


@pytest.mark.parametrize("odd", [None, "7", [7], {}, True, -7, 7.5, -7.0, 1e300, 10**30])
def test_what_is_no_count_counts_nothing(odd: object) -> None:
    usage = UsageMeter(places("last")).report({"in": odd, "out": {"said": 5}})
    assert usage is not None
    assert (usage.prompt_tokens, usage.completion_tokens) == (0, 5)


def test_a_whole_number_may_be_written_with_a_point() -> None:
    usage = UsageMeter(places("last")).report({"in": 7.0})
    assert usage is not None
    assert usage.prompt_tokens == 7


@pytest.mark.parametrize("odd", [None, [], "usage", 7])
def test_what_is_no_object_is_no_report(odd: object) -> None:
    meter = UsageMeter(places("last"))
    assert meter.report(odd) is None
    assert meter.usage is None


REPORTS: list[JsonDict] = [
    {"in": 3, "cached": 4, "out": {"said": 1}},
    {"out": {"said": 5}, "cached": None},
    {"out": {"said": 5}, "cached": None},
]


@pytest.mark.parametrize(
    ("combine", "prompt", "completion"),
    [("last", 0, 5), ("merge", 7, 5), ("sum", 7, 11)],
)
def test_reports_combine_as_declared(combine: str, prompt: int, completion: int) -> None:
    meter = UsageMeter(places(combine))
    for report in REPORTS:
        meter.report(report)
    assert meter.usage is not None
    assert (meter.usage.prompt_tokens, meter.usage.completion_tokens) == (prompt, completion)
    assert meter.usage.total_tokens == prompt + completion


@pytest.mark.parametrize("combine", ["last", "merge"])
def test_a_report_said_again_is_no_news(combine: str) -> None:
    meter = UsageMeter(places(combine))
    assert meter.report({"in": 1}) is not None
    assert meter.report({"in": 1}) is None


# The vendors' own words, from the pages the dialects name, and what they amount to.
VENDORS: dict[str, tuple[str, JsonDict, Usage]] = {
    "chat: cached and reasoning tokens are part of the others": (
        "openai",
        {
            "prompt_tokens": 2006,
            "completion_tokens": 300,
            "total_tokens": 2306,
            "prompt_tokens_details": {"cached_tokens": 1920},
            "completion_tokens_details": {"reasoning_tokens": 256},
        },
        Usage(
            prompt_tokens=2006,
            completion_tokens=300,
            total_tokens=2306,
            reasoning_tokens=256,
            cache_read_tokens=1920,
        ),
    ),
    "messages: cached tokens stand beside the input": (
        "anthropic",
        {
            "input_tokens": 50,
            "cache_creation_input_tokens": 248,
            "cache_read_input_tokens": 100000,
            "output_tokens": 503,
        },
        Usage(
            prompt_tokens=100298,
            completion_tokens=503,
            total_tokens=100801,
            cache_read_tokens=100000,
            cache_write_tokens=248,
        ),
    ),
    "generate: thinking stands beside the answer, the cache within the prompt": (
        "gemini",
        {
            "promptTokenCount": 500,
            "cachedContentTokenCount": 400,
            "candidatesTokenCount": 20,
            "thoughtsTokenCount": 80,
            "toolUsePromptTokenCount": 7,
            "totalTokenCount": 607,
        },
        Usage(
            prompt_tokens=507,
            completion_tokens=100,
            total_tokens=607,
            reasoning_tokens=80,
            cache_read_tokens=400,
        ),
    ),
}


@pytest.mark.parametrize(("provider", "raw", "expected"), VENDORS.values(), ids=list(VENDORS))
def test_what_vendors_report(provider: str, raw: JsonDict, expected: Usage) -> None:
    usage = UsageMeter(bundled(provider).usage).report(raw)
    assert usage is not None
    for name in Usage.__struct_fields__:
        if name != "raw":
            assert getattr(usage, name) == getattr(expected, name), name
