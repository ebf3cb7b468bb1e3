"""Cases about keys: where one is found, that it is never shown, and how it is attached.

What counts is the key that reaches the provider: its value tells where it came from.
"""

import os
from collections.abc import Iterator, Mapping

from ai_lib.errors.exceptions import AiLibError, CredentialError
from ai_lib.protocol.manifest.model import ProtocolManifest
from ai_lib.testing.mock.server import ReceivedRequest
from compliance.chats import CHAT_RESPONSE
from compliance.checks import Mismatch, check, check_hidden
from compliance.manifests import load_case_manifest
from compliance.runtime_client import Runtime, RuntimeClient
from compliance.server import Provider, build_response
from compliance.suite import Case, Json


class _ForbiddenEnvironment(Mapping[str, str]):
    """An environment that must not be read."""

    def __getitem__(self, name: str) -> str:
        raise Mismatch(f"{name} was read, although the key was given")

    def __iter__(self) -> Iterator[str]:
        raise Mismatch("the environment was read, although the key was given")

    def __len__(self) -> int:
        raise Mismatch("the environment was read, although the key was given")


def run_credential_resolution(case: Case, runtime: Runtime) -> None:
    """A key is found where the chain says, or an error names the sources without showing a key."""
    from ai_lib.transport.credentials.lookup import list_key_variables, resolve_credential

    expected = case.expected
    explicit = case.input.get("explicit_credential")
    with Provider(build_response(CHAT_RESPONSE)) as server:
        client = _build_client(case, runtime, server.url)
        try:
            manifest = client.describe(lambda client: client.manifest)
            response = client.execute(lambda chat: chat.user("Hello"))
        except CredentialError as error:
            _check_missing(error, case)
            return
        visible_text = f"{response!r} {manifest.auth!r} {server.requests[-1].path}"
        sent = _find_sent_key(manifest, server.requests[-1])
    check("status", "available", expected["status"])
    _check_source(sent, manifest, case)
    check("required", list(manifest.auth.env), expected["required"])
    for name in expected.get("shadowed_envs_must_not_resolve", ()):
        check(f"{name} is looked at", name in list_key_variables(manifest), False)
    for name in expected.get("diagnostic_should_mention", ()):
        check(f"{name} is named as shadowed", name in manifest.auth.shadowed_env, True)
    if expected.get("implicit_env_allowed") is False:
        resolve_credential(manifest, explicit, _ForbiddenEnvironment())
    credential = resolve_credential(manifest, explicit)
    check_hidden(
        f"{visible_text} {credential!r} {credential}", expected.get("must_not_contain", [])
    )


def _build_client(case: Case, runtime: Runtime, url: str) -> RuntimeClient:
    return RuntimeClient(
        runtime=runtime,
        manifest=case.path(case.setup["manifest_path"]),
        provider=load_case_manifest(case)["id"],
        base_url=url,
        api_key=case.input.get("explicit_credential"),
    )


def _check_source(sent: str, manifest: ProtocolManifest, case: Case) -> None:
    expected, explicit = case.expected, case.input.get("explicit_credential")
    if sent == explicit:
        # Of a key that was given, only the runtime target differs by name.
        is_host = str(case.input.get("runtime_target", "")).startswith("wasm")
        kind, name = "explicit", "host_supplied" if is_host else "explicit"
    else:
        (name,) = [name for name, value in os.environ.items() if value == sent]
        kind = "manifest_env" if name in manifest.auth.env else "conventional_env"
    check("source_kind", kind, expected["source_kind"])
    check("source_name", name, expected["source_name"])


def _check_missing(error: CredentialError, case: Case) -> None:
    expected = case.expected
    check("status", "missing", expected["status"])
    check("source_kind", "none", expected["source_kind"])
    required_names = [*expected["required"], *expected.get("conventional_fallbacks", ())]
    for name in (*required_names, *expected.get("diagnostic_contains", ())):
        if name not in str(error) or (name in required_names and name not in error.looked_in):
            raise Mismatch(f"{error} does not name {name}")
    check_hidden(f"{error} {error!r}", expected.get("diagnostic_must_not_contain", []))


def run_auth_attachment(case: Case, runtime: Runtime) -> None:
    """A key is attached as the manifest says, and redacted wherever it is shown."""
    expected: Json = case.expected
    with Provider(build_response(CHAT_RESPONSE)) as server:
        client = _build_client(case, runtime, server.url)
        manifest = client.describe(lambda client: client.manifest)
        client.execute(lambda chat: chat.user("Hello"))
        request = server.requests[-1]
    value = _find_sent_key(manifest, request)
    _check_source(value, manifest, case)
    headers = {name for name, held in request.headers.items() if value in held}
    check("headers", headers, {name.lower() for name in expected["headers"]})
    query = {name for name, held in request.query.items() if value in held}
    check("query_params", query, set(expected["query_params"]))
    check_hidden(_format_failure(client), expected["must_not_contain"])


def _find_sent_key(manifest: ProtocolManifest, request: ReceivedRequest) -> str:
    auth = manifest.auth
    if auth.kind == "query":
        return request.query.get(auth.param, "")
    sent = request.headers.get(auth.header.lower(), "")
    return sent.removeprefix(auth.prefix).strip()


def _format_failure(client: RuntimeClient) -> str:
    """Return what a failing call shows: no server listens at its address."""
    closed = RuntimeClient(
        runtime=client.runtime,
        manifest=client.manifest,
        provider=client.provider,
        base_url="http://127.0.0.1:9",
        api_key=client.api_key,
    )
    try:
        closed.execute(lambda chat: chat.user("Hello"))
    except AiLibError as error:
        return f"{error} {error!r} {error.__dict__}"
    raise Mismatch("a call to a closed port succeeded")
