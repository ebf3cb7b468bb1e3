"""Validation: what passes, what is refused, and that every refusal names its place."""

import copy
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ai_lib.errors import ManifestInvalid, ProtocolError, UnsupportedVersion
from ai_lib.protocol import (
    SUPPORTED_PROTOCOL_VERSIONS,
    Problem,
    ProtocolValidator,
    ValidationResult,
    read_manifest,
    validate_manifest,
)
from ai_lib.protocol.bundle import find_bundled_manifest, list_bundled_names
from ai_lib.protocol.sources.document import MAX_BYTES, read_text
from tests.protocol.shared import FIXTURES, SHARED, files, named, needs_shared

MANIFEST: dict[str, Any] = {
    "id": "house",
    "protocol_version": "2.0",
    "dialect": "openai_chat",
    "aliases": ["home"],
    "endpoint": {"base_url": "https://llm.example/v1", "auth": {"type": "bearer"}},
    "error_classification": {"by_http_status": {"429": "rate_limited"}},
    "capabilities": {"required": ["text"]},
}

YAML = """\
id: house
protocol_version: "2.0"
dialect: openai_chat
endpoint:
  base_url: ftp://llm.example
  timeout_ms: soon
  auth: { type: bearrer }
error_classification: {}
capabilities:
  required: [text]
streaming:
  event_map:
    - { match: "exists($.a)", emit: PartialContentDelta }
    - match: exists($.b)
      emit: PartialContentDelt
"""


def invalid(**changes: Any) -> list[str]:
    """Return what is said of the manifest with these top-level changes (None removes)."""
    document = {**copy.deepcopy(MANIFEST), **changes}
    sections = {key: value for key, value in document.items() if value is not None}
    return [f"{problem.path}: {problem.message}" for problem in validate_manifest(sections).errors]


def test_a_good_manifest_has_no_problems() -> None:
    result = validate_manifest(MANIFEST)

    assert result.valid
    assert result.problems == ()
    result.raise_if_invalid()


@pytest.mark.parametrize("name", list_bundled_names("manifests"))
def test_what_is_bundled_is_valid_without_a_warning(name: str) -> None:
    document = find_bundled_manifest(name)

    assert [str(problem) for problem in ProtocolValidator().validate(document).problems] == []


@pytest.mark.parametrize(
    "path",
    [
        path
        for path in files("v1/providers/*", "v1-legacy/providers/*", "v2/providers/*",
                          "dist/*/providers/*", "v1/models/*", f"{named(FIXTURES)}/*")
        if "invalid" not in path.name
    ],
    ids=named,
)  # fmt: skip
def test_every_valid_manifest_of_the_protocol_passes(path: Path) -> None:
    assert [str(problem) for problem in validate_manifest(path).errors] == []


@pytest.mark.parametrize("path", files(f"{named(FIXTURES)}/*invalid*"), ids=named)
@pytest.mark.parametrize("schemas", [None, SHARED / "schemas"], ids=["ours", "the tree's"])
def test_every_invalid_fixture_is_refused_at_its_place(path: Path, schemas: Path | None) -> None:
    text = path.read_text("utf-8")
    document = read_text(text, str(path))
    result = ProtocolValidator(schemas).validate(document, source=str(path), text=text)
    # The line is where capability_profile, or else the document, begins in the file.
    lines = text.split("\n")
    profile = [n for n, line in enumerate(lines, 1) if line.startswith("capability_profile")]
    first = [n for n, line in enumerate(lines, 1) if line and line[0] not in "#\n"]
    begins = (profile or first)[0]

    assert not result
    for problem in result.errors:
        assert problem.line is not None
        assert problem.line >= begins
        assert f"{path}:{problem.line}:{problem.column}: $" in str(problem)
    with pytest.raises(ManifestInvalid) as raised:
        result.raise_if_invalid()
    assert raised.value.problems == tuple(map(str, result.errors))


