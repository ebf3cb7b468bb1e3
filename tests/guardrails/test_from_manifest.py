"""A manifest may ask for guardrails."""

import pytest

from ai_lib.errors import ProtocolError
from ai_lib.guardrails import EmailFilter, PiiDetector, ProfanityFilter, rules_of_manifest
from ai_lib.protocol.manifest.model import ProtocolManifest


def manifest(guardrails: object) -> ProtocolManifest:
    return ProtocolManifest(
        id="house",
        protocol_version="2.0",
        base_url="https://host.example",
        source="house.yaml",
        raw={"guardrails": guardrails},
    )


def test_types_and_actions_become_rules() -> None:
    found = manifest(
        {
            "input_filters": [{"type": "pii", "action": "mask"}, {"type": "toxicity"}],
            "output_filters": [
                {"type": "profanity", "action": "block"},
                {"type": "email", "action": "log"},
            ],
        }
    )
    (pii,) = rules_of_manifest(found, "input")
    assert isinstance(pii, PiiDetector)
    assert pii.action == "redact"
    coarse, email = rules_of_manifest(found, "output")
    assert isinstance(coarse, ProfanityFilter)
    assert coarse.action == "block"
    assert isinstance(email, EmailFilter)
    assert email.action == "warn"


def test_a_manifest_without_them_has_none() -> None:
    for section in (None, {}, {"input_filters": None}):
        assert rules_of_manifest(manifest(section), "input") == []


@pytest.mark.parametrize("entry", ["pii", {"action": "block"}, {"type": "pii", "action": "eat"}])
def test_what_makes_no_sense_is_said_with_its_place(entry: object) -> None:
    with pytest.raises(ProtocolError, match=r"house.yaml: \$.guardrails.output_filters\[0\]"):
        rules_of_manifest(manifest({"output_filters": [entry]}), "output")
