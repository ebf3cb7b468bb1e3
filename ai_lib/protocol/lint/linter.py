"""Lints manifests: reports every error and oddity of one with its position."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from ai_lib.errors.exceptions import ManifestSyntaxError, ProtocolError
from ai_lib.protocol.addresses import list_endpoints, list_variables
from ai_lib.protocol.bundle import find_bundled_manifest
from ai_lib.protocol.compiled import CompiledManifest, CompiledRule, compile_manifest
from ai_lib.protocol.dialect.event_map import add_root
from ai_lib.protocol.dialect.model import Dialect
from ai_lib.protocol.dialect.selection import explain_missing_dialect, list_reply_sections
from ai_lib.protocol.dialect.template import find_placeholders
from ai_lib.protocol.manifest.endpoints import is_address
from ai_lib.protocol.manifest.reader import read_manifest
from ai_lib.protocol.query.expression import compile_expression
from ai_lib.protocol.query.path import JsonPath, compile_path
from ai_lib.protocol.sources.document import read_text
from ai_lib.protocol.sources.folder import read_file
from ai_lib.protocol.validation.positions import DocumentPath, SourcePositions
from ai_lib.protocol.validation.report import Severity
from ai_lib.protocol.validation.validator import Problem, ProtocolValidator, format_json_path
from ai_lib.types.events import TERMINATION_REASONS
from ai_lib.types.json import JsonDict, JsonObject, JsonValue, as_list, as_object

_CANDIDATES: Final = "$candidates"
_USAGE: Final = "$usage"


class DialectExamples:
    """Examples of a dialect's frames and responses, made from its `serve:` part.

    A placeholder in them stands for any value. A dialect without `serve:` has no examples, and
    then every path may select something.
    """

    def __init__(self, dialect: Dialect) -> None:
        serve = dialect.serve
        fragments = {_USAGE: serve.get("usage", {})}
        plain = as_object(serve.get("plain"))
        candidate = _fill_fragments(plain.get("candidate", {}), fragments)
        error = as_object(serve.get("error")).get("body")
        self.plain = (
            [_fill_fragments(plain["body"], {**fragments, _CANDIDATES: [candidate]})]
            if plain
            else []
        )
        stream = as_object(serve.get("stream"))
        common = as_object(stream.get("common"))
        self.frames = [
            _fill_fragments({**common, **frame}, fragments) for frame in _find_frames(stream)
        ]
        if error and self.plain:
            self.plain.append(error)

    def may_select(self, text: str, streamed: bool) -> bool:
        """Whether a path may select something in a frame, or in a plain response."""
        examples = self.frames if streamed else self.plain
        path = compile_path(text)
        return not examples or any(_may_select(path, example) for example in examples)


def _may_select(path: JsonPath, example: JsonValue) -> bool:
    if not path.syntax.is_plain:
        return True
    nodes = [example]
    for segment in path.syntax.segments:
        if any(isinstance(node, str) and find_placeholders(node) for node in nodes):
            return True
        nodes = [child for node in nodes for child in _find_children(node, segment.key)]
    return bool(nodes)


def _find_children(node: JsonValue, key: str | int | None) -> list[JsonValue]:
    if key is None:
        return list(node.values()) if isinstance(node, dict) else as_list(node)
    if isinstance(node, dict):
        return [node[key]] if key in node else []
    # An example has one element where a response may have more.
    return as_list(node) if isinstance(key, int) else []


def _find_frames(value: JsonValue) -> Iterator[JsonDict]:
    """Yield the data of every frame at any depth of the stream's description."""
    if isinstance(value, Mapping):
        if isinstance(value.get("data"), dict):
            yield value["data"]
        else:
            for key, item in value.items():
                if key != "common":
                    yield from _find_frames(item)
    for item in as_list(value):
        yield from _find_frames(item)


def _fill_fragments(template: JsonValue, fragments: Mapping[str, JsonValue]) -> JsonValue:
    """Replace the placeholders that have a fragment; the others stay and mean any value."""
    if isinstance(template, str):
        return fragments.get(template, template)
    if isinstance(template, Mapping):
        return {
            key: _fill_fragments(item, fragments)
            for key, item in template.items()
            if key != "$when"
        }
    if isinstance(template, list):
        return [_fill_fragments(item, fragments) for item in template]
    return template


_VAGUE_CLASSES: Final = ("invalid_request", "server_error", "unknown")
# The events that end a response.
_TERMINAL_EVENTS: Final = {"FinalCandidate", "StreamEnd"}


def lint_file(path: Path) -> list[Problem]:
    """Return the problems of a manifest's file, in the order of its lines."""
    source = str(path)
    try:
        text = read_file(path)
        document = read_text(text, source)
    except ProtocolError as error:
        reason = error.message.removeprefix(f"{source}: ")
        return [Problem(path="", message=reason, source=source)]
    problems = lint_document(document, source, text)
    if isinstance(document, dict) and document.get("id") not in (path.stem, None):
        message = f"a tree finds it by its file's name, which is {path.stem!r}"
        problems.append(_Linter(document, source, text).build_problem(("id",), message, "warning"))
    return sorted(problems, key=lambda problem: (problem.line or 0, problem.column or 0))


