# Generated from tests/client/test_address_variables.py by codegen; do not edit.
"""Parts of an address that the caller or the environment knows: given, found, refused."""

from pathlib import Path

import pytest

from ai_lib.errors.exceptions import CredentialError, RequestError
from ai_lib_sync import AiClient
from ai_lib_sync.testing import MockProvider

MANIFEST = """
id: parts
protocol_version: "2.0"
dialect: openai_chat
variables:
  region: { env: [PARTS_REGION, PARTS_OLD_REGION], pattern: "[a-z0-9-]+" }
  project: { env: [PARTS_PROJECT] }
  host:
    by: region
    values:
      global: all.example.com
      "cn-*": "{region}.example.cn"
      "*": "{region}.example.com"
endpoint:
  base_url: "https://{host}"
  base_url_env: [PARTS_ENDPOINT]
  base_path: /openai/v1
  auth: { type: bearer, token_env: PARTS_API_KEY }
endpoints:
  chat: { path: "/projects/{project}/chat/completions" }
  list_models: { path: "/projects/{project}/models", method: GET }
capabilities: { required: [text, streaming] }
"""


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    path = tmp_path / "parts.yaml"
    path.write_text(MANIFEST)
    return path


def url_of(manifest: Path, base_url: str | None = None, **variables: str) -> str:
    """Give the address that a client with these variables calls."""
    builder = AiClient.builder().model("parts/m").protocol_dir(manifest).api_key("key-of-nobody")
    if base_url is not None:
        builder.base_url(base_url)
    with builder.variable(**variables).build() as client:
        return client.explain().curl.split()[1]


@pytest.mark.parametrize(
    ("region", "host"),
    [
        ("global", "all.example.com"),
        ("cn-north", "cn-north.example.cn"),
        ("eu-1", "eu-1.example.com"),
    ],
)
def test_a_host_follows_from_a_variable(manifest: Path, region: str, host: str) -> None:
    url = url_of(manifest, region=region, project="p-1")
    assert url == f"https://{host}/openai/v1/projects/p-1/chat/completions"


def test_variables_come_from_the_caller_then_from_the_environment(
    manifest: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PARTS_PROJECT", "found")
    monkeypatch.setenv("PARTS_OLD_REGION", "old")
    assert (url_of(manifest)).startswith("https://old.example.com/openai/v1/projects/found/")
    monkeypatch.setenv("PARTS_REGION", "new")
    assert (url_of(manifest)).startswith("https://new.example.com/")
    assert "/projects/mine/" in url_of(manifest, project="mine")


@pytest.mark.parametrize(
    ("base", "expected"),
    [
        ("https://x.example", "https://x.example/openai/v1/projects/p/chat/completions"),
        ("https://x.example/openai/v1/", "https://x.example/openai/v1/projects/p/chat/completions"),
        ("https://x.example/openai", "https://x.example/openai/v1/projects/p/chat/completions"),
        ("https://x.example/gw", "https://x.example/gw/openai/v1/projects/p/chat/completions"),
    ],
)
def test_a_path_that_is_there_is_not_written_again(
    manifest: Path, base: str, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert url_of(manifest, base, project="p") == expected
    monkeypatch.setenv("PARTS_ENDPOINT", base)
    assert url_of(manifest, project="p") == expected


def test_what_is_missing_is_named_with_its_argument_and_variables(manifest: Path) -> None:
    with pytest.raises(RequestError, match=r"variable\(project=\.\.\., region=\.\.\.\)") as caught:
        url_of(manifest)
    assert "PARTS_REGION or PARTS_OLD_REGION for the region" in str(caught.value)


@pytest.mark.parametrize("region", ["x.evil.example/", "a b", "A", "eu@evil.example", "{project}"])
def test_a_hostile_value_is_refused_before_a_key_is_looked_for(
    manifest: Path, region: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PARTS_API_KEY", raising=False)
    builder = AiClient.builder().model("parts/m").protocol_dir(manifest)
    with pytest.raises(RequestError, match=r"variable\(region=\.\.\.\) is .* must match"):
        builder.variable(region=region, project="p").build()
    monkeypatch.setenv("PARTS_REGION", region)
    builder = AiClient.builder().model("parts/m").protocol_dir(manifest)
    with pytest.raises(RequestError, match="the environment variable PARTS_REGION is"):
        builder.variable(project="p").build()
    with pytest.raises(CredentialError):
        builder.variable(project="p", region="eu").build()


def test_a_variable_that_no_address_has_is_an_error(manifest: Path) -> None:
    with pytest.raises(ValueError, match="no variable regoin in its address; it has region, proj"):
        url_of(manifest, regoin="eu")


def test_an_address_of_the_environment_is_checked(
    manifest: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PARTS_ENDPOINT", "file:///etc/passwd")
    with pytest.raises(RequestError, match="PARTS_ENDPOINT is no http"):
        url_of(manifest, project="p")


def test_a_model_is_one_segment_of_the_path() -> None:
    arn = "arn:aws:bedrock:eu-west-1:123456789012:application-inference-profile/abc"
    with MockProvider() as mock:
        with mock.builder(f"bedrock/{arn}").build() as client:
            url = client.explain().curl.split()[1]
            client.chat().user("Hi").execute()
        assert url.endswith(f"/model/{arn.replace('/', '%2F')}/converse")
        assert mock.requests[0].model == arn


def test_operations_at_another_host_follow_a_base_url() -> None:
    with MockProvider() as mock:
        builder = mock.builder("bedrock/amazon.nova-micro-v1:0").variable(region="eu-west-1")
        with builder.build() as client:
            models = client.models.list()
        assert mock.requests[0].path == "/foundation-models"
        assert models
