"""What we compile is what the vendors' own types allow, for every dialect and kind of request.

What a dialect has no word for must be refused before anything is sent, and only that.
"""

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest

from ai_lib.errors.exceptions import CapabilityError
from tests.request.asking import DIALECTS, built
from tests.request.conversations import CONVERSATIONS
from tests.request.published import validator
from tests.request.said_again import CannotSay, asked_again
from tests.thoroughness import sample_rows
from tests.wire.corpus import ROWS
from tests.wire.recordings import Recording, as_parameters

AUDIO = ["audio", "audio by another word", "audio in mp3", "audio by address"]
DOCUMENTS = ["document", "document without a name", "document of text", "document by address"]
# What cannot be said; all else must compile.
REFUSED: dict[str, list[str]] = {
    "chat": ["document by address", "audio by address"],
    "responses": AUDIO,
    "messages": [*AUDIO, "any object"],
    "generate": [],
    "chat v2": [
        *AUDIO,
        *DOCUMENTS,
        "a cached document",
        "choice look",
        "choice look, one at a time",
        "a schema as a tool",
    ],
}
CASES = [(dialect, name) for dialect in DIALECTS for name in CONVERSATIONS]
SPOKEN = [(dialect, name) for dialect, name in CASES if name not in REFUSED[dialect]]


def compiled(dialect: str, name: str) -> bytes:
    messages, request = CONVERSATIONS[name]
    return built(dialect, *messages, **request).wire.body


@pytest.mark.parametrize(("dialect", "name"), SPOKEN)
def test_a_body_is_what_the_vendors_types_allow(dialect: str, name: str) -> None:
    _, request = CONVERSATIONS[name]
    validator(dialect, stream=request.get("stream", False))(compiled(dialect, name))


@pytest.mark.parametrize(("dialect", "name"), [case for case in CASES if case not in SPOKEN])
def test_what_a_dialect_can_not_say_is_refused(dialect: str, name: str) -> None:
    with pytest.raises(CapabilityError) as caught:
        compiled(dialect, name)
    assert caught.value.provider == DIALECTS[dialect][0]


# --- what was really sent, said again ------------------------------------------------------------

NAMES = {
    "openai_chat": "chat",
    "openai_responses": "responses",
    "anthropic_messages": "messages",
    "gemini_generate": "generate",
    "cohere_chat": "chat v2",
}
VENDORS = ("openai", "anthropic", "gemini", "cohere")
OWN = [
    row
    for row in ROWS
    if row.row["provider"] in VENDORS and isinstance(row.row["request"]["body"], dict)
]


def allowed(recording: Recording, body: bytes) -> bool:
    check = validator(NAMES[recording.family], stream=b'"stream":true' in body.replace(b" ", b""))
    try:
        check(body)
    except ValueError:
        return False
    return True


@pytest.mark.parametrize("recording", as_parameters(sample_rows(OWN)))
def test_a_recorded_request_said_again_is_what_the_types_allow(recording: Recording) -> None:
    try:
        ours = asked_again(recording)
    except CannotSay:
        return
    sent = json.dumps(recording.row["request"]["body"]).encode()
    # Some were sent to betas that the types do not know; ours need be no better there.
    assert allowed(recording, ours) or not allowed(recording, sent)


@pytest.mark.skipif(not OWN, reason="there are no recordings")
def test_most_recorded_requests_said_again_are_allowed() -> None:
    found = []
    for recording in OWN:
        try:
            found.append(allowed(recording, asked_again(recording)))
        except CannotSay:
            found.append(False)
    assert sum(found) > 0.9 * len(found)


# --- that the types can say no --------------------------------------------------------------------

Break = Callable[[dict[str, Any]], object]

# Bodies with one thing wrong: what a slip of the pen in a dialect would make.
BROKEN: dict[str, dict[str, Break]] = {
    "chat": {
        "an unknown member": lambda body: body.update(max_token=1),
        "no messages": lambda body: body.pop("messages"),
        "a number as text": lambda body: body.update(seed="7"),
        "an unknown role": lambda body: body["messages"][0].update(role="person"),
        "a misnamed part": lambda body: body["messages"][0].update(
            content=[{"type": "text", "content": "Hi"}]
        ),
        "a tool without its function": lambda body: body["tools"].append({"type": "function"}),
        "an unknown choice": lambda body: body.update(tool_choice="any"),
    },
    "responses": {
        "an unknown member": lambda body: body.update(max_tokens=1),
        "a number as text": lambda body: body.update(max_output_tokens="7"),
        "a misnamed part": lambda body: body["input"][0].update(
            content=[{"type": "text", "text": "Hi"}]
        ),
        "a result without its answer": lambda body: body["input"].append(
            {"type": "function_call_output", "call_id": "a"}
        ),
        "a nested tool": lambda body: body["tools"].append(
            {"type": "function", "function": {"name": "look"}}
        ),
    },
    "messages": {
        "an unknown member": lambda body: body.update(stop=["a"]),
        "no max_tokens": lambda body: body.pop("max_tokens"),
        "an unknown role": lambda body: body["messages"][0].update(role="tool"),
        "a part with too much": lambda body: body["messages"][0].update(
            content=[{"type": "text", "text": "Hi", "name": "ann"}]
        ),
        "a tool without its schema": lambda body: body["tools"].append({"name": "look"}),
        "a choice in a word": lambda body: body.update(tool_choice="auto"),
    },
    "generate": {
        "an unknown member": lambda body: body.update(messages=[]),
        "no contents": lambda body: body.pop("contents"),
        "a name in snake case": lambda body: body.update(system_instruction={"parts": []}),
        "a part in snake case": lambda body: body["contents"][0]["parts"].append(
            {"inline_data": {"mimeType": "image/png", "data": "aGVsbG8="}}
        ),
        "a misnamed part": lambda body: body["contents"][0]["parts"].append({"content": "Hi"}),
        "a parameter out of place": lambda body: body.update(temperature=1),
        "a declaration with too much": lambda body: body["tools"][0]["functionDeclarations"][
            0
        ].update(strict=True),
    },
    "chat v2": {
        "an unknown member": lambda body: body.update(top_p=0.5),
        "no messages": lambda body: body.pop("messages"),
        "an unknown role": lambda body: body["messages"][0].update(role="person"),
        "a misnamed part": lambda body: body["messages"][0].update(
            content=[{"type": "text", "content": "Hi"}]
        ),
        "a number as text": lambda body: body.update(seed="7"),
        "a tool with too much": lambda body: body["tools"][0]["function"].update(strict=True),
    },
}


@pytest.mark.parametrize(
    ("dialect", "name"), [(dialect, name) for dialect, found in BROKEN.items() for name in found]
)
def test_a_broken_body_is_not_allowed(dialect: str, name: str) -> None:
    check = validator(dialect)
    good = json.loads(compiled(dialect, "tools"))
    check(json.dumps(good).encode())
    bad = copy.deepcopy(good)
    BROKEN[dialect][name](bad)
    assert bad != good
    with pytest.raises(ValueError, match="validation error"):
        check(json.dumps(bad).encode())
