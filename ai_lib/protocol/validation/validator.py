"""Checks manifests against the protocol's schemas and reports every problem with its position."""

import functools
import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

import msgspec

from ai_lib.errors.exceptions import ManifestInvalid, ProtocolError, UnsupportedVersion
from ai_lib.protocol.manifest.model import ProtocolManifest
from ai_lib.protocol.manifest.reader import SUPPORTED_PROTOCOL_VERSIONS
from ai_lib.protocol.sources.document import copy_as_json, read_text
from ai_lib.protocol.validation.positions import DocumentPath, SourcePositions
from ai_lib.protocol.validation.report import (
    Finding,
    Severity,
    collect_findings,
    is_shape_error,
)
from ai_lib.types.json import JsonDict, JsonObject, JsonValue

if TYPE_CHECKING:
    from jsonschema.protocols import Validator

Kind = Literal["v1", "v2", "models"]

# The paths of the schemas in a protocol folder, and the URL by which its files refer to each other.
_SCHEMA_PATHS: Final[Mapping[Kind, str]] = {"v1": "v1.json", "v2": "v2/provider.json"}
_SCHEMA_URL: Final = "https://raw.githubusercontent.com/ailib-official/ai-protocol/main/schemas/"


@functools.cache
def load_bundled_validator(kind: Kind) -> "Validator":
    """Return the validator of one of the library's own schemas."""
    from importlib.resources import files

    folder = files("ai_lib.protocol").joinpath("schemas")
    documents = {
        item.name: json.loads(item.read_bytes())
        for item in folder.iterdir()
        if item.name.endswith(".json")
    }
    documents_by_id = {document["$id"]: document for document in documents.values()}
    return _build_validator(documents[f"{kind}.json"], documents_by_id)


def load_folder_validator(folder: Path, kind: Kind) -> "Validator | None":
    """Return the validator of the schema in a protocol folder, or None when there is none.

    Raises:
        ProtocolError: the file is no JSON Schema.
    """
    path = folder / _SCHEMA_PATHS.get(kind, "")
    if not path.is_file():
        return None
    stamp = tuple(sorted((p, p.stat().st_mtime_ns) for p in folder.rglob("*.json")))
    return _load_folder_validator(folder, path, stamp)


@functools.lru_cache(maxsize=16)
def _load_folder_validator(
    folder: Path, path: Path, stamp: tuple[tuple[Path, int], ...]
) -> "Validator":
    from jsonschema.exceptions import SchemaError

    documents = {schema_path: _read_schema(schema_path) for schema_path, _ in stamp}
    documents_by_id: JsonDict = {}
    for schema_path, document in documents.items():
        documents_by_id[_SCHEMA_URL + schema_path.relative_to(folder).as_posix()] = document
        # Some declare another $id than the URL by which the others refer to them.
        if isinstance(document, dict) and isinstance(name := document.get("$id"), str):
            documents_by_id[name] = document
    try:
        return _build_validator(documents[path], documents_by_id)
    except SchemaError as error:
        raise ProtocolError(
            f"{path}: is no JSON Schema: {error.message[:200]}", source=str(path)
        ) from error


def _read_schema(path: Path) -> JsonValue:
    try:
        return json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        raise ProtocolError(f"{path}: can't be read: {error}", source=str(path)) from error


def _build_validator(schema: JsonValue, documents_by_id: JsonObject) -> "Validator":
    from jsonschema import Draft202012Validator
    from referencing import Registry
    from referencing.jsonschema import DRAFT202012

    Draft202012Validator.check_schema(schema)
    resources = [
        (name, DRAFT202012.create_resource(document)) for name, document in documents_by_id.items()
    ]
    registry: Registry[JsonValue] = Registry().with_resources(resources)
    return Draft202012Validator(schema, registry=registry)


# A section's vocabulary may grow within one major version of the protocol.
_EXTENSIBLE: Final[Mapping[Kind, frozenset[str]]] = {
    "v1": frozenset({"capabilities"}),
    "v2": frozenset({"capabilities", "multimodal", "error_classification"}),
    "models": frozenset(),
}
_MOST_LISTED: Final = 20


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """One problem of a document: its JSON path and, when the text is known, its line and column.

    `near` is the known name that an unknown one resembles. Lines and columns count from 1.
    """

    path: str
    message: str
    severity: Severity = "error"
    source: str = ""
    line: int | None = None
    column: int | None = None
    near: str | None = None

    def __str__(self) -> str:
        position = self.source if self.line is None else f"{self.source}:{self.line}:{self.column}"
        return ": ".join(part for part in (position, self.path, self.message) if part)


class ValidationResult(msgspec.Struct, frozen=True, kw_only=True):
    """The problems that a check found; it is true when the document may be used."""

    source: str
    problems: tuple[Problem, ...] = ()

    @property
    def errors(self) -> tuple[Problem, ...]:
        """The problems that forbid to use the document."""
        return tuple(problem for problem in self.problems if problem.severity == "error")

    @property
    def warnings(self) -> tuple[Problem, ...]:
        """The problems that do not: unknown fields and words, which are kept and ignored."""
        return tuple(problem for problem in self.problems if problem.severity == "warning")

    @property
    def valid(self) -> bool:
        """Whether the document may be used."""
        return not self.errors

    def __bool__(self) -> bool:
        return self.valid

    def raise_if_invalid(self) -> None:
        """Raise ManifestInvalid, or UnsupportedVersion, with every error in its message."""
        errors = self.errors
        if not errors:
            return
        for problem in errors:
            if problem.path == _VERSION and "supported" in problem.message:
                raise UnsupportedVersion(str(problem), source=self.source)
        lines = [str(problem) for problem in errors]
        listed_lines = lines[:_MOST_LISTED] + (
            [f"... and {len(lines) - _MOST_LISTED} more"] * (len(lines) > _MOST_LISTED)
        )
        head = f"{self.source}: not a usable manifest, {len(lines)} problem(s):\n  "
        raise ManifestInvalid(head + "\n  ".join(listed_lines), problems=lines, source=self.source)