def lint_document(document: JsonValue, source: str, text: str) -> list[Problem]:
    """Return the problems of a document that was read from `text`."""
    result = ProtocolValidator().validate(document, source=source, text=text)
    if not result.valid or not isinstance(document, dict) or "id" not in document:
        return list(result.problems)
    return [*result.problems, *_Linter(document, source, text).find_problems()]


class _Linter:
    """Checks one manifest beyond its schema: compiles it and checks whether the result can work."""

    def __init__(self, document: JsonDict, source: str, text: str) -> None:
        self._document = document
        self._source = source
        self._positions = SourcePositions(text, source)

    def build_problem(
        self, path: DocumentPath, message: str, severity: Severity = "error"
    ) -> Problem:
        line, column = self._positions.find(path)
        return Problem(
            path=format_json_path(path),
            message=message,
            severity=severity,
            source=self._source,
            line=line,
            column=column,
        )

    def find_problems(self) -> Iterator[Problem]:
        try:
            compiled = compile_manifest(read_manifest(self._document, self._source))
        except ManifestSyntaxError as error:
            message = f"{error.reason}, at character {error.position} of {error.text!r}"
            yield self.build_problem(self._find_path(error.text), message)
            return
        except ProtocolError as error:
            yield self.build_problem((), error.message.removeprefix(f"{self._source}: "))
            return
        yield from self._check_stream_end(compiled)
        yield from self._check_paths(DialectExamples(compiled.dialect))
        yield from self._check_repeated_rules()
        yield from self._check_reasons()
        yield from self._check_capabilities(compiled)
        yield from self._check_auth(compiled)
        yield from self._check_dialect(compiled)
        yield from self._check_addresses(compiled)
        yield from self._check_statuses(compiled)

    def _find_path(self, text: str) -> DocumentPath:
        hits = (path for path, value in _walk_values(self._document) if value == text)
        return next(hits, ())

    def _check_stream_end(self, compiled: CompiledManifest) -> Iterator[Problem]:
        stream, declared = compiled.stream, compiled.manifest.capabilities
        if declared is not None and "streaming" not in declared:
            return
        ends = (stream.end, stream.complete, compiled.dialect.stream.decoder.done_signal)
        if not any(ends) and not any(_emits_end(rule) for rule in stream.rules):
            section: DocumentPath = ("streaming",) if "streaming" in self._document else ()
            yield self.build_problem(
                section,
                "nothing says when a stream is complete, so every stream would count as cut off: "
                "add a rule that emits FinalCandidate or StreamEnd, a stop_condition, or the "
                "decoder's done_signal",
            )

    def _check_paths(self, examples: DialectExamples) -> Iterator[Problem]:
        streaming = as_object(self._document.get("streaming"))
        for name in ("content_path", "tool_call_path", "usage_path", "thinking_path"):
            if name in streaming:
                yield from self._check_path(examples, ("streaming", name), streaming[name], True)
        for name, path in as_object(self._document.get("response_paths")).items():
            rooted = add_root(path) if isinstance(path, str) else path
            yield from self._check_path(examples, ("response_paths", name), rooted, False)
        for number, rule in enumerate(as_list(streaming.get("event_map"))):
            yield from self._check_rule(
                examples, ("streaming", "event_map", number), as_object(rule)
            )

    def _check_rule(
        self, examples: DialectExamples, rule_path: DocumentPath, rule: Mapping[str, JsonValue]
    ) -> Iterator[Problem]:
        needed = compile_expression(str(rule["match"])).paths
        if needed and not any(examples.may_select(path.text, True) for path in needed):
            message = "the rule can never fire: no frame of its dialect has what `match` asks for"
            yield self.build_problem((*rule_path, "match"), message, "warning")
            return
        for part in ("fields", "extract"):
            for name, path in as_object(rule.get(part)).items():
                if isinstance(path, str) and path.startswith("$"):
                    yield from self._check_path(examples, (*rule_path, part, name), path, True)

    def _check_path(
        self,
        examples: DialectExamples,
        field_path: DocumentPath,
        path: JsonValue,
        streamed: bool,
    ) -> Iterator[Problem]:
        try:
            if isinstance(path, str) and not examples.may_select(path, streamed):
                kind = "frame" if streamed else "response"
                message = f"{path} can never select anything: no {kind} of its dialect has that"
                yield self.build_problem(field_path, message, "warning")
        except ManifestSyntaxError as error:
            syntax_message = f"{error.reason}, at character {error.position} of {error.text!r}"
            yield self.build_problem(field_path, syntax_message)

    def _check_repeated_rules(self) -> Iterator[Problem]:
        rules = as_list(as_object(self._document.get("streaming")).get("event_map"))
        for number, rule in enumerate(rules):
            if rule in rules[:number]:
                rule_path = ("streaming", "event_map", number)
                message = f"repeats rule {rules.index(rule)}; every rule that matches fires"
                yield self.build_problem(rule_path, message, "warning")

    def _check_reasons(self) -> Iterator[Problem]:
        mapping = as_object(as_object(self._document.get("termination")).get("mapping"))
        for word, reason in mapping.items():
            if reason not in TERMINATION_REASONS:
                reasons = ", ".join(TERMINATION_REASONS)
                message = f"{reason!r} is no standard reason; those are {reasons}"
                yield self.build_problem(("termination", "mapping", word), message, "warning")

    def _check_capabilities(self, compiled: CompiledManifest) -> Iterator[Problem]:
        request, declared = compiled.dialect.request, compiled.manifest.capabilities or ()
        if "tools" in declared and request.tool is None:
            yield self.build_problem(
                ("capabilities",), "declares tools, but its dialect can't write one", "warning"
            )
        for name, rule in compiled.manifest.parameters.items():
            low, high = rule.minimum, rule.maximum
            if low is not None and high is not None and low > high:
                message = f"the parameter {name} allows nothing: {low} to {high}"
                yield self.build_problem(("parameters",), message)

    def _check_auth(self, compiled: CompiledManifest) -> Iterator[Problem]:
        endpoint, top = as_object(self._document.get("endpoint")), self._document.get("auth")
        if top is not None and endpoint.get("auth") and top != endpoint["auth"]:
            yield self.build_problem(
                ("auth",), "is not used: endpoint.auth is what counts; remove one", "warning"
            )
        if compiled.manifest.base_url.startswith("http://"):
            loopback = ("http://127.0.0.1", "http://localhost", "http://[::1]")
            if compiled.manifest.auth.kind != "none" and not _has_base_url(compiled, loopback):
                field_path = ("endpoint", "base_url")
                yield self.build_problem(
                    field_path, "sends the key unencrypted: use https", "warning"
                )

    def _check_dialect(self, compiled: CompiledManifest) -> Iterator[Problem]:
        sections = list_reply_sections(compiled.manifest)
        if not compiled.can_chat and sections:
            message = explain_missing_dialect(compiled.manifest)
            path = tuple(sections[0].split("."))
            yield self.build_problem(path, message.removeprefix(f"{self._source}: "), "warning")

    def _check_addresses(self, compiled: CompiledManifest) -> Iterator[Problem]:
        manifest = compiled.manifest
        bundled = as_object(find_bundled_manifest(compiled.id))
        for name, endpoint in list_endpoints(manifest):
            if is_address(endpoint.path) and not _has_endpoint(bundled, name, endpoint.path):
                message = (
                    f"{endpoint.path} is an address of its own: it is refused where it is used, "
                    "unless its host is that of the base URL or allowed by allow_host()"
                )
                yield self.build_problem(self._find_path(endpoint.path), message, "warning")
        variables = list_variables(manifest)
        if variables:
            message = (
                f"filled from {', '.join(variables)} of the environment when a call is made, "
                "unless base_url= is passed"
            )
            yield self.build_problem(self._find_path(manifest.base_url), message, "note")

    def _check_statuses(self, compiled: CompiledManifest) -> Iterator[Problem]:
        errors = compiled.manifest.errors
        vague = [word for word, name in compiled.errors.by_code.items() if name in _VAGUE_CLASSES]
        statuses = [
            f"{status} ({name})"
            for status, name in errors.by_http_status.items()
            if name not in _VAGUE_CLASSES
        ]
        if vague and statuses:
            message = (
                f"{', '.join(statuses)}: the status counts, not a vague word in the body "
                f"({', '.join(vague)})"
            )
            yield self.build_problem(("error_classification", "by_http_status"), message, "note")


def _has_endpoint(document: JsonObject, name: str, path: str) -> bool:
    """Whether a document has an endpoint of that name with that address."""
    sections = (as_object(document.get(section)) for section in ("endpoints", "services"))
    return any(as_object(section.get(name)).get("path") == path for section in sections)


def _has_base_url(compiled: CompiledManifest, addresses: tuple[str, ...]) -> bool:
    return compiled.manifest.base_url.startswith(addresses)


def _emits_end(rule: CompiledRule) -> bool:
    return rule.emit in _TERMINAL_EVENTS or any(_emits_end(inner) for inner in rule.rules)


def _walk_values(
    value: JsonValue, path: DocumentPath = ()
) -> Iterator[tuple[DocumentPath, JsonValue]]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _walk_values(item, (*path, key))
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from _walk_values(item, (*path, number))
    else:
        yield path, value
