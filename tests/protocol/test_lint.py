"""The manifest lab: what the linter sees, what changes matter, what a new manifest is like."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from ai_lib.protocol.build import build_manifest
from ai_lib.protocol.bundle import list_bundled_names, load_bundled_dialect
from ai_lib.protocol.catalog import ManifestCatalog
from ai_lib.protocol.lint.diff import compare_manifests
from ai_lib.protocol.lint.linter import lint_document, lint_file
from ai_lib.protocol.lint.scaffold import scaffold_manifest
from ai_lib.protocol.sources.document import read_text
from ai_lib.protocol.sources.folder import ManifestDocument
from tests.protocol.shared import document, files, named

MANIFESTS = Path(__file__).parents[2] / "ai_lib" / "protocol" / "manifests"


def lint_changes(**changed: Any) -> list[str]:
    """Return what is said of a small manifest with these changes, without source and place."""
    text = json.dumps(document("house", **changed))
    problems = lint_document(read_text(text, "house.json"), "house.json", text)
    return [f"{problem.severity} {problem.path}: {problem.message}" for problem in problems]


def rules(*event_map: dict[str, Any]) -> dict[str, Any]:
    """Return a streaming section with these rules."""
    return {"event_map": list(event_map)}


TEXT = {
    "match": "exists($.choices[*].delta.content)",
    "emit": "PartialContentDelta",
    "fields": {"content": "$.choices[*].delta.content"},
}


def test_a_good_manifest_has_nothing_said_of_it() -> None:
    assert lint_changes() == []
    assert lint_changes(streaming=rules(TEXT), capabilities={"required": ["text"]}) == []


@pytest.mark.parametrize("path", sorted(MANIFESTS.glob("*.yaml")), ids=lambda path: path.stem)
def test_nothing_is_said_of_what_is_bundled(path: Path) -> None:
    problems = [problem for problem in lint_file(path) if problem.severity != "note"]
    assert [str(problem) for problem in problems] == []


@pytest.mark.parametrize("path", files("v1/providers/*", "v2/providers/*"), ids=named)
def test_every_manifest_of_the_protocol_can_be_linted(path: Path) -> None:
    errors = [problem for problem in lint_file(path) if problem.severity == "error"]

    assert [str(e) for e in errors if "no wire dialect is chosen" not in e.message] == []


def test_a_mistake_in_an_expression_is_told_with_its_place_and_character(tmp_path: Path) -> None:
    path = tmp_path / "house.yaml"
    path.write_text(
        "id: house\nprotocol_version: '2.0'\ndialect: openai_chat\n"
        "endpoint: { base_url: https://house.example }\ncapabilities: { required: [text] }\n"
        "error_classification: {}\nwire:\n  stream:\n    rules:\n"
        "      - { match: exists($.a), emit: Metadata }\n"
        "      - match: exists($.b &&\n        emit: Metadata\n"
    )

    (problem,) = lint_file(path)

    # `exists($.b &&`, then YAML folds the next line into the same text.
    assert (problem.severity, problem.path) == ("error", "$.wire.stream.rules[1].match")
    assert (problem.line, problem.column) == (11, 9)
    assert "at character" in problem.message


def test_a_stream_that_can_never_be_complete_is_an_error() -> None:
    dialect = {
        name: part for name, part in load_bundled_dialect("openai_chat").items() if name != "serve"
    }
    wire = {**dialect, "dialect": "house", "stream": {"rules": [TEXT]}}

    (messages,) = lint_changes(dialect=None, wire=wire)

    assert messages.startswith("error $: nothing says when a stream is complete")
    for complete in (
        {"end": "$.done == true"},
        {"decoder": {"done_signal": "[DONE]"}},
        {"rules": [TEXT, {"emit": "StreamEnd", "match": "$.done"}]},
        {"rules": [{"each": "$.a[*]", "rules": [{"emit": "FinalCandidate"}]}]},
    ):
        stream = {**wire["stream"], **complete}
        assert lint_changes(dialect=None, wire={**wire, "stream": stream}) == []
    assert lint_changes(dialect=None, wire=wire, capabilities={"required": ["text"]}) == []


@pytest.mark.parametrize(
    "path",
    [
        "$.choices[0].delta.content",
        "$.choices[*].delta.tool_calls",
        "usage.prompt_tokens",
        "$..content",
        "$.choices[0].index",
    ],
)
def test_a_path_that_the_dialect_s_frames_have_is_fine(path: str) -> None:
    assert lint_changes(streaming={"content_path": path}) == []


@pytest.mark.parametrize(
    "path",
    [
        "$.choises[0].delta.content",
        "$.choices.delta",
        "delta.text",
        "$.choices[0].response.content",
    ],
)
def test_a_path_that_no_frame_can_have_is_told(path: str) -> None:
    (messages,) = lint_changes(streaming={"content_path": path})

    assert messages == (
        f"warning $.streaming.content_path: {path} can never select anything: "
        "no frame of its dialect has that"
    )


def test_plain_replies_are_another_shape_than_frames() -> None:
    assert lint_changes(response_paths={"content": "$.choices[0].message.content"}) == []
    (messages,) = lint_changes(response_paths={"content": "$.choices[0].delta.content"})
    assert "no response of its dialect has that" in messages


def test_a_rule_that_can_never_fire_and_one_that_fires_twice_are_told() -> None:
    dead = {"match": "$.type == 'content_block_delta'", "emit": "PartialContentDelta"}
    wrong = {**TEXT, "fields": {"content": "$.choices[*].delta.text"}}

    assert lint_changes(streaming=rules(TEXT, dead, TEXT, wrong)) == [
        "warning $.streaming.event_map[1].match: the rule can never fire: no frame of its dialect "
        "has what `match` asks for",
        "warning $.streaming.event_map[3].fields.content: $.choices[*].delta.text can never select "
        "anything: no frame of its dialect has that",
        "warning $.streaming.event_map[2]: repeats rule 0; every rule that matches fires",
    ]


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"capabilites": {}}, "did you mean 'capabilities'?"),
        ({"termination": {"mapping": {"stop": "finished"}}}, "'finished' is no standard reason"),
        ({"parameters": {"temperature": {"range": [2, 1]}}}, "allows nothing: 2"),
        ({"endpoint": {"base_url": "http://house.example"}}, "sends the key unencrypted"),
        ({"endpoint": {"base_url": "https://a.example", "auth": {"type": "bearer"}},
          "auth": {"type": "bearer", "token_env": "OLD"}}, "is not used: endpoint.auth"),
        ({"wire": {"request": {"tool": None}}, "capabilities": {"required": ["text", "tools"]}},
         "declares tools, but its dialect can't write one"),
        ({"dialect": "none"}, "no wire dialect 'none'"),
    ],
)  # fmt: skip
def test_other_things_are_told(changed: dict[str, Any], expected: str) -> None:
    messages = lint_changes(**changed)

    assert any(expected in problem for problem in messages), messages


def test_a_key_may_go_unencrypted_to_this_machine_or_where_there_is_none() -> None:
    assert lint_changes(endpoint={"base_url": "http://localhost:11434"}) == []
    free = {"base_url": "http://house.example", "auth": {"type": "none"}}
    assert lint_changes(endpoint=free) == []


def test_a_file_that_is_not_named_after_its_provider_is_told(tmp_path: Path) -> None:
    path = tmp_path / "other.json"
    path.write_text(json.dumps(document("house")))

    (problem,) = lint_file(path)

    assert problem.severity == "warning"
    assert "which is 'other'" in problem.message


def test_a_file_that_can_t_be_read_is_one_error(tmp_path: Path) -> None:
    (problem,) = lint_file(tmp_path / "none.yaml")

    assert problem.severity == "error"
    assert "can't be read" in problem.message


@pytest.mark.parametrize("like", list_bundled_names("manifests"))
def test_a_new_manifest_is_good_and_speaks_the_same_wire(like: str) -> None:
    model = ManifestCatalog().load(like)
    text = scaffold_manifest(model.manifest, "house", "https://house.example/v1")
    manifest_document = ManifestDocument(
        document=read_text(text, "house.yaml"), source="house.yaml", origin="given"
    )
    new = build_manifest(manifest_document, strict=True)

    problems = lint_document(manifest_document.document, "house.yaml", text)
    assert [problem for problem in problems if problem.severity != "note"] == []
    assert (new.id, new.manifest.base_url) == ("house", "https://house.example/v1")
    # What is called at another address of the vendor is no part of another provider.
    endpoints = {k: e for k, e in model.manifest.endpoints.items() if "://" not in e.path}
    # A dialect of its own is called after its manifest.
    dialect = msgspec.structs.replace(new.dialect, dialect=model.dialect.dialect)
    assert (dialect, new.manifest.endpoints) == (model.dialect, endpoints)
    assert new.manifest.base_path == model.manifest.base_path
    assert (new.manifest.auth.kind, new.manifest.auth.header) == (
        model.manifest.auth.kind, model.manifest.auth.header,
    )  # fmt: skip
    assert new.manifest.auth.env in (("HOUSE_API_KEY",), ())
    assert new.manifest.aliases == ()


def test_changes_are_told_by_place_with_what_they_mean() -> None:
    old = document("house", capabilities={"required": ["text", "tools"]}, status="beta")
    new = document(
        "house",
        endpoint={"base_url": "https://other.example/v1"},
        capabilities={"required": ["text", "vision"]},
        notes=["x"],
        status=None,
    )

    assert [str(problem) for problem in compare_manifests(old, new)] == [
        '~ $.endpoint.base_url: "https://house.example/v1" -> "https://other.example/v1"   '
        "(requests and keys go to another host)",
        '- $.capabilities.required: "tools"   (requests that need it will be refused)',
        '+ $.capabilities.required: "vision"',
        '- $.status: "beta"',
        '+ $.notes: ["x"]',
    ]
    assert compare_manifests(old, old) == []


def test_lists_of_objects_are_compared_by_position_and_kinds_are_told_apart() -> None:
    old = {"rules": [{"a": 1}, {"b": 1}], "flag": 1, "models": {}}
    new = {"rules": [{"a": 2}], "flag": True, "models": {}}

    assert [str(problem) for problem in compare_manifests(old, new)] == [
        "~ $.rules[0].a: 1 -> 2",
        '- $.rules[1]: {"b":1}',
        "~ $.flag: 1 -> true",
    ]


def test_a_model_that_goes_and_a_price_that_moves_are_told() -> None:
    old = {"metadata": {"models": {"a": {"pricing": {"input_per_1m": 1}}, "b": {}}}}
    new = {"metadata": {"models": {"a": {"pricing": {"input_per_1m": 2}}}}}

    assert [problem.effect for problem in compare_manifests(old, new)] == [
        "costs are computed anew",
        "the model's sizes and prices are unknown then",
    ]
