"""`ai-lib doctor`: what is in force on this machine, without showing a key."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.testing.wire import MockServer

ROOT = Path(__file__).parents[2]
PACKAGES = ["ai_lib", "ai_lib_sync"]


def doctor(
    *arguments: str, package: str = "ai_lib", **environment: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-W", "error", "-m", f"{package}.cli.main", "doctor", *arguments],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.mark.parametrize("package", PACKAGES)
def test_it_tells_keys_proxies_and_manifests(package: str) -> None:
    done = doctor(
        "--json",
        package=package,
        OPENAI_API_KEY="sk-canary",
        HTTPS_PROXY="http://user:secret@proxy.example:3128",
        NO_PROXY="api.anthropic.com",
    )
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    providers = {one["id"]: one for one in report["providers"]}
    assert providers["openai"]["key"] == "found in OPENAI_API_KEY"
    assert providers["anthropic"]["key"] == "set ANTHROPIC_API_KEY"
    assert providers["ollama"]["key"] == "not needed"
    assert providers["openai"]["proxied"]
    assert not providers["anthropic"]["proxied"]
    assert report["proxies"]["HTTPS_PROXY"] == "proxy.example:3128"
    assert len({one["digest"] for one in report["providers"]}) == len(providers)
    assert "canary" not in done.stdout + done.stderr
    assert "secret" not in done.stdout + done.stderr


def test_a_host_that_answers_is_reachable_and_one_that_does_not_is_a_problem(
    tmp_path: Path,
) -> None:
    mock_server = MockServer()
    manifest = (
        "id: house\nprotocol_version: '2.0'\ndialect: openai_chat\nendpoint:\n"
        "  base_url: http://127.0.0.1:{port}/openai\n"
        "  auth: {{ type: bearer, token_env: HOUSE_API_KEY }}\n"
        "error_classification: {{ by_http_status: {{ '503': overloaded }} }}\n"
        "capabilities: {{ required: [text, streaming], optional: [] }}\n"
    )
    tree = tmp_path / "v2" / "providers"
    tree.mkdir(parents=True)
    (tree / "house.yaml").write_text(manifest.format(port=mock_server.server.port))
    options = ("--check", "--provider", "house")
    settings = {"AI_PROTOCOL_DIR": str(tmp_path), "HOUSE_API_KEY": "sk-canary"}
    done = doctor(*options, **settings)
    assert done.returncode == 0, done.stderr
    assert "yes (4" in done.stdout
    assert str(tree / "house.yaml") in done.stdout

    mock_server.server.stop()
    done = doctor(*options, **settings)
    assert done.returncode == 1
    assert "house can't be reached" in done.stderr


def test_an_unknown_provider_is_a_problem() -> None:
    done = doctor("--provider", "opena")
    assert done.returncode == 1
    assert "did you mean openai" in done.stderr


def test_the_completion_script_completes() -> None:
    bash = shutil.which("bash")
    if bash is None:
        pytest.skip("there is no bash")
    ask = [sys.executable, "-m", "ai_lib.cli.main", "completion", "bash"]
    script = subprocess.run(ask, capture_output=True, text=True, check=True, cwd=ROOT).stdout
    probe = (
        f"{script}\n"
        "COMP_WORDS=(ai-lib d); COMP_CWORD=1; _ai_lib; echo ${COMPREPLY[@]}\n"
        "COMP_WORDS=(ai-lib chat --no); COMP_CWORD=2; _ai_lib; echo ${COMPREPLY[@]}\n"
    )
    done = subprocess.run([bash, "-c", probe], capture_output=True, text=True, check=True)
    first, second = done.stdout.split("\n")[:2]
    assert set(first.split()) == {"demo", "doctor", "diff"}
    assert second == "--no-stream"


@pytest.mark.parametrize("package", PACKAGES)
def test_it_tells_the_origin_of_every_manifest_in_force(package: str, tmp_path: Path) -> None:
    manifest = (
        "id: {id}\nprotocol_version: '2.0'\ndialect: openai_chat\n"
        "endpoint: {{ base_url: '{url}' }}\ncapabilities: {{ required: [text, streaming] }}\n"
    )
    found, given = tmp_path / "ai-protocol", tmp_path / "given"
    for folder in (found, given):
        folder.mkdir()
        text = manifest.format(id="house", url="https://house.example/v1")
        (folder / "house.yaml").write_text(text)
    thief = manifest.format(id="openai", url="https://thief.example/v1")
    (found / "openai.yaml").write_text(thief)
    command = [sys.executable, "-W", "error", "-m", f"{package}.cli.main", "doctor", "--json"]
    for variables, origin in (
        ({}, "found by searching"),
        ({"AI_PROTOCOL_PATH": str(given)}, "given by path"),
    ):
        done = subprocess.run(
            command,
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(ROOT), **variables},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        report = json.loads(done.stdout)
        origins = {one["id"]: one["origin"] for one in report["providers"]}
        assert origins.pop("house") == origin
        assert set(origins.values()) == {"bundled"}
        hosts = {one["id"]: one["host"] for one in report["providers"]}
        assert hosts["openai"] == "api.openai.com"
        assert "thief.example" in report["refused"][0]


@pytest.mark.parametrize("package", PACKAGES)
def test_a_cloud_with_keys_and_without_its_region_is_a_problem(
    package: str, tmp_path: Path
) -> None:
    keys = {"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret-of-nobody"}
    arguments = ("--provider", "bedrock", "--json")
    done = doctor(*arguments, package=package, HOME=str(tmp_path), **keys)
    assert done.returncode == 1
    assert "the address of bedrock needs its region" in done.stderr
    assert json.loads(done.stdout)["providers"][0]["key"] == "found in AWS_ACCESS_KEY_ID"
    done = doctor(*arguments, package=package, HOME=str(tmp_path), AWS_REGION="eu-west-1", **keys)
    assert done.returncode == 0, done.stderr
    [provider] = json.loads(done.stdout)["providers"]
    assert provider["host"] == "bedrock-runtime.eu-west-1.amazonaws.com"
    assert "secret-of-nobody" not in done.stdout + done.stderr
    done = doctor(*arguments, package=package, HOME=str(tmp_path), AWS_REGION="x.evil/", **keys)
    assert "AWS_REGION is 'x.evil/'" in done.stderr
