"""Credentials that the vendors' own packages find, against stand-ins of their servers.

`nox -s clouds` installs the packages; without one, what needs it is skipped.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import NamedTuple

import anyio
import pytest

from ai_lib import AiClient
from ai_lib.client.builder import AiClientBuilder
from ai_lib.errors.exceptions import CredentialError, RemoteError, TransportTimeout
from ai_lib.testing import MockProvider, Reply
from tests.servers.tokens import TokenServer

pytestmark = pytest.mark.async_only

Patch = pytest.MonkeyPatch
ACCOUNT = "robot@my-project.iam.gserviceaccount.com"


@pytest.fixture(autouse=True)
def empty_environment(monkeypatch: Patch, tmp_path: Path) -> None:
    """Take every variable of a cloud out of the environment, and any files of a user."""
    for name in list(os.environ):
        if name.startswith(("AWS_", "AZURE_", "GOOGLE_", "GCE_", "CLOUDSDK_", "IDENTITY_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NO_PROXY", "*")


class Case(NamedTuple):
    """A kind of credential: the model it is for, and how its server answers and is set up."""

    model: str
    source: str
    answer: Callable[[str, int], object]
    counts: str
    set_up: Callable[[TokenServer, Path, Patch], None]


def answer_google(path: str, count: int) -> object:
    if path.endswith("/project/project-id"):
        return "my-project"
    if path.endswith("/?recursive=true"):
        return {"email": ACCOUNT, "scopes": [], "aliases": ["default"]}
    if "/token" in path:
        return {"access_token": f"token-{count}", "expires_in": 3599, "token_type": "Bearer"}
    return "ok"


def set_up_service_account(server: TokenServer, folder: Path, patch: Patch) -> None:
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    key = rsa.generate_private_key(65537, 2048)
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    document = {
        "type": "service_account",
        "project_id": "my-project",
        "private_key_id": "1",
        "private_key": pem.decode(),
        "client_email": ACCOUNT,
        "token_uri": f"{server.url}/token",
    }
    path = folder / "account.json"
    path.write_text(json.dumps(document))
    patch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(path))


def set_up_user(server: TokenServer, folder: Path, patch: Patch) -> None:
    patch.setattr("google.oauth2.credentials._GOOGLE_OAUTH2_TOKEN_ENDPOINT", f"{server.url}/token")
    document = {
        "type": "authorized_user",
        "client_id": "client",
        "client_secret": "secret-of-nobody",
        "refresh_token": "refresh-of-nobody",
        "quota_project_id": "payer",
    }
    path = folder / "gcloud" / "application_default_credentials.json"
    path.parent.mkdir()
    path.write_text(json.dumps(document))
    patch.setenv("CLOUDSDK_CONFIG", str(path.parent))
    patch.setenv("GOOGLE_CLOUD_PROJECT", "my-project")


def set_up_metadata(server: TokenServer, folder: Path, patch: Patch) -> None:
    host = server.url.removeprefix("http://")
    module = "google.auth.compute_engine._metadata"  # it reads the environment when imported
    patch.setattr(f"{module}._GCE_METADATA_HOST", host)
    patch.setattr(f"{module}._get_metadata_ip_root", lambda use_mtls=False: server.url)
    patch.setenv("GOOGLE_CLOUD_PROJECT", "my-project")
    patch.setenv("CLOUDSDK_CONFIG", str(folder))
    patch.setenv("PATH", str(folder))  # no gcloud


def answer_identity(path: str, count: int) -> object:
    end = int(datetime.now(timezone.utc).timestamp()) + 86400
    return {"access_token": f"token-{count}", "expires_on": str(end), "resource": "r"}


def set_up_identity(server: TokenServer, folder: Path, patch: Patch) -> None:
    patch.setenv("IDENTITY_ENDPOINT", f"{server.url}/identity")
    patch.setenv("IDENTITY_HEADER", "header-of-nobody")


def answer_container(path: str, count: int) -> object:
    end = datetime.now(timezone.utc) + timedelta(hours=1)
    return {
        "AccessKeyId": f"AKID{count}",
        "SecretAccessKey": "secret-of-nobody",
        "Token": "session",
        "Expiration": end.strftime("%Y-%m-%dT%H:%M:%SZ"),
    }


def set_up_container(server: TokenServer, folder: Path, patch: Patch) -> None:
    patch.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", f"{server.url}/keys")
    patch.setenv("AWS_REGION", "eu-west-1")


def answer_instance(path: str, count: int) -> object:
    if path.endswith("/security-credentials/"):
        return "my-role"
    if path.endswith("/my-role"):
        return {"Code": "Success", **dict(answer_container(path, count))}  # type: ignore[call-overload]
    return "session-of-the-instance"


def set_up_instance(server: TokenServer, folder: Path, patch: Patch) -> None:
    patch.setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", f"{server.url}/")
    patch.setenv("AWS_REGION", "eu-west-1")


def answer_web_identity(path: str, count: int) -> object:
    keys = answer_container(path, count)
    assert isinstance(keys, dict)
    return (
        '<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">'
        "<AssumeRoleWithWebIdentityResult><Credentials>"
        f"<AccessKeyId>{keys['AccessKeyId']}</AccessKeyId>"
        "<SecretAccessKey>secret-of-nobody</SecretAccessKey><SessionToken>session</SessionToken>"
        f"<Expiration>{keys['Expiration']}</Expiration></Credentials>"
        "</AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>"
    )


def set_up_web_identity(server: TokenServer, folder: Path, patch: Patch) -> None:
    path = folder / "assertion"
    path.write_text("assertion-of-nobody")
    patch.setenv("AWS_WEB_IDENTITY_TOKEN_FILE", str(path))
    patch.setenv("AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/my-role")
    patch.setenv("AWS_ENDPOINT_URL_STS", server.url)
    patch.setenv("AWS_REGION", "eu-west-1")
    patch.setenv("AWS_DEFAULT_REGION", "eu-west-1")


NOVA = "bedrock/us.amazon.nova-lite-v1:0"
GEMINI = "vertex/gemini-3.7-flash"
CASES = {
    "google service account": Case(
        GEMINI, "GOOGLE_APPLICATION_CREDENTIALS", answer_google, "/token", set_up_service_account
    ),
    "google user": Case(
        GEMINI, "application_default_credentials.json", answer_google, "/token", set_up_user
    ),
    "google metadata": Case(
        GEMINI, "the metadata server", answer_google, "/token", set_up_metadata
    ),
    "azure identity": Case(
        "azure/my-deployment", "azure-identity", answer_identity, "/identity", set_up_identity
    ),
    "aws container": Case(NOVA, "botocore", answer_container, "/keys", set_up_container),
    "aws instance": Case(NOVA, "botocore", answer_instance, "/my-role", set_up_instance),
    "aws web identity": Case(NOVA, "botocore", answer_web_identity, "", set_up_web_identity),
}
PACKAGES = {"google": "google.auth", "azure": "azure.identity", "aws": "botocore"}


@pytest.fixture(params=CASES)
def case(request: pytest.FixtureRequest) -> Case:
    """Give a kind of credential, if its package is installed."""
    pytest.importorskip(PACKAGES[request.param.split()[0]])
    if request.param == "google service account":
        pytest.importorskip("cryptography")
    return CASES[request.param]


@pytest.fixture
def tokens(case: Case, tmp_path: Path, monkeypatch: Patch) -> Iterator[TokenServer]:
    """Start the stand-in of the case's server, to which the environment leads."""
    server = TokenServer(case.answer, case.counts)
    case.set_up(server, tmp_path, monkeypatch)
    yield server
    server.close()


