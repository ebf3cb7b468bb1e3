"""Compiles a manifest and its dialect once into what every call to the provider uses."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Final, Literal

import msgspec

from ai_lib.errors.exceptions import ProtocolError
from ai_lib.protocol.compiled_request import CompiledRequest, compile_request
from ai_lib.protocol.dialect.batches import check_batches
from ai_lib.protocol.dialect.constraints import (
    CompiledConstraintRule,
    ConstraintRule,
    compile_constraints,
    read_constraints,
    select_constraints,
)
from ai_lib.protocol.dialect.embeddings import (
    CompiledEmbeddings,
    EmbeddingModel,
    compile_embeddings,
)
from ai_lib.protocol.dialect.error_paths import CompiledErrors, compile_errors
from ai_lib.protocol.dialect.event_map import EVENTS, GENERATED
from ai_lib.protocol.dialect.model import Dialect, ResponseShape, Rule, UsageShape
from ai_lib.protocol.dialect.reasoning import ReasoningShape, find_reasoning, read_reasoning
from ai_lib.protocol.dialect.rule_merge import is_known_event
from ai_lib.protocol.dialect.selection import select_dialect
from ai_lib.protocol.manifest.model import Endpoint, ModelEntry, Parameter, ProtocolManifest
from ai_lib.protocol.manifest.model_names import NameIndex
from ai_lib.protocol.manifest.models import read_manifest_models
from ai_lib.protocol.manifest.reader import read_manifest
from ai_lib.protocol.model import Model
from ai_lib.protocol.query.expression import Expression, compile_expression
from ai_lib.protocol.query.path import JsonPath, compile_path
from ai_lib.protocol.shared_paths import plan_shared_paths
from ai_lib.types.usage import SUMMED_COUNTS

if TYPE_CHECKING:
    from ai_lib.protocol.dialect.operations import OperationShape

Field = JsonPath | object


class CompiledRule(msgspec.Struct, frozen=True, kw_only=True):
    """A dialect's rule with its expressions and paths compiled.

    `levels` select the elements that the fields share, each from those of the level before.
    `paths` have a field's name, its level (0 is the node that the rule reads) and its path from
    there.
    """

    match: Expression | None
    each: JsonPath | None
    candidate: JsonPath | None
    numbered: bool
    index: JsonPath | None
    rules: tuple[CompiledRule, ...]
    otherwise: tuple[CompiledRule, ...]
    emit: str | None
    levels: tuple[JsonPath, ...]
    paths: tuple[tuple[str, int, JsonPath], ...]
    literals: tuple[tuple[str, object], ...]
    generated: tuple[str, ...]
    needs: frozenset[str]


class CompiledResponse(msgspec.Struct, frozen=True, kw_only=True, eq=False, weakref=True):
    """How to read a response, plain or streamed; the conditions are those of `StreamShape`.

    It compares by identity, so that caches can be keyed by it for as long as it lives.
    """

    rules: tuple[CompiledRule, ...]
    finals: tuple[CompiledRule, ...] = ()
    envelope: tuple[tuple[str, JsonPath], ...]
    select: Expression | None = None
    end: Expression | None = None
    complete: Expression | None = None
    known: Expression | None = None
    ignored: tuple[JsonPath, ...] = ()
    skipped: Expression | None = None
    pieces: tuple[str, ...] = ()


class CompiledUsage(msgspec.Struct, frozen=True, kw_only=True):
    """The paths of token counts: a field of `Usage` is the sum of what all its paths select.

    The others are of what is no count of tokens: see `UsageShape`.
    """

    fields: tuple[tuple[str, JsonPath], ...]
    combine: str
    tool_uses: tuple[tuple[str, JsonPath], ...] = ()
    service_tier: JsonPath | None = None
    cost: JsonPath | None = None
    cost_unit: float = 1.0
    cost_currency: str = "USD"


class CompiledManifest(msgspec.Struct, frozen=True, kw_only=True, eq=False, weakref=True):
    """Everything a call needs to know of a provider; immutable and shared by all calls.

    It compares by identity, so that caches can be keyed by it for as long as it lives. `origin`
    names the provider and dialect: opaque state of a response may only go back to its origin.
    `models` keeps those that were found by `find_model`, by the name they were looked for.
    """

    manifest: ProtocolManifest
    dialect: Dialect
    origin: str
    parameters: Mapping[str, Parameter]
    request: CompiledRequest
    response: CompiledResponse
    stream: CompiledResponse
    usage: CompiledUsage
    errors: CompiledErrors
    termination: Mapping[str, str]
    model_names: NameIndex
    constraints: tuple[CompiledConstraintRule, ...] = ()
    model_constraints: Mapping[str, tuple[CompiledConstraintRule, ...]] = {}
    embeddings: CompiledEmbeddings | None = None
    models: dict[str, Model] = {}
    families: dict[str, CompiledManifest] = {}
    reasoning: Mapping[str, ReasoningShape] = {}
    operations: dict[str, OperationShape | None] = {}

    @property
    def can_chat(self) -> bool:
        """Whether it has a chat dialect; `explain_missing_dialect` says why not."""
        return bool(self.dialect.request.body)

    @property
    def id(self) -> str:
        """The provider's id."""
        return self.manifest.id

    def find_endpoint(self, name: str) -> Endpoint | None:
        """Return the manifest's endpoint of that name, or None."""
        return self.manifest.endpoints.get(name)

    def find_operation(self, name: str, model: str = "") -> OperationShape | None:
        """Return how an operation of that name is done with a model, None where nothing says so.

        Raises ProtocolError when the dialect describes it wrongly.
        """
        from ai_lib.protocol.dialect.operations import compile_operation, select_for_model

        if name not in self.operations:
            self.operations[name] = compile_operation(self.dialect.operations, name)
        shape = self.operations[name]
        other = select_for_model(shape, model) if shape is not None and model else None
        return shape if other is None or other == name else self.find_operation(other)

    def find_family(self, name: str) -> CompiledManifest:
        """Return the same manifest for another of its API families.

        Raises ProtocolError when that family can't be compiled.
        """
        compiled = self.families.get(name)
        if compiled is None:
            manifest = read_manifest(
                self.manifest.raw,
                self.manifest.source,
                name,
                is_json=self.manifest.origin == "bundled",
            )
            manifest = msgspec.structs.replace(
                manifest,
                origin=self.manifest.origin,
                chosen_family=None,
                allowed_hosts=self.manifest.allowed_hosts,
                variable_values=self.manifest.variable_values,
            )
            compiled = compile_manifest(manifest)
            self.families[name] = compiled
        return compiled

    def choose_family(self, *models: str) -> CompiledManifest:
        """Return the manifest for the API family by which the first model is asked that has one.

        Raises ProtocolError when that family can't be compiled.
        """
        families = self.manifest.model_families
        for model in models:
            patterns = (pattern for pattern in families if fnmatchcase(model, pattern))
            if pattern := max(patterns, key=len, default=""):
                return self.find_family(families[pattern])
        return self

    def with_manifest(self, **changes: object) -> CompiledManifest:
        """Return the same with other values of the manifest that need no compiling."""
        manifest = msgspec.structs.replace(self.manifest, **changes)
        return msgspec.structs.replace(self, manifest=manifest, families={}, models={})

    def find_model(self, name: str) -> Model:
        """Return a model by any of its names, as the manifest has it; any name is a model."""
        model = self.models.get(name)
        if model is None:
            model = self._read_model(name)
            if len(self.models) < _MOST_MODELS:
                self.models[name] = model
        return model

    def _read_model(self, name: str) -> Model:
        listed_name = self.model_names.find(name) or ""
        manifest = self.manifest
        records = read_manifest_models(manifest.raw, manifest.source, listed_name)
        record = next((record for record in records if record.name == listed_name), None)
        if record is not None and record.regional_pricing:
            record = record.with_regional_prices(name, manifest.variable_values)
        model = Model(
            provider=manifest.id,
            name=name,
            listed_name=listed_name,
            entry=manifest.models.get(listed_name) or ModelEntry(),
            record=record,
            embedding=self._read_embedding(name, listed_name),
            constraints=select_constraints(
                self.model_constraints.get(listed_name) or self.constraints, (name, listed_name)
            ),
        )
        # A listed model that is not said to reason does not.
        if listed_name and model.entry.capabilities.get("reasoning") is not True:
            return model
        reasoning = find_reasoning(self.reasoning, model.pattern_name)
        return msgspec.structs.replace(model, reasoning=reasoning)

    def _read_embedding(self, name: str, listed_name: str) -> EmbeddingModel:
        if self.embeddings is None:
            return EmbeddingModel()
        entries = self.embeddings.shape.models
        entry = entries.get(name) or entries.get(listed_name)
        if entry is None:
            entry = entries.get(NameIndex((key, ()) for key in entries).find(name) or "")
        return entry or EmbeddingModel()


