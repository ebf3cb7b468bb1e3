"""Cases about manifests and contracts: they load and drive a client, or are refused."""

from typing import Any

from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from ai_lib.errors.exceptions import AiLibError, ProtocolError, RequestError
from ai_lib.protocol.query.path import compile_path
from ai_lib.types.content import DocumentBlock
from compliance.chats import CHAT_RESPONSE
from compliance.checks import CaseUnsupported, Mismatch, check, check_contains
from compliance.manifests import load_document, open_client
from compliance.runtime_client import Runtime, RuntimeClient
from compliance.server import Provider, build_response
from compliance.suite import Case, Json

_DATA = "JVBERi0xLjQK"


def run_protocol_loading(case: Case, runtime: Runtime) -> None:
    """A manifest loads with its id and version, or is refused."""
    if case.input.get("validate_contract_schema"):
        _check_contract(case, runtime)
        return
    if "contract_fragment" in case.input:
        _check_fragment(case, runtime)
        return
    path = case.path(case.input["manifest_path"])
    client = RuntimeClient(runtime=runtime, manifest=path, provider=_read_provider_id(case))
    try:
        manifest = client.describe(lambda client: client.manifest)
    except ProtocolError as error:
        if case.expected["valid"]:
            raise Mismatch(f"it is refused: {error}") from error
        _check_refusal(error, str(path))
        return
    if not case.expected["valid"]:
        raise CaseUnsupported("loading: this manifest is refused by its schema")
    check("id", manifest.id, case.expected["provider_id"])
    check("protocol_version", manifest.protocol_version, case.expected["protocol_version"])
    check("document", dict(manifest.raw)["id"], manifest.id)


def _read_provider_id(case: Case) -> str:
    provider_id = load_document(case.path(case.input["manifest_path"])).get("id")
    return str(provider_id or case.setup["provider"])


def _check_refusal(error: AiLibError, path: str) -> None:
    """Check that a refusal names the file and a path in it."""
    if path not in str(error) or "$" not in str(error):
        raise Mismatch(f"the refusal names no path: {error}")


def _check_contract(case: Case, runtime: Runtime) -> None:
    """A contract fits its schema, and our encoder writes documents as the contract maps them."""
    contract = load_document(case.in_tree(case.input["contract_path"]))
    contract.pop("$schema")  # says which schema is meant, and is no part of what that describes
    schema = load_document(case.in_tree("schemas/v2/provider-contract.json"))
    problems = [problem.message for problem in Draft202012Validator(schema).iter_errors(contract)]
    check("problems", problems, [])
    mapping = contract["request_mapping"]["content_block_mapping"]["document"]
    check_contains("document mapping", mapping, case.expected["document_mapping"])
    block = _encode(
        contract["api_style"], DocumentBlock(data=_DATA, media_type="application/pdf"), runtime
    )
    for field, value in (("base64_field", _DATA), ("mime_type_field", "application/pdf")):
        check(mapping[field], compile_path(mapping[field]).first(block), value)
    _check_references(contract["api_style"], mapping["ref_resolution"], runtime)


def _check_fragment(case: Case, runtime: Runtime) -> None:
    """The policies for references are those of the schema, and the one asked for is ours."""
    schema = load_document(case.in_tree("schemas/v2/provider-contract.json"))
    allowed = set(_find_allowed(schema))
    check("ref_resolution_allowed", allowed, set(case.expected["ref_resolution_allowed"]))
    policy = case.input["contract_fragment"]["document"]["ref_resolution"]
    check("valid", policy in allowed, case.expected["valid"])
    _check_references("anthropic_messages", policy, runtime)


def _find_allowed(schema: Any) -> list[str]:
    if isinstance(schema, dict):
        section = schema.get("ref_resolution")
        if isinstance(section, dict) and "enum" in section:
            return list(section["enum"])
        return [word for part in schema.values() for word in _find_allowed(part)]
    return []


def _check_references(style: str, policy: str, runtime: Runtime) -> None:
    check("ref_resolution", policy, "error_before_encode")
    try:
        _encode(style, DocumentBlock(url="upload://abc", media_type="application/pdf"), runtime)
    except RequestError:
        return
    raise Mismatch("a reference was sent")


def _encode(style: str, block: DocumentBlock, runtime: Runtime) -> Json:
    manifest: Json = {
        "id": "encoder",
        "protocol_version": "2.0",
        "endpoint": {"base_url": "https://example.com"},
        "provider_contract": {"api_style": style},
    }
    with (
        Provider(build_response(CHAT_RESPONSE)) as server,
        open_client(manifest, runtime, server.url) as client,
    ):
        client.execute(lambda chat: chat.user([block]))
        turn = (server.body.get("messages") or server.body.get("contents"))[0]
    block_sent: Json = (turn.get("content") or turn.get("parts"))[0]
    return block_sent