@needs_shared
def test_the_protocol_s_own_schemas_accept_its_own_manifests() -> None:
    validator = ProtocolValidator(SHARED / "schemas")
    for path in files("v1/providers/*", "v2/providers/*", "dist/*/providers/*", "v1/models/*"):
        document = read_text(path.read_text("utf-8"), str(path))

        assert [str(problem) for problem in validator.validate(document).errors] == [], named(path)


def test_all_problems_are_named_with_line_column_path_found_and_allowed(tmp_path: Path) -> None:
    path = tmp_path / "house.yaml"
    path.write_text(YAML)

    result = validate_manifest(path)

    assert [(problem.line, problem.column, problem.path) for problem in result.errors] == [
        (5, 3, "$.endpoint.base_url"),
        (6, 3, "$.endpoint.timeout_ms"),
        (7, 11, "$.endpoint.auth.type"),
        (15, 7, "$.streaming.event_map[1].emit"),
    ]
    messages = [problem.message for problem in result.errors]
    assert 'found "ftp://llm.example"; allowed is an absolute address' in messages[0]
    assert messages[1] == 'found "soon"; allowed is a whole number'
    assert 'found "bearrer"; allowed: "bearer"' in messages[2]
    assert "did you mean 'bearer'?" in messages[2]
    assert result.errors[3].near == "PartialContentDelta"


def test_json_has_lines_and_columns_too(tmp_path: Path) -> None:
    path = tmp_path / "house.json"
    path.write_text(
        '{"id": "house", "protocol_version": "2.0",\n'
        ' "x": ["a \\"]}", {"emit": 1}, [1, [2]], {}], "y": -1.5e3,\n'
        ' "capabilities": {"required": ["text"]}, "error_classification": {},\n'
        '\t"endpoint": {"base_url": "https://a.example", "timeout_ms": 5}}\n'
    )

    (error,) = validate_manifest(path).errors

    assert str(error) == (
        f"{path}:4:48: $.endpoint.timeout_ms: found the number 5; allowed is a number from 100 up"
    )


