"""What providers counted for recorded requests is not above our upper bound, and near our count."""

import functools
import json
import statistics
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import Final, NamedTuple

import pytest

import ai_lib_sync
from ai_lib.errors import AiLibError, ProtocolError
from ai_lib.types.request import ChatRequest
from tests.pipeline.manifests import bundled
from tests.request.said_again import CannotSay, said_again
from tests.wire.corpus import FAMILIES, SPEAKERS, speaker
from tests.wire.decoding import decode_recording
from tests.wire.recordings import NO_RECORDINGS, WIRE, Recording, recorded

UNBOUNDED: Final[dict[str, list[str]]] = json.loads(
    Path(__file__).with_name("unbounded.json").read_text()
)
EXCUSED: Final = {name: reason for reason, names in UNBOUNDED.items() for name in names}
# But `bedrock`, which speaks none of our families, in binary streams.
CLOUDS: Final = [
    f"clouds/{name}" for name in ("azure", "bedrock_mantle", "crusoe", "vertex", "xai")
]
# The share by which the middle count of a family is off. Gemini counts the same tool now and then
# not at all (22 tokens for a prompt of 21 and a tool), so its middle is farther off.
MOST_OFF_WITH_TOOLS: Final = defaultdict(lambda: 0.15, gemini_generate=0.5)

pytestmark = [pytest.mark.slow, pytest.mark.skipif(not WIRE.exists(), reason=NO_RECORDINGS)]


class Comparison(NamedTuple):
    """What was reported for a request, and what we count."""

    recording: Recording
    request: ChatRequest
    reported: int
    tokens: int
    at_most: int

    @property
    def error(self) -> float:
        """The share by which our count is above the reported one."""
        return self.tokens / self.reported - 1


@functools.cache
def comparisons() -> list[Comparison]:
    """Count all recorded requests that can be said in our terms and have reported tokens."""
    rows = [*recorded(), *recorded(*CLOUDS)]
    spoken = [row for row in rows if row.family in SPEAKERS and row.row["request"]["body"]]
    answered = [row for row in spoken if "expect" in row.row]
    with ExitStack() as stack:
        make = functools.cache(lambda *names: stack.enter_context(make_client(*names)))
        found = [compare(row, make) for row in answered]
    return [comparison for comparison in found if comparison is not None]


def compare(
    recording: Recording, make: Callable[[str, str | None], ai_lib_sync.AiClient]
) -> Comparison | None:
    """Count one recorded request; None where it can't be said, or nothing was reported."""
    provider, family = speaker(recording), FAMILIES.get(recording.family)
    try:
        compiled = bundled(provider, family)
    except ProtocolError:  # a cloud that speaks a family which its manifest does not list
        provider = SPEAKERS[recording.family]
        compiled = bundled(provider, family)
    try:
        request = said_again(recording)
        reported = decode_recording(compiled, recording).usage.prompt_tokens
    except (CannotSay, AiLibError, KeyError):
        return None
    if not reported:
        return None
    count = make(f"{provider}/{recording.model}", family).count_tokens(request)
    return Comparison(recording, request, reported, count.tokens, count.at_most)


def make_client(model: str, family: str | None) -> ai_lib_sync.AiClient:
    """Make a client that reaches nobody."""
    builder = ai_lib_sync.AiClient.builder().model(model).api_key("k")
    builder.base_url("http://127.0.0.1:9")
    return (builder.api_family(family) if family else builder).build()


def middle(errors: Iterable[float]) -> float:
    """Return the middle of how far counts are off, to either side."""
    return statistics.median(abs(error) for error in errors)


def has_own_tools(comparison: Comparison) -> bool:
    """Return whether all tools are the caller's, and there is one."""
    tools = comparison.request.tools
    return bool(tools) and not any(tool.is_of_provider for tool in tools)


def has_schema(comparison: Comparison) -> bool:
    """Return whether the answer has a schema."""
    wanted = comparison.request.response_format
    return wanted is not None and wanted.schema is not None


def test_what_was_counted_is_not_above_the_bound() -> None:
    exceeding = {c.recording.id for c in comparisons() if c.reported > c.at_most}
    assert len(comparisons()) > 500
    assert exceeding - set(EXCUSED) == set()
    assert set(EXCUSED) - exceeding == set(), "these are bounded now: take them off the list"
    assert len(exceeding) <= 0.02 * len(comparisons())


def test_counts_are_near_what_was_reported() -> None:
    errors_by_family: dict[str, list[float]] = defaultdict(list)
    tools_by_family: dict[str, list[float]] = defaultdict(list)
    for comparison in comparisons():
        family = comparison.recording.family
        errors_by_family[family].append(comparison.error)
        if has_own_tools(comparison):
            tools_by_family[family].append(comparison.error)
    lines: list[str] = []
    for family, errors in sorted(errors_by_family.items()):
        bias, spread = statistics.median(errors), middle(errors)
        lines.append(f"{family}: {len(errors)} requests, bias {bias:+.1%}, spread {spread:.1%}")
        with_tools = tools_by_family[family]
        bias, spread = statistics.median(with_tools), middle(with_tools)
        lines.append(f"  with tools: {len(with_tools)}, bias {bias:+.1%}, spread {spread:.1%}")
    sys.stdout.write("\n".join(["", *lines, ""]))
    for family, with_tools in tools_by_family.items():
        spread = middle(with_tools)
        assert spread <= MOST_OFF_WITH_TOOLS[family], family
    assert middle(error for errors in tools_by_family.values() for error in errors) <= 0.15


def test_schemas_of_answers_are_counted() -> None:
    errors = [comparison.error for comparison in comparisons() if has_schema(comparison)]
    assert len(errors) > 10
    assert middle(errors) <= 0.25
