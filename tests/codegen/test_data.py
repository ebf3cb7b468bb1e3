"""Bundled YAML is compiled to JSON beside it."""

import pytest

from tests.codegen.toy import Toy

YAML, JSON = "ai_lib/protocol/manifests/x.yaml", "ai_lib/protocol/manifests/x.json"


def test_a_document_is_compiled_in_its_own_order_by_yaml_1_2(toy: Toy) -> None:
    toy.write(YAML, "# a comment\nb: no\na: [1, 2.5, 'é', null]\nc: 0o17\nd: 012\n")

    assert toy.generate() == 0
    assert toy.check() == 0
    assert toy.read(JSON) == '{"b":"no","a":[1,2.5,"é",null],"c":15,"d":12}\n'


def test_a_stale_document_is_found(toy: Toy, capsys: pytest.CaptureFixture[str]) -> None:
    toy.write(YAML, "a: 1\n")
    toy.generate()
    toy.write(YAML, "a: 2\n")

    assert toy.check() == 1
    assert capsys.readouterr().err == f"{JSON}: stale\n"


def test_compiled_data_without_its_document_is_refused(
    toy: Toy, capsys: pytest.CaptureFixture[str]
) -> None:
    toy.generate()
    toy.write(JSON, "{}")

    assert toy.check() == 1
    assert capsys.readouterr().err.startswith(f"{JSON}: ")


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("a: 1\nb: [\n", "x.yaml:3: not YAML"),
        ("a: 1\na: 2\n", "x.yaml:2: not YAML: found duplicate key"),
        ("a: 2024-01-01\n", "x.yaml:1: has no JSON form"),
        ("a: .nan\n", "x.yaml:1: has no JSON form"),
    ],
)
def test_what_json_cannot_say_is_refused_with_its_line(
    toy: Toy, capsys: pytest.CaptureFixture[str], text: str, where: str
) -> None:
    toy.write(YAML, text)

    assert toy.generate() == 1
    assert where in capsys.readouterr().err
