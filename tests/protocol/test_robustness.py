"""Whatever a manifest holds, it loads or there is a ProtocolError."""

import os
from collections import Counter

import pytest

from ai_lib.errors import ManifestInvalid, ProtocolError
from ai_lib.protocol.build import build_manifest
from ai_lib.protocol.sources.document import read_text
from ai_lib.protocol.sources.folder import ManifestDocument
from tests.protocol.mutants import mutants, seeds
from tests.thoroughness import count_examples

# FUZZ_MANIFESTS=60000 runs them all, in a few minutes.
COUNT = int(os.environ.get("FUZZ_MANIFESTS", count_examples(1200)))
PARTS = 4


def load(name: str, text: str) -> str:
    """Load a text as a stranger's manifest; return how it ended."""
    try:
        document = read_text(text, name)
        build_manifest(ManifestDocument(document=document, source=name, origin="remote", text=text))
    except ManifestInvalid:
        return "invalid"
    except ProtocolError:
        return "refused"
    return "loaded"


def test_what_is_bent_was_good_before() -> None:
    for number, seed in enumerate(seeds()):
        build_manifest(ManifestDocument(document=seed, source=f"seed {number}", origin="remote"))


@pytest.mark.parametrize("part", range(PARTS))
def test_mutants_load_or_end_in_a_protocol_error(part: int) -> None:
    ends: Counter[str] = Counter()
    for name, text in mutants(COUNT // PARTS, seed=part):
        try:
            ends[load(name, text)] += 1
        except Exception as error:
            raise AssertionError(
                f"{name}: {type(error).__name__}: {error}\n{text[:4000]}"
            ) from error

    # Each way to end is taken often, so that the mutants test them all.
    assert sum(ends.values()) == COUNT // PARTS
    assert min(ends[end] for end in ("loaded", "invalid", "refused")) > COUNT / PARTS / 50


@pytest.mark.parametrize(
    "text", ["a: [" + "{b: c}, " * 130_000 + "]", "a:\n" + " - {b: c}\n" * 90_000]
)
def test_a_manifest_that_takes_too_long_to_read_is_refused(text: str) -> None:
    with pytest.raises(ProtocolError, match=r"takes longer than 5 s|is larger than"):
        read_text(text, "large.yaml")