# Names come from callers: what is kept of them has an end.
_MOST_MODELS: Final = 1024


def compile_manifest(manifest: ProtocolManifest) -> CompiledManifest:
    """Return `manifest` compiled with the dialect that it chooses.

    Raises:
        ProtocolError: the dialect has an unknown or misshapen part, a rule emits an unknown event,
            or an expression or path does not parse; the message names the source and the position.
    """
    try:
        dialect = select_dialect(manifest)
        check_batches(dialect.batches)
        if dialect.operations and manifest.origin != "bundled":
            from ai_lib.protocol.dialect.operations import check_operations

            check_operations(dialect.operations)
        stream = dialect.stream
        parameters = {
            name: _apply_dialect_path(name, parameter, dialect)
            for name, parameter in manifest.parameters.items()
        }
        return CompiledManifest(
            manifest=manifest,
            dialect=dialect,
            origin=f"{manifest.id}:{dialect.dialect}",
            parameters=parameters,
            request=compile_request(manifest, dialect, parameters),
            response=_compile_reply(dialect.reply),
            stream=CompiledResponse(
                rules=_compile_rules((*stream.rules, *stream.also)),
                finals=_compile_rules(stream.finals),
                envelope=_compile_envelope(stream.envelope),
                select=_compile_condition(stream.select),
                end=_compile_condition(stream.end),
                complete=_compile_condition(stream.complete),
                known=_compile_condition(stream.known),
                ignored=tuple(compile_path(text) for text in stream.ignored),
                skipped=_compile_condition(stream.skipped),
                pieces=stream.pieces,
            ),
            usage=_compile_usage(dialect.usage),
            errors=compile_errors(dialect.error, manifest.errors.by_code),
            termination=dialect.termination,
            model_names=_read_model_names(manifest),
            constraints=compile_constraints(_list_constraints(dialect)),
            model_constraints=_compile_model_constraints(manifest, dialect),
            embeddings=compile_embeddings(dialect.embeddings),
            reasoning={**dialect.reasoning, **read_reasoning(manifest.raw)},
        )
    except ProtocolError as error:
        if error.source is None:
            error.message = f"{manifest.source}: {error.message}"
            error.source = manifest.source
        raise