def builder_of(case: Case, mock: MockProvider) -> AiClientBuilder[AiClient]:
    builder = AiClient.builder().model(case.model)
    builder.base_url(mock.base_url(case.model.partition("/")[0]))
    return builder.variable(location="global") if case.model == GEMINI else builder


def find_credential(headers: dict[str, str]) -> str:
    """Return the token, or the id of the access key."""
    value = headers["authorization"]
    return value.split("Credential=")[-1].split("/")[0].removeprefix("Bearer ")


async def test_many_calls_at_once_ask_once(case: Case, tokens: TokenServer) -> None:
    async with MockProvider() as mock:
        async with await builder_of(case, mock).build() as client:
            report = client.explain().credential
            async with anyio.create_task_group() as group:
                for _ in range(100):
                    group.start_soon(client.chat().user("Hi").execute)
        sent = {find_credential(request.headers) for request in mock.requests}
        payers = {request.headers.get("x-goog-user-project") for request in mock.requests}
    assert report.source_name is not None
    assert report.source_name.endswith(case.source)
    assert sent in ({"token-1"}, {"AKID1"})
    assert (len(mock.requests), len(tokens.asked)) == (100, 1)
    assert payers == {"payer" if case.source.endswith(".json") else None}


async def test_a_refusal_asks_once_more(case: Case, tokens: TokenServer) -> None:
    is_signed = case.model == NOVA
    refusal = Reply(status=403, code="ExpiredTokenException", error="It has expired.")
    refusal = refusal if is_signed else Reply(status=401)
    async with MockProvider([refusal, Reply(text="Hi"), refusal, refusal]) as mock:
        async with await builder_of(case, mock).build() as client:
            assert (await client.chat().user("Hi").execute()).content == "Hi"
            with pytest.raises(RemoteError):
                await client.chat().user("Hi").execute()
        sent = [find_credential(request.headers)[-1] for request in mock.requests]
    assert sent == ["1", "2", "2", "3"]
    assert len(tokens.asked) == 3


