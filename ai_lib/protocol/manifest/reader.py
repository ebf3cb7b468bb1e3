"""Reads a manifest document of any protocol version into a `ProtocolManifest`."""

import re
from collections.abc import Mapping
from typing import Final, Literal

import msgspec

from ai_lib.errors.exceptions import ProtocolError, UnsupportedVersion
from ai_lib.protocol.json_merge import merge
from ai_lib.protocol.manifest.api_family import select_api_family
from ai_lib.protocol.manifest.capabilities import read_capabilities
from ai_lib.protocol.manifest.endpoints import read_dialect_hints, read_endpoints, read_services
from ai_lib.protocol.manifest.media import read_multimodal
from ai_lib.protocol.manifest.model import Auth, Parameter, ProtocolManifest
from ai_lib.protocol.manifest.model_references import resolve_model_references
from ai_lib.protocol.manifest.schema import (
    RawAuth,
    RawManifest,
    RawParameter,
    convert_yaml,
    describe_validation_error,
)
from ai_lib.protocol.manifest.sections import (
    read_availability,
    read_error_rules,
    read_model_entries,
    read_rate_limit_headers,
    read_retry_rules,
    read_text_tools,
)
from ai_lib.protocol.manifest.variables import read_names, read_variables
from ai_lib.types.json import JsonDict, JsonObject, JsonValue

SUPPORTED_PROTOCOL_VERSIONS: Final = ("1.0", "1.1", "1.5", "2.0")
ID_PATTERN: Final = re.compile(r"[a-z0-9][a-z0-9_-]{1,63}")
_VARIABLE: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def read_manifest(
    document: object, source: str, api_family: str | None = None, *, is_json: bool = False
) -> ProtocolManifest:
    """Return the internal form of a manifest, for one of its API families.

    `api_family` is None for the manifest's default one. With `is_json` the document was decoded
    from JSON, so that it need not be made JSON first, which takes longer than the rest.

    Raises:
        UnsupportedVersion: `protocol_version` is not one of `SUPPORTED_PROTOCOL_VERSIONS`.
        ProtocolError: the document is not an object, or a field has a shape that no version
            allows; the message names the file and the field.
    """
    if not isinstance(document, Mapping):
        raise ProtocolError(
            f"{source}: a manifest is an object, this is {_describe_type(document)}", source=source
        )
    return _Reader(document, source, api_family, is_json=is_json).read()


