"""What providers counted for recorded requests is not above our upper bound, and near our count."""

import functools
import hashlib
import json
import re
import statistics
import sys
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from itertools import product
from pathlib import Path
from typing import Any, Final, NamedTuple

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
MOST_OFF: Final = 0.2
MOST_OFF_WITH_TOOLS: Final = 0.15
MOST_OFF_WITH_SCHEMA: Final = 0.25
# A weight that is fitted anew is fitted to the rows of half 0; those of half 1 judge it.
HALVES: Final = (0, 1)

pytestmark = [pytest.mark.slow, pytest.mark.skipif(not WIRE.exists(), reason=NO_RECORDINGS)]


class Comparison(NamedTuple):
    """What was reported for a request, and what we count."""

    recording: Recording
    request: ChatRequest
    reported: int
    tokens: int
    at_most: int

    @property
    def half(self) -> int:
        """Which half of the recordings it is in, by the hash of its name."""
        return hashlib.sha256(self.recording.id.encode()).digest()[-1] % 2

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
        request = said_again(with_usual_names(recording))
        reported = decode_recording(compiled, recording).usage.prompt_tokens
    except (CannotSay, AiLibError, KeyError):
        return None
    if not reported:
        return None
    count = make(f"{provider}/{recording.model}", family).count_tokens(request)
    return Comparison(recording, request, reported, count.tokens, count.at_most)


def with_usual_names(recording: Recording) -> Recording:
    """Return a recording whose request has the names that our dialect writes.

    This vendor also takes names in snake case, and schemas in a form of its own.
    """
    if recording.family != "gemini_generate":
        return recording
    sent = recording.row["request"]
    body = {**sent["body"], "contents": rename_members(sent["body"]["contents"])}
    for group in body.get("tools", []):
        for tool in group.get("functionDeclarations", []):
            if "parameters" in tool:
                tool["parametersJsonSchema"] = tool.pop("parameters")
    return recording._replace(row={**recording.row, "request": {**sent, "body": body}})


SNAKE_CASE: Final = {
    name: re.sub("_(.)", lambda match: match[1].upper(), name)
    for name in (
        "function_call", "function_response", "thought_signature", "inline_data", "file_data",
        "mime_type", "file_uri",
    )
}  # fmt: skip


def rename_members(node: Any) -> Any:
    """Return decoded JSON with the members in snake case renamed, but not those in arguments."""
    if isinstance(node, dict):
        return {
            SNAKE_CASE.get(name, name): member if name == "args" else rename_members(member)
            for name, member in node.items()
        }
    return [rename_members(item) for item in node] if isinstance(node, list) else node


def make_client(model: str, family: str | None) -> ai_lib_sync.AiClient:
    """Make a client that reaches nobody."""
    builder = ai_lib_sync.AiClient.builder().model(model).api_key("k")
    builder.base_url("http://127.0.0.1:9")
    for name, variable in bundled(model.partition("/")[0]).manifest.variables.items():
        if variable.by is None:  # a part of the address, such as a project or a region
            builder.variable(**{name: "us-east-1"})
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
    """The middle count of each family is near, in the half that judges as in the other."""
    kinds: dict[str, tuple[Callable[[Comparison], bool], float]] = {
        "all": (lambda _: True, MOST_OFF),
        "with tools": (has_own_tools, MOST_OFF_WITH_TOOLS),
        "with a schema": (has_schema, MOST_OFF_WITH_SCHEMA),
    }
    lines, farther_off = [""], []
    families = sorted({comparison.recording.family for comparison in comparisons()})
    for family, (kind, (is_of_kind, most)), half in product(families, kinds.items(), HALVES):
        errors = [
            comparison.error
            for comparison in comparisons()
            if comparison.recording.family == family
            and comparison.half == half
            and is_of_kind(comparison)
        ]
        if not errors:
            continue
        bias, spread = statistics.median(errors), middle(errors)
        name = f"{family}, {kind}, half {half}"
        lines.append(f"{name:42} {len(errors):4} requests, bias {bias:+.1%}, spread {spread:.1%}")
        if spread > most:
            farther_off.append(lines[-1])
    sys.stdout.write("\n".join([*lines, ""]))
    assert farther_off == []


def test_schemas_of_answers_are_counted() -> None:
    errors = [comparison.error for comparison in comparisons() if has_schema(comparison)]
    assert len(errors) > 10
    assert middle(errors) <= MOST_OFF_WITH_SCHEMA