def _list_constraints(dialect: Dialect) -> dict[str, ConstraintRule]:
    return {name: rule for name, rule in dialect.request.constraints.items() if rule is not None}


def _compile_model_constraints(
    manifest: ProtocolManifest, dialect: Dialect
) -> dict[str, tuple[CompiledConstraintRule, ...]]:
    """Return all constraints of the models that have some of their own, by their listed names."""
    constraints: dict[str, tuple[CompiledConstraintRule, ...]] = {}
    for name, entry in manifest.models.items():
        if entry.constraints:
            section_path = f"$.metadata.models.{name}.constraints"
            own_constraints = read_constraints(entry.constraints, section_path)
            others = {
                key: rule
                for key, rule in _list_constraints(dialect).items()
                if key not in entry.constraints
            }
            constraints[name] = compile_constraints({**others, **own_constraints})
    return constraints


def _read_model_names(manifest: ProtocolManifest) -> NameIndex:
    return NameIndex((name, entry.names) for name, entry in manifest.models.items())


def _apply_dialect_path(name: str, declared: Parameter, dialect: Dialect) -> Parameter:
    """Give a flat parameter the dialect's nested path: a list of parameters names no path."""
    nested = dialect.request.parameters.get(name, "")
    own_names = (name, nested.rpartition(".")[2])
    if "." in nested and declared.path in own_names:
        return msgspec.structs.replace(declared, path=nested)
    return declared