async def test_a_server_that_hangs_ends_at_the_deadline(case: Case, tokens: TokenServer) -> None:
    tokens.hold.clear()
    async with MockProvider() as mock:
        async with await builder_of(case, mock).timeout(0.3).build() as client:
            with pytest.raises(TransportTimeout, match="gave no key within"):
                await client.chat().user("Hi").execute()
        tokens.hold.set()
        assert mock.requests == []


@pytest.mark.parametrize(
    ("package", "model", "variables"),
    [
        ("google.auth", GEMINI, {"project": "my-project", "location": "global"}),
        ("botocore", NOVA, {"region": "eu-west-1"}),
    ],
)
async def test_a_package_that_finds_nothing_says_what_to_set(
    package: str, model: str, variables: dict[str, str], monkeypatch: Patch, tmp_path: Path
) -> None:
    pytest.importorskip(package)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("PATH", str(tmp_path))
    if package == "google.auth":
        monkeypatch.setattr("google.auth.compute_engine._metadata._NO_GCE_CHECK", False)
        monkeypatch.setattr("google.auth.compute_engine._metadata.is_on_gce", lambda request: False)
    async with MockProvider() as mock:
        builder = AiClient.builder().model(model).variable(**variables)
        builder.base_url(mock.base_url(model.partition("/")[0]))
        async with await builder.build() as client:
            with pytest.raises(CredentialError, match=r"set (GOOGLE_|AWS_)"):
                await client.chat().user("Hi").execute()


PLAIN_CALLS = """
import sys
from ai_lib_sync import AiClient
from ai_lib_sync.testing import MockProvider

VARIABLES = {"vertex": {"project": "my-project", "location": "global"}}
with MockProvider() as mock:
    for model in ("bedrock/us.amazon.nova-lite-v1:0", "azure/dep", "vertex/gemini-3.7-flash"):
        provider = model.partition("/")[0]
        builder = AiClient.builder().model(model).base_url(mock.base_url(provider))
        with builder.variable(**VARIABLES.get(provider, {})).build() as client:
            client.chat().user("Hi").execute()
packages = ("botocore", "google.auth", "azure", "requests", "cryptography")
print([name for name in sys.modules if name.startswith(packages)])
"""


@pytest.mark.parametrize(
    "keys",
    [
        {"AWS_BEARER_TOKEN_BEDROCK": "k"},
        {"AWS_ACCESS_KEY_ID": "k", "AWS_SECRET_ACCESS_KEY": "k", "AWS_REGION": "eu-west-1"},
    ],
)
def test_no_package_is_imported_where_a_key_is_there(keys: dict[str, str]) -> None:
    for package in PACKAGES.values():
        pytest.importorskip(package)
    environment = {**os.environ, "AZURE_OPENAI_API_KEY": "k", "GOOGLE_OAUTH_ACCESS_TOKEN": "k"}
    done = subprocess.run(
        [sys.executable, "-c", PLAIN_CALLS],
        env={**environment, **keys},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert done.stdout.strip() == "[]"
