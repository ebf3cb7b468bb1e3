"""Cases about keys: where one is found, that it is never shown, and how it is attached.

What counts is the key that reaches the provider: its value tells where it came from.
"""

import os
from collections.abc import Iterator, Mapping

from ai_lib.errors.exceptions import AiLibError, CredentialError
from ai_lib.protocol.manifest.model import ProtocolManifest
from ai_lib.testing.mock.server import ReceivedRequest
from compliance.chats import ANSWER
from compliance.checks import Mismatch, check, check_hidden
from compliance.door import Door, Runtime
from compliance.manifests import own_manifest
from compliance.server import Provider, says
from compliance.suite import Case, Json


class _Closed(Mapping[str, str]):
    """An environment that no one may look into."""

    def __getitem__(self, name: str) -> str:
        raise Mismatch(f"{name} was read, although the key was given")

    def __iter__(self) -> Iterator[str]:
        raise Mismatch("the environment was read, although the key was given")

    def __len__(self) -> int:
        raise Mismatch("the environment was read, although the key was given")


def credential_resolution(case: Case, runtime: Runtime) -> None:
    """A key is found where the chain says, or its absence is told without showing one."""
    from ai_lib.transport.credentials import resolve_credential, variable_names

    expected = case.expected
    explicit = case.input.get("explicit_credential")
    with Provider(says(ANSWER)) as server:
        door = _door(case, runtime, server.url)
        try:
            manifest = door.describe(lambda client: client.manifest)
            response = door.execute(lambda chat: chat.user("Hello"))
        except CredentialError as error:
            _check_missing(error, case)
            return
        shown = f"{response!r} {manifest.auth!r} {server.requests[-1].path}"
        sent = _attached(manifest, server.requests[-1])
    check("status", "available", expected["status"])
    _check_source(sent, manifest, case)
    check("required", list(manifest.auth.env), expected["required"])
    for name in expected.get("shadowed_envs_must_not_resolve", ()):
        check(f"{name} is looked at", name in variable_names(manifest), False)
    for name in expected.get("diagnostic_should_mention", ()):
        check(f"{name} is named as shadowed", name in manifest.auth.shadowed_env, True)
    if expected.get("implicit_env_allowed") is False:
        resolve_credential(manifest, explicit, _Closed())
    found = resolve_credential(manifest, explicit)
    check_hidden(f"{shown} {found!r} {found}", expected.get("must_not_contain", []))


def _door(case: Case, runtime: Runtime, url: str) -> Door:
    return Door(
        runtime=runtime,
        manifest=case.path(case.setup["manifest_path"]),
        provider=own_manifest(case)["id"],
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
    wanted = [*expected["required"], *expected.get("conventional_fallbacks", ())]
    for name in (*wanted, *expected.get("diagnostic_contains", ())):
        if name not in str(error) or (name in wanted and name not in error.looked_in):
            raise Mismatch(f"{error} does not name {name}")
    check_hidden(f"{error} {error!r}", expected.get("diagnostic_must_not_contain", []))


def auth_attachment(case: Case, runtime: Runtime) -> None:
    """A key is attached as the manifest says, and redacted wherever it is shown."""
    expected: Json = case.expected
    with Provider(says(ANSWER)) as server:
        door = _door(case, runtime, server.url)
        manifest = door.describe(lambda client: client.manifest)
        door.execute(lambda chat: chat.user("Hello"))
        request = server.requests[-1]
    value = _attached(manifest, request)
    _check_source(value, manifest, case)
    headers = {name for name, held in request.headers.items() if value in held}
    check("headers", headers, {name.lower() for name in expected["headers"]})
    query = {name for name, held in request.query.items() if value in held}
    check("query_params", query, set(expected["query_params"]))
    check_hidden(_shown(door), expected["must_not_contain"])


def _attached(manifest: ProtocolManifest, request: ReceivedRequest) -> str:
    auth = manifest.auth
    if auth.kind == "query":
        return request.query.get(auth.param, "")
    sent = request.headers.get(auth.header.lower(), "")
    return sent.removeprefix(auth.prefix).strip()


def _shown(door: Door) -> str:
    """Return what a failing call shows: nobody listens where it is sent."""
    closed = Door(
        runtime=door.runtime,
        manifest=door.manifest,
        provider=door.provider,
        base_url="http://127.0.0.1:9",
        api_key=door.api_key,
    )
    try:
        closed.execute(lambda chat: chat.user("Hello"))
    except AiLibError as error:
        return f"{error} {error!r} {error.__dict__}"
    raise Mismatch("a call to a closed port succeeded")
