"""What no rule reads in the recordings is a short list, each path of it reviewed."""

import json
import re
from pathlib import Path

import pytest

from ai_lib.errors import AiLibError
from ai_lib.types.response import ChatResponse
from tests.pipeline.manifests import bundled
from tests.wire.corpus import ANSWERS, FAMILIES, speaker
from tests.wire.decoding import decode_recording

REVIEWED: dict[str, dict[str, str]] = json.loads(
    Path(__file__).with_name("unmapped_paths.json").read_text()
)
MOST_PATHS = 40


@pytest.mark.skipif(not ANSWERS, reason="there are no recordings")
def test_every_path_that_no_rule_reads_is_reviewed() -> None:
    unread: set[tuple[str, str]] = set()
    for recording in ANSWERS:
        compiled = bundled(speaker(recording), FAMILIES.get(recording.family))
        try:
            response = decode_recording(compiled, recording)
        except AiLibError as error:
            if not isinstance(error.partial, ChatResponse):
                continue
            response = error.partial
        for path in response.unmapped:
            unread.add((compiled.dialect.dialect, re.sub(r"\[\d+\]", "[*]", path)))
    unreviewed = {(dialect, path) for dialect, path in unread if path not in REVIEWED[dialect]}
    assert unreviewed == set()


def test_the_list_is_short_and_says_why() -> None:
    reasons = [reason for paths in REVIEWED.values() for reason in paths.values()]
    assert len(reasons) <= MOST_PATHS
    assert all(reasons)