def test_a_member_that_a_merge_key_brings_is_found_where_it_stands(tmp_path: Path) -> None:
    path = tmp_path / "house.yaml"
    path.write_text(
        'id: house\nprotocol_version: "2.0"\ncapabilities: { required: [text] }\n'
        "error_classification: {}\nbase: &base\n  timeout_ms: 1\n"
        "endpoint:\n  <<: *base\n  base_url: https://a.example\n"
    )

    (error,) = validate_manifest(path).errors

    assert (error.line, error.path) == (6, "$.endpoint.timeout_ms")


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"id": "Not An Id"}, '$.id: found "Not An Id"; allowed is 2 to 64 of a-z'),
        ({"id": None}, "$: lacks 'id'"),
        ({"capabilities": []}, "$.capabilities: found an empty list; allowed is an object"),
        ({"protocol_version": 2.0}, "$.protocol_version: found the number 2.0; allowed is text"),
        ({"protocol_version": "3.0"}, "$.protocol_version: version '3.0' is not supported"),
        ({"endpoint": {}}, "$.endpoint: lacks 'base_url'"),
        ({"endpoint": {"base_url": "https://me:key@a.example"}}, "without credentials in it"),
        ({"endpoints": {"chat": {"path": "@evil.example/x"}}}, "a path that begins with /"),
        ({"capability_profile": {"phase": "ios_v1"}}, "needs at least one of inputs, outcomes"),
        ({"retry_policy": {"max_retries": -1}}, "found the number -1; allowed is a number from 0"),
        ({"availability": {"regions": [], "required": True}}, "$.availability: lacks 'check'"),
        ({"aliases": ["ab", "ab"]}, "allowed is a list that names nothing twice"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_in_words(changes: dict[str, Any], expected: str) -> None:
    messages = invalid(**changes)

    assert any(expected in problem for problem in messages), messages


def test_no_section_is_ever_dumped_into_a_message() -> None:
    secret = {"token_env": 5, "note": "x" * 500}
    (messages,) = invalid(endpoint={"base_url": "https://a.example", "timeout_ms": [secret]})

    assert messages == "$.endpoint.timeout_ms: found a list of 1; allowed is a whole number"
    assert all(len(problem) < 200 for problem in invalid(id="y" * 5000))


def test_unknown_fields_are_kept_with_a_warning_that_names_the_nearest() -> None:
    result = validate_manifest({**MANIFEST, "capabilites": {}, "zebra": 1})
    (typo, zebra) = result.warnings

    assert result.valid
    assert (typo.path, typo.near) == ("$.capabilites", "capabilities")
    assert typo.message == "is not a field this library knows; did you mean 'capabilities'?"
    assert (zebra.path, zebra.near) == ("$.zebra", None)


def test_a_word_of_a_later_protocol_is_a_warning_where_vocabularies_grow() -> None:
    result = validate_manifest({**MANIFEST, "capabilities": {"required": ["text", "reranking"]}})

    assert result.valid
    assert [problem.path for problem in result.warnings] == ["$.capabilities.required[1]"]


def test_strict_makes_warnings_errors() -> None:
    result = validate_manifest({**MANIFEST, "future": 1}, strict=True)

    assert [problem.path for problem in result.errors] == ["$.future"]


@pytest.mark.parametrize("version", SUPPORTED_PROTOCOL_VERSIONS)
def test_the_older_forms_are_read_under_every_version_one(version: str) -> None:
    old = {
        "id": "house",
        "protocol_version": version,
        "base_url": "https://llm.example",
        "capabilities": ["chat", "tools"],
        "payload_format": "openai_style",
    }

    assert validate_manifest(old).valid is version.startswith("1")


def test_sections_wrapped_in_core_are_checked_where_they_stand(tmp_path: Path) -> None:
    core = {name: MANIFEST[name] for name in ("id", "protocol_version", "endpoint")}
    other_sections = {name: part for name, part in MANIFEST.items() if name not in core}
    path = tmp_path / "house.json"
    path.write_text(json.dumps({**other_sections, "core": core}))
    assert validate_manifest(path).problems == ()
    path.write_text(json.dumps({**other_sections, "core": {**core, "status": "fine"}}, indent=1))

    (error,) = validate_manifest(path).errors

    assert error.path == "$.core.status"
    assert path.read_text().split("\n")[(error.line or 0) - 1] == '  "status": "fine"'


def test_a_version_that_is_not_ours_has_its_own_error() -> None:
    with pytest.raises(UnsupportedVersion, match=r"supported are 1\.0, 1\.1, 1\.5, 2\.0"):
        validate_manifest({**MANIFEST, "protocol_version": "9.1"}).raise_if_invalid()


def test_a_manifest_that_was_read_can_be_validated() -> None:
    manifest = read_manifest({**MANIFEST, "status": "fine"}, "here")
    (error,) = validate_manifest(manifest).errors

    assert (error.source, error.path) == ("here", "$.status")


def test_a_file_of_models_is_checked_as_one() -> None:
    good = {"models": {"large": {"provider": "house", "model_id": "large-1"}}}
    bad = {"models": {"large": {"provider": "house"}}}

    assert validate_manifest(good).valid
    assert [str(problem) for problem in validate_manifest(bad).errors] == [
        "manifest: $.models.large: lacks 'model_id'"
    ]


def test_a_tree_s_own_schema_decides_in_its_tree(tmp_path: Path) -> None:
    (tmp_path / "v2").mkdir()
    part = {"$id": "https://elsewhere.example/part.json", "required": ["extra"]}
    (tmp_path / "v2" / "part.json").write_text(json.dumps(part))
    (tmp_path / "v2" / "provider.json").write_text(json.dumps({"allOf": [{"$ref": "part.json"}]}))
    address = "https://raw.githubusercontent.com/ailib-official/ai-protocol/main/schemas/v2/"
    (tmp_path / "v2" / "provider.json").write_text(
        json.dumps({"$id": f"{address}provider.json", "allOf": [{"$ref": "./part.json"}]})
    )

    assert [
        problem.message for problem in ProtocolValidator(tmp_path).validate(MANIFEST).errors
    ] == ["lacks 'extra'"]


def test_a_tree_s_schema_that_allows_all_does_not_allow_what_can_t_be_read(tmp_path: Path) -> None:
    (tmp_path / "v2").mkdir()
    (tmp_path / "v2" / "provider.json").write_text("{}")
    validator = ProtocolValidator(tmp_path)

    assert validator.validate({**MANIFEST, "status": "fine"}).valid
    odd = {**MANIFEST, "streaming": [], "endpoints": {"chat": {"path": "@evil.example"}}}
    assert [problem.path for problem in validator.validate(odd).errors] == [
        "$.endpoints.chat.path",
        "$.streaming",
    ]


@pytest.mark.parametrize("text", ['{"type": 5}', "{", "[" * 100_000])
def test_a_tree_s_schema_that_is_none_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "v2").mkdir()
    (tmp_path / "v2" / "provider.json").write_text(text)

    with pytest.raises(ProtocolError, match=r"provider\.json"):
        ProtocolValidator(tmp_path).validate(MANIFEST)


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("a.yaml", "a: [1\nb: 2", "line 2, column 2"),
        ("a.yaml", "a: 1\na: 2", "line 2, column 1"),
        ("a.yaml", "a: &x [*x]", "nested deeper"),
        ("a.yaml", "a: !!binary aGk=", "type bytes"),
        ("a.yaml", "a: .nan", "a number out of range"),
        ("a.yaml", "? [1, 2]\n: 3", "type tuple|not a value|unhashable|type"),
        ("a.yaml", "a: " + "[" * 300 + "]" * 300, "nested deeper"),
        ("a.yaml", "a: \x00", "not YAML"),
        ("a.json", '{"a": 1, "a": 2}', "names the key 'a' twice"),
        ("a.json", '{"a": Infinity}', "Infinity"),
        ("a.json", '{"a": 1e999}', "a number out of range"),
        ("a.json", '{"a": "\\ud800"}', "half of a surrogate pair"),
        ("a.json", "[" * 100_000, "nested deeper"),
        ("a.json", '{"a": ' + "9" * 5000 + "}", "digits|out of range"),
        ("a.json", " " * (MAX_BYTES + 1), "is larger than"),
        ("a.json", "{'a'}", "can't be read"),
    ],
)  # fmt: skip
def test_what_is_no_document_is_a_protocol_error(name: str, text: str, expected: str) -> None:
    with pytest.raises(ProtocolError, match=expected) as raised:
        read_text(text, name)

    assert raised.value.source == name


