"""Checks manifests against the protocol's schemas; says all that is wrong, and where."""

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
from ai_lib.protocol.validation.positions import SourcePositions
from ai_lib.protocol.validation.report import (
    Finding,
    OpenPlaces,
    Severity,
    collect_findings,
    is_shape_error,
)
from ai_lib.types.json import JsonDict, JsonObject, JsonValue

if TYPE_CHECKING:
    from jsonschema.protocols import Validator

Kind = Literal["v1", "v2", "models"]

# Where a tree keeps them, and the address that its files refer to one another by.
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
    known = {document["$id"]: document for document in documents.values()}
    return _build_validator(documents[f"{kind}.json"], known)


def load_folder_validator(folder: Path, kind: Kind) -> "Validator | None":
    """Return the validator of a tree's own schema in `folder`, or None when it has none.

    Raises:
        ProtocolError: the schema is there and is no JSON Schema.
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

    documents = {found: _read_schema(found) for found, _ in stamp}
    known: JsonDict = {}
    for found, document in documents.items():
        known[_SCHEMA_URL + found.relative_to(folder).as_posix()] = document
        # Some declare another $id than the address they are referred to by.
        if isinstance(document, dict) and isinstance(name := document.get("$id"), str):
            known[name] = document
    try:
        return _build_validator(documents[path], known)
    except SchemaError as error:
        raise ProtocolError(
            f"{path}: is no JSON Schema: {error.message[:200]}", source=str(path)
        ) from error


def _read_schema(path: Path) -> JsonValue:
    try:
        return json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        raise ProtocolError(f"{path}: can't be read: {error}", source=str(path)) from error


def _build_validator(schema: JsonValue, known: JsonObject) -> "Validator":
    from jsonschema import Draft202012Validator
    from referencing import Registry
    from referencing.jsonschema import DRAFT202012

    Draft202012Validator.check_schema(schema)
    resources = [(name, DRAFT202012.create_resource(each)) for name, each in known.items()]
    registry: Registry[JsonValue] = Registry().with_resources(resources)
    return Draft202012Validator(schema, registry=registry)


# A section's vocabulary may grow within one major version of the protocol.
_OPEN: Final[Mapping[Kind, OpenPlaces]] = {
    "v1": OpenPlaces(frozenset({"capabilities"})),
    "v2": OpenPlaces(frozenset({"capabilities", "multimodal", "error_classification"})),
    "models": OpenPlaces(frozenset()),
}
_MOST_LISTED: Final = 20


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is wrong: its JSON path and, when the text is known, its line and column.

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
        place = self.source if self.line is None else f"{self.source}:{self.line}:{self.column}"
        return ": ".join(part for part in (place, self.path, self.message) if part)


class ValidationResult(msgspec.Struct, frozen=True, kw_only=True):
    """What a check found; it is true when nothing forbids to use the document."""

    source: str
    problems: tuple[Problem, ...] = ()

    @property
    def errors(self) -> tuple[Problem, ...]:
        """What forbids to use the document."""
        return tuple(each for each in self.problems if each.severity == "error")

    @property
    def warnings(self) -> tuple[Problem, ...]:
        """What is odd about it: unknown fields and words, which are kept and ignored."""
        return tuple(each for each in self.problems if each.severity == "warning")

    @property
    def valid(self) -> bool:
        """Whether the document may be used."""
        return not self.errors

    def __bool__(self) -> bool:
        return self.valid

    def raise_if_invalid(self) -> None:
        """Raise ManifestInvalid, or UnsupportedVersion, with every error in its message."""
        found = self.errors
        if not found:
            return
        for each in found:
            if each.path == _VERSION and "supported" in each.message:
                raise UnsupportedVersion(str(each), source=self.source)
        lines = [str(each) for each in found]
        shown = lines[:_MOST_LISTED] + (
            [f"... and {len(lines) - _MOST_LISTED} more"] * (len(lines) > _MOST_LISTED)
        )
        head = f"{self.source}: not a usable manifest, {len(lines)} problem(s):\n  "
        raise ManifestInvalid(head + "\n  ".join(shown), problems=lines, source=self.source)


_VERSION: Final = "$.protocol_version"


class ProtocolValidator:
    """Validates manifests and model files offline.

    The schemas are the library's own, or those in `schemas`, a tree's folder of that name, as far
    as it has them; sections of the wrong type are refused whatever those say. With `strict`, what
    is otherwise a warning is an error.

    Raises:
        ProtocolError: a schema in `schemas` is there and is no JSON Schema.
    """

    def __init__(self, schemas: str | Path | None = None, *, strict: bool = False) -> None:
        self._schemas = None if schemas is None else Path(schemas)
        self._strict = strict

    def validate(
        self, document: object, *, source: str = "manifest", text: str | None = None
    ) -> ValidationResult:
        """Check a document: a provider's manifest, or a file of models.

        With `text`, what it was read from, every problem has its line and column.
        """
        try:
            value = copy_as_json(document, source)
        except ProtocolError as error:
            problem = Problem(path="$", message=str(error))
            return ValidationResult(source=source, problems=(problem,))
        found = self._find_findings(value)
        if isinstance(value, Mapping) and isinstance(value.get("core"), Mapping):
            found = [_move_into_core(each, value) for each in found]
        places = None if text is None or not found else SourcePositions(text, source)
        problems = [self._build_problem(each, source, places) for each in found]
        problems.sort(key=lambda each: (each.line or 0, each.column or 0))
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
            # What a tree may decide is its vocabulary; the shape must be one that can be read.
            errors = [error for error in errors if is_shape_error(error)]
            errors += validator.iter_errors(document)
        found = collect_findings(errors, _OPEN[kind])
        return [*(_check_version(document) if kind != "models" else ()), *found]

    def _build_problem(
        self, found: Finding, source: str, places: SourcePositions | None
    ) -> Problem:
        line, column = places.find(found.path) if places else (None, None)
        return Problem(
            path=format_json_path(found.path),
            message=found.message,
            severity="error" if self._strict else found.severity,
            source=source,
            line=line,
            column=column,
            near=found.near,
        )


def validate_manifest(
    manifest: JsonObject | ProtocolManifest | str | Path, *, strict: bool = False
) -> ValidationResult:
    """Check a manifest: a document, a manifest that was read, or the path of a file.

    A file that can't be read is a result with one error, like any other.
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


