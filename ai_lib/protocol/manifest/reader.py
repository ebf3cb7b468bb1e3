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
from ai_lib.types.json import JsonDict, JsonObject

SUPPORTED_PROTOCOL_VERSIONS: Final = ("1.0", "1.1", "1.5", "2.0")
ID_PATTERN: Final = re.compile(r"[a-z0-9][a-z0-9_-]{1,63}")
_VARIABLE: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def read_manifest(document: object, source: str, api_family: str | None = None) -> ProtocolManifest:
    """Return the manifest in its internal form, as one of its API families is to be spoken.

    `api_family` is the manifest's default one unless given.

    Raises:
        UnsupportedVersion: `protocol_version` is not one of `SUPPORTED_PROTOCOL_VERSIONS`.
        ProtocolError: the document is not an object, or a field has a shape no version allows;
            the message names the file and the field.
    """
    if not isinstance(document, Mapping):
        raise ProtocolError(
            f"{source}: a manifest is an object, this is {_describe_type(document)}", source=source
        )
    return _Reader(document, source, api_family).manifest()


class _Reader:
    """Reads one document; remembers its source for error messages."""

    def __init__(self, document: Mapping[str, object], source: str, api_family: str | None) -> None:
        self.source = source
        self.document = self._unwrapped(document)
        self.version = self._version()
        self.written = self._written(self.document)
        spoken = select_api_family(self.document, api_family, source)
        if spoken is not self.document:
            self.document = dict(spoken)
            self.written = self._written(spoken)

    def _written(self, document: JsonObject) -> RawManifest:
        try:
            return msgspec.convert(document, RawManifest, strict=False)
        except msgspec.ValidationError as error:
            raise self.fail(describe_validation_error(error)) from error

    def fail(self, problem: str) -> ProtocolError:
        return ProtocolError(f"{self.source}: {problem}", source=self.source)

    def _unwrapped(self, document: Mapping[str, object]) -> JsonDict:
        try:
            plain: JsonDict = convert_yaml(dict(document))
        except ValueError as error:
            raise self.fail(f"the manifest {error}") from error
        core = plain.get("core")
        return merge(core, plain) if isinstance(core, dict) else plain

    def _version(self) -> str:
        found = self.document.get("protocol_version", "1.0")
        short = ".".join(str(found).split(".")[:2])
        if short not in SUPPORTED_PROTOCOL_VERSIONS:
            known = ", ".join(SUPPORTED_PROTOCOL_VERSIONS)
            raise UnsupportedVersion(
                f"{self.source}: $.protocol_version {found!r} is not supported; use one of {known}",
                source=self.source,
            )
        return short

    def manifest(self) -> ProtocolManifest:
        written = self.written
        if not ID_PATTERN.fullmatch(written.id):
            raise self.fail(f"$.id must match {ID_PATTERN.pattern}, found {written.id!r}")
        endpoint = written.endpoint or {}
        capabilities, unspoken = self.capabilities()
        families = written.api_families or ()
        return ProtocolManifest(
            id=written.id,
            protocol_version=self.version,
            base_url=self.base_url(),
            source=self.source,
            raw=self.document,
            name=str(written.name or ""),
            aliases=tuple(written.aliases or ()),
            timeout_ms=self.milliseconds(endpoint.get("timeout_ms")),
            auth=self.auth(),
            endpoints=read_endpoints(written, self.fail),
            services=read_services(written, self.fail),
            api_families=tuple(families),
            dialect=written.dialect,
            wire=written.wire or {},
            hints=read_dialect_hints(written),
            parameters=self.parameters(),
            termination=(written.termination.mapping or {}) if written.termination else {},
            errors=read_error_rules(written, self.fail),
            retry=read_retry_rules(written, self.fail),
            rate_limits=read_rate_limit_headers(written, self.fail),
            availability=read_availability(written),
            text_tools=read_text_tools(written, self.fail),
            multimodal=read_multimodal(written, self.source),
            capabilities=capabilities,
            unspoken=unspoken,
            models=read_model_entries(written),
        )

    def base_url(self) -> str:
        found = (self.written.endpoint or {}).get("base_url") or self.written.base_url
        if not isinstance(found, str) or not found.startswith(("http://", "https://")):
            raise self.fail(f"$.endpoint.base_url must be an http(s) address, not {found!r}")
        return found.rstrip("/")

    def milliseconds(self, found: object) -> int | None:
        if found is None:
            return None
        if not isinstance(found, int) or isinstance(found, bool) or found <= 0:
            raise self.fail(f"$.endpoint.timeout_ms must be a number above 0, not {found!r}")
        return found

    def auth(self) -> Auth:
        declared = (self.written.endpoint or {}).get("auth")
        if declared is None:
            return self._auth(self.written.auth or RawAuth(), ())
        try:
            block = msgspec.convert(declared, RawAuth, strict=False)
        except msgspec.ValidationError as error:
            raise self.fail(describe_validation_error(error, "$.endpoint.auth")) from error
        shadowed = _list_variables(self.written.auth) if self.written.auth else ()
        known = _list_variables(block)
        return self._auth(block, tuple(name for name in shadowed if name not in known))

    def _auth(self, block: RawAuth, shadowed: tuple[str, ...]) -> Auth:
        kind = _AUTH_KINDS[block.type]
        names = _list_variables(block)
        for name in names:
            if not _VARIABLE.fullmatch(name):
                raise self.fail(f"auth names {name!r}, which can't be an environment variable")
        header = block.header_name or block.header
        return Auth(
            kind=kind,
            header=header or ("Authorization" if kind == "bearer" else "x-api-key"),
            prefix=("Bearer" if kind == "bearer" else "") if block.prefix is None else block.prefix,
            param=block.param_name or "key",
            env=names,
            optional=block.optional,
            extra_headers=tuple((item.name, item.value) for item in block.extra_headers or ()),
            shadowed_env=shadowed,
        )

    def parameters(self) -> dict[str, Parameter]:
        mapped = self.written.parameter_mappings or {}
        found = {name: Parameter(place=place) for name, place in mapped.items()}
        for place, rule in (self.written.parameters or {}).items():
            if not isinstance(rule, dict):
                continue
            try:
                read = msgspec.convert(rule, RawParameter, strict=False)
            except msgspec.ValidationError as error:
                raise self.fail(
                    describe_validation_error(error, f"$.parameters.{place}")
                ) from error
            name = read.alias or place
            low, high = read.range or (None, None)
            renamed = found[name].place if name in found else place
            found[name] = Parameter(
                place=read.place or renamed,
                minimum=low if read.min is None else read.min,
                maximum=high if read.max is None else read.max,
                default=read.default,
            )
        return found

    def capabilities(self) -> tuple[frozenset[str] | None, frozenset[str]]:
        found = read_capabilities(self.written.capabilities)
        if found is None:
            raise self.fail("$.capabilities must be a list, flags, or required and optional lists")
        return found


def _list_variables(block: RawAuth) -> tuple[str, ...]:
    return tuple(dict.fromkeys(filter(None, (block.token_env, block.key_env))))


_AUTH_KINDS: Final[Mapping[str, Literal["bearer", "header", "query", "none"]]] = {
    "bearer": "bearer",
    "api_key": "header",
    "custom_header": "header",
    "header": "header",
    "query_param": "query",
    "none": "none",
}


def _describe_type(value: object) -> str:
    return "null" if value is None else f"a {type(value).__name__}"
