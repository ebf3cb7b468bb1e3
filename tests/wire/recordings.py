"""Recorded exchanges, and what each of them leads us to expect.

They live beside the checkout (`../shared/wire`) and are read in place; without them, what needs
them is skipped.
"""

import base64
import json
from pathlib import Path
from typing import Any, NamedTuple

import pytest

WIRE = Path(__file__).resolve().parents[3] / "shared" / "wire"
SLOW = pytest.mark.slow
NO_RECORDINGS = f"there are no recordings at {WIRE}"


class Recording(NamedTuple):
    """One exchange; `row` is the line as recorded."""

    id: str
    family: str
    streamed: bool
    status: int
    content_type: str
    headers: dict[str, str]
    body: bytes
    row: dict[str, Any]

    @property
    def model(self) -> str:
        """The model the recorded request was for."""
        body, path = self.row["request"]["body"] or {}, self.row["request"]["path"]
        return body.get("model") or path.partition("/models/")[2].partition(":")[0] or "model"


def recorded_clouds(*names: str) -> list[Recording]:
    """Give the exchanges with these clouds; none when the recordings are not there."""
    return recorded(*(f"clouds/{name}" for name in names))


def recorded(*names: str) -> list[Recording]:
    """Give the exchanges of these files, else of all; none when the recordings are not there."""
    paths = [WIRE / f"{name}.jsonl" for name in names] or sorted(WIRE.glob("*.jsonl"))
    rows = [
        json.loads(line)
        for path in paths
        if path.exists()
        for line in path.read_text("utf-8").split("\n")
        if line
    ]
    return [_recording(row) for row in rows]


def as_parameters(recordings: list[Recording], *, mostly_slow: bool = False) -> list[Any]:
    """Give test parameters named after the recordings, or one that is skipped and says why.

    With `mostly_slow`, all are marked so but the first of each family, plain and streamed.
    """
    quick = {r.id for r in (first_of_each_family(recordings) if mostly_slow else recordings)}
    parameters = [
        pytest.param(recording, id=recording.id, marks=() if recording.id in quick else SLOW)
        for recording in recordings
    ]
    return parameters or [pytest.param(None, marks=pytest.mark.skip(reason=NO_RECORDINGS))]


def first_of_each_family(recordings: list[Recording]) -> list[Recording]:
    """Return the first recording of each family that is streamed, and the first that is not."""
    firsts: dict[tuple[str, bool], Recording] = {}
    for recording in recordings:
        firsts.setdefault((recording.family, recording.streamed), recording)
    return list(firsts.values())


def _recording(row: dict[str, Any]) -> Recording:
    response = row["response"]
    return Recording(
        id=row["id"],
        family=row["family"],
        streamed=row["stream"],
        status=response["status"],
        content_type=response["content_type"],
        headers=response["headers"],
        body=_read_body(response),
        row=row,
    )


def _read_body(response: dict[str, Any]) -> bytes:
    """Return the bytes of a recorded body, which are in base64 when they are no text."""
    if "body_base64" in response:
        return base64.b64decode(response["body_base64"])
    return str(response["body"]).encode()
