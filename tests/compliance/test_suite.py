"""The protocol's compliance suite, and the cases written here, on every runtime."""

from pathlib import Path

import pytest

from compliance.__main__ import main
from compliance.contradictions import CONTRADICTIONS
from compliance.executors import EXECUTORS
from compliance.report import format_table
from compliance.runner import Result, run
from compliance.runtime_client import RUNTIMES, Runtime
from compliance.suite import OWN, Case, find_suite, load_cases

SUITE = find_suite()
OWN_CASES = load_cases(OWN)
CASES = OWN_CASES if SUITE == OWN else [*OWN_CASES, *load_cases(SUITE)]


@pytest.mark.parametrize("runtime", RUNTIMES)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.label)
def test_a_case(case: Case, runtime: Runtime) -> None:
    result = run(case, runtime)
    if result.status == "not yet":
        pytest.skip(result.reason)
    assert result.status in ("passed", "contradicted"), result.reason


def test_the_cases_written_here_speak_of_every_type_there_is() -> None:
    # Of retries, the suite gives a decision to check that no caller ever sees by itself.
    assert {case.type for case in OWN_CASES} == EXECUTORS.keys() - {"retry_decision"}


def test_fewer_than_six_cases_are_excused() -> None:
    assert len(CONTRADICTIONS) < 6
    if SUITE != OWN:
        assert CONTRADICTIONS.keys() <= {case.label for case in CASES}


def test_the_suite_has_its_117_cases_of_21_types() -> None:
    if SUITE == OWN:
        pytest.skip("the protocol's suite is not beside the checkout")
    cases = load_cases(SUITE)
    assert len(cases) == 117
    assert len({case.type for case in cases}) == 21
    assert len({case.label for case in cases}) == 117


def changed(case: Case, **expected: object) -> Case:
    return Case(
        suite=case.suite,
        name=case.name,
        id=case.id,
        input=case.input,
        expected={**case.expected, **expected},
        setup=case.setup,
        root=case.root,
        file=case.file,
    )


def test_a_wrong_expectation_fails() -> None:
    wrong: dict[str, dict[str, object]] = {
        "advanced_endpoint_mapping": {"path": "/else"},
        "auth_attachment": {"headers": {"X-Else": ""}},
        "capability_check": {"mcp_integration_method": "else"},
        "capability_guard": {"error_code": "E1001"},
        "content_block_encode": {"encoded": [{"else": 1}]},
        "credential_resolution": {"source_kind": "else"},
        "error_classification": {"retryable": "else"},
        "event_mapping": {"event_count": 9},
        "fallback_decision": {"should_fallback": None},
        "message_building": {"message_count": 9},
        "parameter_mapping": {"provider_params": {"seed": 8}},
        "protocol_loading": {"provider_id": "else"},
        "provider_mock_behavior": {"request_assert": {"session_id": "else"}},
        "request_building": {"request_contains": {"else": 1}},
        "response_parsing": {"usage": {"prompt_tokens": 9}},
        "stream_decode": {"frame_count": {"min": 9}},
        "text_tool_hybrid": {"remaining_text": "else"},
        "text_tool_parse": {"remaining_text": "else"},
        "text_tool_prompt": {"prompt_contains": ["else where"]},
        "tool_accumulation": {"assembled_tool_calls": []},
    }
    first = {case.type: case for case in reversed(OWN_CASES)}
    for kind, expected in wrong.items():
        result = run(changed(first[kind], **expected), "blocking")
        assert result.status == "failed", kind


def test_the_table_counts_a_case_as_bad_as_it_ended_on_any_runtime() -> None:
    case = OWN_CASES[0]
    results = [
        Result(case=case, runtime="asyncio", status="passed"),
        Result(case=case, runtime="trio", status="failed", reason="of a reason"),
    ]
    text = format_table(results)
    assert text.split("\n")[1].split() == [case.type, "0", "0", "0", "1"]
    assert f"failed: {case.label} (trio) of a reason" in text


def test_a_failing_case_makes_the_exit_code_1(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "cases").mkdir()
    path = tmp_path / "cases" / "one.yaml"
    text = (OWN / "cases" / "operations.yaml").read_text("utf-8")
    path.write_text(text.replace("should_fallback: true", "should_fallback: false"), "utf-8")
    assert main(["--dir", str(tmp_path), "--runtime", "blocking"]) == 1
    assert "failed: one/own-032 (blocking)" in capsys.readouterr().out
    path.write_text(text, "utf-8")
    assert main(["--dir", str(tmp_path), "--runtime", "blocking"]) == 0


def test_a_folder_without_cases_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="no folder `cases`"):
        find_suite(tmp_path)
