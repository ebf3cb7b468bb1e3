# Generated from tests/transport/test_cloud_credentials.py by codegen; do not edit.
"""Credentials of clouds: which source counts, and how it is sent."""

from pathlib import Path

import pytest

from ai_lib.errors.exceptions import CredentialError, RemoteError, RequestError
from ai_lib.protocol.catalog import ManifestCatalog
from ai_lib_sync import AiClient
from ai_lib_sync.testing import MockProvider, Reply
from ai_lib_sync.transport import describe_credential

KEYS = {"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret-of-nobody"}


@pytest.fixture(autouse=True)
def empty_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Take every variable of a cloud out of the environment, and any files of a user."""
    import os

    for name in list(os.environ):
        if name.startswith(("AWS_", "AZURE_", "GOOGLE_", "CLOUDSDK_", "ANTHROPIC_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr("ai_lib.transport.credentials.aws.find_spec", lambda name: None)


def set_all(monkeypatch: pytest.MonkeyPatch, variables: dict[str, str]) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)


def headers_of(builder_key: str | None = None, region: str | None = None) -> dict[str, str]:
    """Send one chat, and give the headers that the provider got."""
    with MockProvider() as mock:
        builder = AiClient.builder().model("bedrock/amazon.nova-micro-v1:0")
        builder.base_url(mock.base_url("bedrock"))
        if builder_key is not None:
            builder.api_key(builder_key)
        if region is not None:
            builder.variable(region=region)
        with builder.build() as client:
            client.chat().user("Hi").execute()
        return mock.requests[0].headers


def test_a_key_comes_before_access_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    set_all(monkeypatch, {**KEYS, "AWS_BEARER_TOKEN_BEDROCK": "key-of-nobody"})
    assert (headers_of())["authorization"] == "Bearer key-of-nobody"
    assert (headers_of("given-key"))["authorization"] == "Bearer given-key"


@pytest.mark.parametrize("place", ["argument", "AWS_REGION", "AWS_DEFAULT_REGION", "profile"])
def test_access_keys_sign_for_the_region(
    place: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    set_all(monkeypatch, KEYS)
    if place.startswith("AWS"):
        monkeypatch.setenv(place, "eu-west-3")
    if place == "profile":
        (tmp_path / ".aws").mkdir()
        (tmp_path / ".aws" / "config").write_text("[profile work]\nregion = eu-west-3\n")
        monkeypatch.setenv("AWS_PROFILE", "work")
    headers = headers_of(region="eu-west-3" if place == "argument" else None)
    assert "AKIDEXAMPLE/" in headers["authorization"]
    assert "/eu-west-3/bedrock/aws4_request" in headers["authorization"]
    assert "SignedHeaders=content-type;host;x-amz-date, " in headers["authorization"]


def test_keys_of_a_profile_have_a_session_token(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = tmp_path / "keys"
    path.write_text(
        "[default]\naws_access_key_id = AKIDPROFILE\naws_secret_access_key = s\n"
        "aws_session_token = token%of/nobody\n"
    )
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(path))
    headers = headers_of(region="us-east-1")
    assert headers["x-amz-security-token"] == "token%of/nobody"
    assert "AKIDPROFILE" in headers["authorization"]


def test_what_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(CredentialError, match="AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"):
        headers_of(region="us-east-1")
    set_all(monkeypatch, KEYS)
    with pytest.raises(RequestError, match="AWS_REGION, AWS_DEFAULT_REGION or the region of your"):
        headers_of()


def test_each_attempt_is_signed_and_an_expired_token_is_renewed_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    set_all(monkeypatch, {**KEYS, "AWS_REGION": "us-east-1"})
    expired = Reply(status=403, code="ExpiredTokenException", error="It has expired.")
    with MockProvider([expired, Reply(text="Hello"), expired, expired]) as mock:
        builder = AiClient.builder().model("bedrock/m").base_url(mock.base_url("bedrock"))
        with builder.build() as client:
            assert (client.chat().user("Hi").execute()).content == "Hello"
            with pytest.raises(RemoteError) as caught:
                client.chat().user("Hi").execute()
        assert caught.value.type == "ExpiredTokenException"
        assert caught.value.standard_code.name == "authentication"
        assert len(mock.requests) == 4


def test_the_report_names_the_source_and_no_value(monkeypatch: pytest.MonkeyPatch) -> None:
    set_all(monkeypatch, {**KEYS, "AWS_REGION": "us-east-1"})
    manifest = (
        ManifestCatalog().load("bedrock").with_manifest(variable_values={"region": "us-east-1"})
    )
    report = describe_credential(manifest.manifest)
    assert (report.status, report.source_kind) == ("available", "source")
    assert report.source_name == "AWS_ACCESS_KEY_ID"
    assert report.sent_as == "a signature of each request"
    assert "secret-of-nobody" not in f"{report!r} {report}"


APPLICATION = {"AZURE_TENANT_ID": "t", "AZURE_CLIENT_ID": "c"}
# Provider, API family, environment, and the source that the report names: "" where there is none.
ORDER: list[tuple[str, str | None, dict[str, str], str]] = [
    ("bedrock", None, {}, "AWS profile default"),
    ("bedrock", None, {"AWS_BEARER_TOKEN_BEDROCK": "k"}, "AWS_BEARER_TOKEN_BEDROCK"),
    ("bedrock", None, {**KEYS, "AWS_BEARER_TOKEN_BEDROCK": "k"}, "AWS_BEARER_TOKEN_BEDROCK"),
    ("bedrock", None, {**KEYS, "AWS_BEARER_TOKEN_BEDROCK": "  "}, "AWS_ACCESS_KEY_ID"),
    ("bedrock", None, KEYS, "AWS_ACCESS_KEY_ID"),
    ("bedrock", None, {**KEYS, "AWS_PROFILE": "work"}, "AWS_ACCESS_KEY_ID"),
    ("bedrock", None, {"AWS_ACCESS_KEY_ID": "AKID"}, "AWS profile default"),
    ("bedrock", None, {"AWS_PROFILE": "work"}, "AWS profile work"),
    ("bedrock", None, {"AWS_PROFILE": "x", "AWS_DEFAULT_PROFILE": "work"}, "AWS profile work"),
    ("bedrock", None, {"AWS_PROFILE": "elsewhere"}, ""),
    ("bedrock_mantle", None, KEYS, "AWS_ACCESS_KEY_ID"),
    ("bedrock_mantle", "messages", KEYS, "AWS_ACCESS_KEY_ID"),
    ("vertex", None, {"GOOGLE_OAUTH_ACCESS_TOKEN": "t"}, "GOOGLE_OAUTH_ACCESS_TOKEN"),
    ("vertex", "express", {"GOOGLE_API_KEY": "k"}, "GOOGLE_API_KEY"),
    ("azure", None, {"AZURE_OPENAI_API_KEY": "k"}, "AZURE_OPENAI_API_KEY"),
    (
        "azure",
        None,
        {"AZURE_OPENAI_API_KEY": "k", "AZURE_OPENAI_AD_TOKEN": "t"},
        "AZURE_OPENAI_API_KEY",
    ),
    ("azure", None, {**APPLICATION, "AZURE_OPENAI_AD_TOKEN": "t"}, "AZURE_OPENAI_AD_TOKEN"),
    ("azure", None, {**APPLICATION, "AZURE_CLIENT_SECRET": "s"}, "AZURE_CLIENT_SECRET"),
    (
        "azure",
        None,
        {**APPLICATION, "AZURE_CLIENT_SECRET": "s", "AZURE_FEDERATED_TOKEN_FILE": "f"},
        "AZURE_CLIENT_SECRET",
    ),
    (
        "azure",
        "responses",
        {**APPLICATION, "AZURE_FEDERATED_TOKEN_FILE": "f"},
        "AZURE_FEDERATED_TOKEN_FILE",
    ),
    ("azure", None, {"AZURE_CLIENT_SECRET": "s"}, ""),
    (
        "azure",
        "messages",
        {**APPLICATION, "AZURE_CLIENT_SECRET": "s", "ANTHROPIC_FOUNDRY_API_KEY": "k"},
        "ANTHROPIC_FOUNDRY_API_KEY",
    ),
    ("azure", "messages", {**APPLICATION, "AZURE_CLIENT_SECRET": "s"}, "AZURE_CLIENT_SECRET"),
]


def test_the_first_source_that_is_there_counts(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("ai_lib.transport.credentials.entra.find_spec", lambda name: None)
    files = tmp_path / ".aws"
    files.mkdir()
    (files / "credentials").write_text(
        "[work]\naws_access_key_id = AKID\naws_secret_access_key = secret-of-nobody\n"
    )
    keys = "aws_access_key_id = AKID\naws_secret_access_key = secret-of-nobody\n"
    (files / "config").write_text(f"[default]\n{keys}")
    catalog, wrong = ManifestCatalog(), []
    for provider, family, environ, source in ORDER:
        report = describe_credential(catalog.load(provider, family).manifest, environ=environ)
        found = report.source_name if report.status == "available" else ""
        shown = f"{report!r} {report}"
        if found != source or any(value in shown for value in ("secret-of", "AKID")):
            wrong.append((provider, family, environ, report))
    assert wrong == []


HOSTILE = [
    ("bedrock/m", {"region": "x.evil.example/"}),
    ("bedrock_mantle/m", {"region": "eu-west-1@evil.example"}),
    ("vertex/gemini-3.7-flash", {"location": "evil.example/", "project": "my-project"}),
    ("vertex/gemini-3.7-flash", {"location": "global", "project": "../../evil"}),
    ("azure/m", {"resource": "evil.example/#"}),
]


@pytest.mark.parametrize(("model", "variables"), HOSTILE)
def test_a_hostile_part_of_an_address_is_refused_before_a_key_is_looked_for(
    model: str, variables: dict[str, str]
) -> None:
    """There is no key: a search for it would end in a CredentialError."""
    with pytest.raises(RequestError, match="it must match"):
        AiClient.builder().model(model).variable(**variables).build()


QUICK = {
    "bedrock/us.anthropic.claude-opus-5": {"region": "eu-west-1"},
    "bedrock_mantle/openai.gpt-oss-120b": {"region": "eu-west-1"},
    "vertex/gemini-3.7-flash": {"project": "my-project", "location": "global"},
    "vertex/claude-opus-5": {"project": "my-project", "location": "eu"},
    "azure/my-deployment": {"resource": "my-resource"},
}


@pytest.mark.parametrize("model", QUICK)
def test_each_cloud_needs_its_variables_and_says_which(model: str) -> None:
    variables = QUICK[model]
    builder = AiClient.builder().model(model).api_key("key-of-nobody")
    with builder.variable(**variables).build() as client:
        curl = client.explain().curl
    assert all(value in curl for value in variables.values())
    for name in variables:
        rest = {other: value for other, value in variables.items() if other != name}
        builder = AiClient.builder().model(model).api_key("key-of-nobody").variable(**rest)
        with pytest.raises(RequestError, match=rf"variable\({name}=\.\.\.\)") as caught:
            builder.build()
        assert any(start in str(caught.value) for start in ("AWS_", "GOOGLE_", "AZURE_"))