class _Reader:
    """Reads one document and names its source in errors."""

    def __init__(
        self,
        document: Mapping[str, object],
        source: str,
        api_family: str | None,
        *,
        is_json: bool,
    ) -> None:
        self.source = source
        self.family = api_family
        self.document = dict(resolve_model_references(self._unwrap_core(document, is_json=is_json)))
        self.version = self._read_version()
        self.raw_manifest = self._convert_document(self.document)
        family_document = select_api_family(self.document, api_family, source)
        if family_document is not self.document:
            self.document = dict(family_document)
            self.raw_manifest = self._convert_document(family_document)

    def _convert_document(self, document: JsonObject) -> RawManifest:
        try:
            return msgspec.convert(document, RawManifest, strict=False)
        except msgspec.ValidationError as error:
            raise self.build_error(describe_validation_error(error)) from error

    def build_error(self, problem: str) -> ProtocolError:
        return ProtocolError(f"{self.source}: {problem}", source=self.source)

    def _unwrap_core(self, document: Mapping[str, object], *, is_json: bool) -> JsonDict:
        try:
            plain: JsonDict = (
                # A copy, as others may hold the document.
                msgspec.json.decode(msgspec.json.encode(document))
                if is_json
                else convert_yaml(dict(document))
            )
        except ValueError as error:
            raise self.build_error(f"the manifest {error}") from error
        core = plain.get("core")
        return merge(core, plain) if isinstance(core, dict) else plain

    def _read_version(self) -> str:
        version = self.document.get("protocol_version", "1.0")
        short = ".".join(str(version).split(".")[:2])
        if short not in SUPPORTED_PROTOCOL_VERSIONS:
            versions = ", ".join(SUPPORTED_PROTOCOL_VERSIONS)
            raise UnsupportedVersion(
                f"{self.source}: $.protocol_version {version!r} is not supported; "
                f"use one of {versions}",
                source=self.source,
            )
        return short

    def read(self) -> ProtocolManifest:
        raw_manifest = self.raw_manifest
        if not ID_PATTERN.fullmatch(raw_manifest.id):
            raise self.build_error(
                f"$.id must match {ID_PATTERN.pattern}, found {raw_manifest.id!r}"
            )
        endpoint = raw_manifest.endpoint or {}
        auth, *other_auths = self._read_auths()
        capabilities, undeclarable = self._read_capabilities()
        families = raw_manifest.api_families or ()
        return ProtocolManifest(
            id=raw_manifest.id,
            protocol_version=self.version,
            base_url=self._read_base_url(),
            source=self.source,
            raw=self.document,
            name=str(raw_manifest.name or ""),
            aliases=tuple(raw_manifest.aliases or ()),
            timeout_ms=self._check_timeout(endpoint.get("timeout_ms")),
            content_silence=raw_manifest.streaming.content_silence_seconds
            if raw_manifest.streaming
            else None,
            auth=auth,
            other_auths=tuple(other_auths),
            endpoints=read_endpoints(raw_manifest, self.build_error),
            services=read_services(raw_manifest, self.build_error),
            api_families=tuple(families),
            chosen_family=self.family,
            dialect=raw_manifest.dialect,
            wire=raw_manifest.wire or {},
            hints=read_dialect_hints(raw_manifest),
            parameters=self._read_parameters(),
            termination=(raw_manifest.termination.mapping or {})
            if raw_manifest.termination
            else {},
            errors=read_error_rules(raw_manifest, self.build_error),
            retry=read_retry_rules(raw_manifest, self.build_error),
            rate_limits=read_rate_limit_headers(raw_manifest, self.build_error),
            availability=read_availability(raw_manifest),
            text_tools=read_text_tools(raw_manifest, self.build_error),
            multimodal=read_multimodal(raw_manifest, self.source),
            capabilities=capabilities,
            undeclarable=undeclarable,
            models=read_model_entries(raw_manifest),
            base_url_env=read_names(endpoint.get("base_url_env")),
            base_path=str(endpoint.get("base_path") or "").rstrip("/"),
            variables=read_variables(raw_manifest, self.build_error),
            model_families=raw_manifest.model_families or {},
        )

    def _read_base_url(self) -> str:
        url = (self.raw_manifest.endpoint or {}).get("base_url") or self.raw_manifest.base_url
        if not isinstance(url, str) or not url.startswith(("http://", "https://")):
            raise self.build_error(f"$.endpoint.base_url must be an http(s) address, not {url!r}")
        return url.rstrip("/")

    def _check_timeout(self, timeout_ms: object) -> int | None:
        if timeout_ms is None:
            return None
        if not isinstance(timeout_ms, int) or isinstance(timeout_ms, bool) or timeout_ms <= 0:
            raise self.build_error(
                f"$.endpoint.timeout_ms must be a number above 0, not {timeout_ms!r}"
            )
        return timeout_ms

    def _read_auths(self) -> list[Auth]:
        declared = (self.raw_manifest.endpoint or {}).get("auth")
        if declared is None:
            return [self._build_auth(self.raw_manifest.auth or RawAuth(), ())]
        blocks = declared if isinstance(declared, list) and declared else [declared]
        return [self._read_auth(block) for block in blocks]

    def _read_auth(self, declared: JsonValue) -> Auth:
        try:
            block = msgspec.convert(declared, RawAuth, strict=False)
        except msgspec.ValidationError as error:
            raise self.build_error(describe_validation_error(error, "$.endpoint.auth")) from error
        shadowed = _list_variables(self.raw_manifest.auth) if self.raw_manifest.auth else ()
        variables = _list_variables(block)
        return self._build_auth(block, tuple(name for name in shadowed if name not in variables))

    def _build_auth(self, block: RawAuth, shadowed: tuple[str, ...]) -> Auth:
        kind = _AUTH_KINDS[block.type]
        names = _list_variables(block)
        for name in names:
            if not _VARIABLE.fullmatch(name):
                raise self.build_error(
                    f"auth names {name!r}, which can't be an environment variable"
                )
        header = block.header_name or block.header
        is_key = kind in ("header", "query", "none")
        return Auth(
            kind=kind,
            header=header or ("x-api-key" if is_key else "Authorization"),
            prefix=("" if is_key else "Bearer") if block.prefix is None else block.prefix,
            param=block.param_name or "key",
            env=names,
            optional=block.optional,
            extra_headers=tuple((item.name, item.value) for item in block.extra_headers or ()),
            shadowed_env=shadowed,
            settings=_read_settings(block),
        )

    def _read_parameters(self) -> dict[str, Parameter]:
        mappings = self.raw_manifest.parameter_mappings or {}
        parameters = {name: Parameter(path=key) for name, key in mappings.items()}
        for key, rule in (self.raw_manifest.parameters or {}).items():
            if not isinstance(rule, dict):
                continue
            try:
                raw_parameter = msgspec.convert(rule, RawParameter, strict=False)
            except msgspec.ValidationError as error:
                raise self.build_error(
                    describe_validation_error(error, f"$.parameters.{key}")
                ) from error
            name = raw_parameter.alias or key
            low, high = raw_parameter.range or (None, None)
            mapped_path = parameters[name].path if name in parameters else key
            parameters[name] = Parameter(
                path=raw_parameter.place or mapped_path,
                minimum=low if raw_parameter.min is None else raw_parameter.min,
                maximum=high if raw_parameter.max is None else raw_parameter.max,
                default=raw_parameter.default,
            )
        return parameters

    def _read_capabilities(self) -> tuple[frozenset[str] | None, frozenset[str]]:
        capabilities = read_capabilities(self.raw_manifest.capabilities)
        if capabilities is None:
            raise self.build_error(
                "$.capabilities must be a list, flags, or required and optional lists"
            )
        return capabilities


def _read_settings(block: RawAuth) -> dict[str, str]:
    settings = {
        "service": block.service,
        "region": block.region,
        "scope": block.scope,
        "scopes": " ".join(block.scopes) if block.scopes else None,
    }
    return {name: value for name, value in settings.items() if value}


def _list_variables(block: RawAuth) -> tuple[str, ...]:
    return tuple(dict.fromkeys(filter(None, (block.token_env, block.key_env))))


_AUTH_KINDS: Final[
    Mapping[str, Literal["bearer", "header", "query", "none", "aws_sigv4", "google_oauth", "entra"]]
] = {
    "aws_sigv4": "aws_sigv4",
    "google_oauth": "google_oauth",
    "entra": "entra",
    "bearer": "bearer",
    "api_key": "header",
    "custom_header": "header",
    "header": "header",
    "query_param": "query",
    "none": "none",
}


def _describe_type(value: object) -> str:
    return "null" if value is None else f"a {type(value).__name__}"