def test_aliases_that_multiply_are_bounded() -> None:
    rows = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    rows += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]

    with pytest.raises(ProtocolError, match="more than 100000 values"):
        read_text("\n".join(rows), "bomb.yaml")


def test_keys_and_dates_become_what_json_would_write() -> None:
    text = "429: a\ntrue: b\nnull: c\n1.5: d\nday: 2026-01-31\n"

    assert read_text(text, "a.yaml") == {
        "429": "a", "true": "b", "null": "c", "1.5": "d", "day": "2026-01-31",
    }  # fmt: skip


def test_a_file_that_is_not_there_is_a_result(tmp_path: Path) -> None:
    result = validate_manifest(tmp_path / "none.yaml")

    assert not result.valid
    assert "can't be read" in result.errors[0].message


def test_a_problem_without_a_file_is_still_a_sentence() -> None:
    assert str(Problem(path="$.id", message="is odd")) == "$.id: is odd"
    assert ValidationResult(source="x").valid


def test_nothing_of_jsonschema_is_loaded_before_it_is_needed() -> None:
    program = (
        "import sys\n"
        "from ai_lib.protocol import ProtocolValidator, validate_manifest\n"
        "ProtocolValidator()\n"
        "assert 'jsonschema' not in sys.modules and 'ruamel' not in sys.modules\n"
        "assert validate_manifest({'id': 'x'}).valid is False\n"
        "assert 'jsonschema' in sys.modules\n"
    )
    root = Path(__file__).parents[2]
    process = subprocess.run(
        [sys.executable, "-c", program], cwd=root, capture_output=True, text=True, check=False
    )

    assert (process.returncode, process.stderr) == (0, "")