def format_json_path(path: tuple[str | int, ...]) -> str:
    """Return a path as RFC 9535 writes it, such as `$.streaming.event_map[1].emit`."""
    steps = []
    for step in path:
        if isinstance(step, int):
            steps.append(f"[{step}]")
        else:
            steps.append(f".{step}" if step.isidentifier() else f"[{step!r}]")
    return "$" + "".join(steps)


def _move_into_core(found: Finding, document: JsonObject) -> Finding:
    """Put a finding where its section stands: some manifests wrap the main ones in `core`."""
    if not found.path or found.path[0] in document:
        return found
    return msgspec.structs.replace(found, path=("core", *found.path))


def _detect_kind(document: JsonObject) -> Kind:
    if isinstance(document.get("models"), Mapping) and "id" not in document:
        return "models"
    return "v2" if str(document.get("protocol_version", "")).startswith("2") else "v1"


def _check_version(document: JsonObject) -> list[Finding]:
    found = document.get("protocol_version")
    if not isinstance(found, str) or ".".join(found.split(".")[:2]) in SUPPORTED_PROTOCOL_VERSIONS:
        return []
    known = ", ".join(SUPPORTED_PROTOCOL_VERSIONS)
    message = f"version {found[:20]!r} is not supported; supported are {known}"
    return [Finding(path=("protocol_version",), message=message)]