_VERSION: Final = "$.protocol_version"


class ProtocolValidator:
    """Validates manifests and model files offline.

    `schemas` is the `schemas` folder of a protocol folder; the library's own schemas are used where
    it has none. Sections of the wrong type are refused whatever its schemas say. With `strict`,
    warnings become errors.

    Raises:
        ProtocolError: a file in `schemas` is no JSON Schema.
    """

    def __init__(self, schemas: str | Path | None = None, *, strict: bool = False) -> None:
        self._schemas = None if schemas is None else Path(schemas)
        self._strict = strict

    def validate(
        self, document: object, *, source: str = "manifest", text: str | None = None
    ) -> ValidationResult:
        """Check a document, which is a provider's manifest or a file of models.

        `text` is the text it was read from; with it, every problem has its line and column.
        """
        try:
            value = copy_as_json(document, source)
        except ProtocolError as error:
            problem = Problem(path="$", message=str(error))
            return ValidationResult(source=source, problems=(problem,))
        findings = self._find_findings(value)
        if isinstance(value, Mapping) and isinstance(value.get("core"), Mapping):
            findings = [_move_into_core(finding, value) for finding in findings]
        positions = None if text is None or not findings else SourcePositions(text, source)
        problems = [self._build_problem(finding, source, positions) for finding in findings]
        problems.sort(key=lambda finding: (finding.line or 0, finding.column or 0))
        return ValidationResult(source=source, problems=tuple(problems))

    def _find_findings(self, document: JsonValue) -> list[Finding]:
        if not isinstance(document, Mapping):
            return [Finding(path=(), message="a manifest is an object; this is something else")]
        if isinstance(core := document.get("core"), Mapping):
            document = {**core, **{key: part for key, part in document.items() if key != "core"}}
        kind = _detect_kind(document)
        errors = list(load_bundled_validator(kind).iter_errors(document))
        validator = self._schemas and load_folder_validator(self._schemas, kind)
        if validator:
            # A folder's schemas decide its vocabulary; the shape must be one that can be read.
            errors = [error for error in errors if is_shape_error(error)]
            errors += validator.iter_errors(document)
        schema_findings = collect_findings(errors, _EXTENSIBLE[kind])
        return [*(_check_version(document) if kind != "models" else ()), *schema_findings]

    def _build_problem(
        self, finding: Finding, source: str, positions: SourcePositions | None
    ) -> Problem:
        line, column = positions.find(finding.path) if positions else (None, None)
        return Problem(
            path=format_json_path(finding.path),
            message=finding.message,
            severity="error" if self._strict else finding.severity,
            source=source,
            line=line,
            column=column,
            near=finding.near,
        )


def validate_manifest(
    manifest: JsonObject | ProtocolManifest | str | Path, *, strict: bool = False
) -> ValidationResult:
    """Check a manifest, given as a document, as a manifest that was read, or as a file's path.

    The result for a file that can't be read has one error; nothing is raised.
    """
    validator = ProtocolValidator(strict=strict)
    if isinstance(manifest, ProtocolManifest):
        return validator.validate(manifest.raw, source=manifest.source)
    if not isinstance(manifest, str | Path):
        return validator.validate(manifest)
    source = str(manifest)
    try:
        text = Path(manifest).read_text("utf-8")
        return validator.validate(read_text(text, source), source=source, text=text)
    except (OSError, ValueError) as error:
        problem = Problem(path="", message=f"can't be read: {error}", source=source)
        return ValidationResult(source=source, problems=(problem,))
    except ProtocolError as error:
        problem = Problem(path="", message=error.message.removeprefix(f"{source}: "), source=source)
        return ValidationResult(source=source, problems=(problem,))


def format_json_path(path: DocumentPath) -> str:
    """Return a path as RFC 9535 writes it, such as `$.streaming.event_map[1].emit`."""
    steps = []
    for step in path:
        if isinstance(step, int):
            steps.append(f"[{step}]")
        else:
            steps.append(f".{step}" if step.isidentifier() else f"[{step!r}]")
    return "$" + "".join(steps)


def _move_into_core(finding: Finding, document: JsonObject) -> Finding:
    """Move a finding into `core`, in which some manifests wrap their main sections."""
    if not finding.path or finding.path[0] in document:
        return finding
    return msgspec.structs.replace(finding, path=("core", *finding.path))


def _detect_kind(document: JsonObject) -> Kind:
    if isinstance(document.get("models"), Mapping) and "id" not in document:
        return "models"
    return "v2" if str(document.get("protocol_version", "")).startswith("2") else "v1"


def _check_version(document: JsonObject) -> list[Finding]:
    version = document.get("protocol_version")
    if (
        not isinstance(version, str)
        or ".".join(version.split(".")[:2]) in SUPPORTED_PROTOCOL_VERSIONS
    ):
        return []
    versions = ", ".join(SUPPORTED_PROTOCOL_VERSIONS)
    message = f"version {version[:20]!r} is not supported; supported are {versions}"
    return [Finding(path=("protocol_version",), message=message)]