def _compile_reply(shape: ResponseShape) -> CompiledResponse:
    return CompiledResponse(
        rules=_compile_rules((*shape.rules, *shape.also)),
        envelope=_compile_envelope(shape.envelope),
        ignored=tuple(compile_path(text) for text in shape.ignored),
    )


def _compile_condition(text: str | None) -> Expression | None:
    return None if text is None else compile_expression(text)


def _compile_envelope(
    paths: Mapping[Literal["id", "model"], str],
) -> tuple[tuple[str, JsonPath], ...]:
    return tuple((name, compile_path(text)) for name, text in paths.items())


def _compile_rules(rules: Iterable[Rule]) -> tuple[CompiledRule, ...]:
    return tuple(_compile_rule(rule) for rule in rules)


def _compile_rule(rule: Rule) -> CompiledRule:
    if rule.emit is not None and not is_known_event(rule.emit):
        raise ProtocolError(f"a rule emits {rule.emit!r}; the events are {', '.join(EVENTS)}")
    fields = {**rule.extract, **rule.fields}
    texts = {name: value for name, value in fields.items() if _is_path(value)}
    levels, paths = _plan_paths(texts)
    return CompiledRule(
        match=_compile_condition(rule.match),
        each=compile_path(rule.each) if rule.each else None,
        candidate=compile_path(rule.candidate) if rule.candidate else None,
        numbered=rule.numbered,
        index=compile_path(rule.index) if rule.index else None,
        rules=_compile_rules(rule.rules),
        otherwise=_compile_rules(rule.otherwise),
        emit=rule.emit,
        levels=levels,
        paths=paths,
        literals=tuple(
            (name, value)
            for name, value in fields.items()
            if name not in texts and value != GENERATED
        ),
        generated=tuple(name for name, value in fields.items() if value == GENERATED),
        needs=frozenset(rule.needs),
    )


def _plan_paths(
    texts: Mapping[str, str],
) -> tuple[tuple[JsonPath, ...], tuple[tuple[str, int, JsonPath], ...]]:
    """Return the levels that fields with wildcards share, and each field's level and path."""
    wildcard_texts = {name: text for name, text in texts.items() if compile_path(text).wildcards}
    if not wildcard_texts or len({text[0] for text in wildcard_texts.values()}) > 1:
        return (), tuple((name, 0, compile_path(text)) for name, text in texts.items())
    plan = plan_shared_paths(wildcard_texts)
    levels_and_paths = {
        name: plan.fields.get(name) or (0, compile_path(text)) for name, text in texts.items()
    }
    return plan.levels, tuple(
        (name, level, path) for name, (level, path) in levels_and_paths.items()
    )


def _is_path(value: object) -> bool:
    return isinstance(value, str) and value.startswith(("$", "@"))


# These may be the sum of several paths.
_SUMS: Final = ("prompt_tokens", "completion_tokens")


def _compile_usage(shape: UsageShape) -> CompiledUsage:
    field_paths = {
        "prompt_tokens": shape.prompt_tokens,
        "completion_tokens": shape.completion_tokens,
        "total_tokens": shape.total_tokens,
        **{name: getattr(shape, name) for name in SUMMED_COUNTS if name not in _SUMS},
    }
    return CompiledUsage(
        fields=tuple(
            (name, compile_path(text))
            for name, texts in field_paths.items()
            for text in ((texts,) if isinstance(texts, str) else texts or ())
        ),
        combine=shape.combine,
        tool_uses=tuple((name, compile_path(path)) for name, path in shape.tool_uses.items()),
        service_tier=compile_path(shape.service_tier) if shape.service_tier else None,
        cost=compile_path(shape.cost) if shape.cost else None,
        cost_unit=shape.cost_unit,
        cost_currency=shape.cost_currency,
    )
