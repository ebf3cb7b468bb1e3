"""A manifest and its dialect, compiled once into what every call of that provider uses."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, Literal

import msgspec

from ai_lib.errors.tree import ManifestSyntaxError, ProtocolError
from ai_lib.protocol.bundle import bundled_dialect, bundled_dialect_names
from ai_lib.protocol.dialect import Dialect, Rule, UsageShape
from ai_lib.protocol.expression import Expression, compile_expression
from ai_lib.protocol.manifest import Endpoint, ModelEntry, ProtocolManifest
from ai_lib.protocol.overlay import overlay, patched
from ai_lib.protocol.path import Path, compile_path
from ai_lib.types.json import JsonObject

Field = Path | object


class CompiledRule(msgspec.Struct, frozen=True, kw_only=True):
    """A dialect's rule with its expressions and paths compiled."""

    match: Expression | None
    each: Path | None
    candidate: Path | None
    numbered: bool
    rules: tuple[CompiledRule, ...]
    emit: str | None
    paths: tuple[tuple[str, Path], ...]
    literals: tuple[tuple[str, object], ...]


class CompiledReply(msgspec.Struct, frozen=True, kw_only=True):
    """How to read a reply, plain or streamed; the conditions are those of `StreamShape`."""

    rules: tuple[CompiledRule, ...]
    envelope: tuple[tuple[str, Path], ...]
    select: Expression | None = None
    end: Expression | None = None
    complete: Expression | None = None
    known: Expression | None = None


class CompiledUsage(msgspec.Struct, frozen=True, kw_only=True):
    """Where token counts are: for each field of `Usage`, the paths whose numbers are added."""

    fields: tuple[tuple[str, tuple[Path, ...]], ...]
    combine: str


class CompiledErrors(msgspec.Struct, frozen=True, kw_only=True):
    """Where an error's facts are, in the order they are tried."""

    facts: tuple[tuple[str, tuple[Path, ...]], ...]


class CompiledManifest(msgspec.Struct, frozen=True, kw_only=True):
    """Everything a call needs to know of a provider; immutable, shared by all calls."""

    manifest: ProtocolManifest
    dialect: Dialect
    reply: CompiledReply
    stream: CompiledReply
    usage: CompiledUsage
    errors: CompiledErrors
    termination: Mapping[str, str]

    @property
    def id(self) -> str:
        """The provider's id."""
        return self.manifest.id

    @property
    def origin(self) -> str:
        """Who a reply's opaque state comes from and may go back to: this provider and dialect."""
        return f"{self.manifest.id}:{self.dialect.dialect}"

    def endpoint(self, name: str) -> Endpoint | None:
        """Return the manifest's endpoint of that name."""
        return self.manifest.endpoints.get(name)

    def model(self, name: str) -> ModelEntry:
        """Return what the manifest says of a model; an empty entry for one it does not list."""
        return self.manifest.models.get(name) or _NO_ENTRY


_NO_ENTRY: Final = ModelEntry()


def compile_manifest(manifest: ProtocolManifest) -> CompiledManifest:
    """Compile `manifest` with the dialect it chooses.

    Raises:
        ProtocolError: no dialect is chosen, the dialect has an unknown or misshapen part, or an
            expression or path does not parse; the message names source and place.
    """
    dialect = _dialect(manifest)
    stream = dialect.stream
    try:
        return CompiledManifest(
            manifest=manifest,
            dialect=dialect,
            reply=CompiledReply(
                rules=_rules((*dialect.reply.rules, *dialect.reply.also)),
                envelope=_envelope(dialect.reply.envelope),
            ),
            stream=CompiledReply(
                rules=_rules((*stream.rules, *stream.also)),
                envelope=_envelope(stream.envelope),
                select=_condition(stream.select),
                end=_condition(stream.end),
                complete=_condition(stream.complete),
                known=_condition(stream.known),
            ),
            usage=_usage(dialect.usage),
            errors=_errors(dialect),
            termination=dialect.termination,
        )
    except ManifestSyntaxError as error:
        error.message = f"{manifest.source}: {error.message}"
        error.source = manifest.source
        raise


def _dialect(manifest: ProtocolManifest) -> Dialect:
    base: JsonObject = {"dialect": manifest.id}
    name = manifest.dialect or _chosen(manifest.hints)
    if name:
        base = bundled_dialect(name)
    elif not manifest.wire:
        raise ProtocolError(
            f"{manifest.source}: no wire dialect is chosen; set `dialect:` to one of "
            f"{', '.join(bundled_dialect_names())}, or describe one under `wire:`",
            source=manifest.source,
        )
    whole = patched(patched(base, overlay(manifest.raw)), manifest.wire)
    try:
        return msgspec.convert(whole, Dialect)
    except msgspec.ValidationError as error:
        raise ProtocolError(
            f"{manifest.source}: the wire dialect is misshapen: {error}", source=manifest.source
        ) from error


def _chosen(hints: Mapping[str, tuple[str, ...]]) -> str | None:
    """Return the bundled dialect whose `chosen_by` holds; payload_format is asked first."""
    for key, values in hints.items():
        for name in bundled_dialect_names():
            if not set(values).isdisjoint(bundled_dialect(name)["chosen_by"].get(key, ())):
                return name
    return None


def _condition(text: str | None) -> Expression | None:
    return None if text is None else compile_expression(text)


def _envelope(paths: Mapping[Literal["id", "model"], str]) -> tuple[tuple[str, Path], ...]:
    return tuple((name, compile_path(text)) for name, text in paths.items())


def _rules(rules: Iterable[Rule]) -> tuple[CompiledRule, ...]:
    return tuple(_rule(rule) for rule in rules)


def _rule(rule: Rule) -> CompiledRule:
    fields = {**rule.extract, **rule.fields}
    paths = {name: value for name, value in fields.items() if _is_path(value)}
    return CompiledRule(
        match=_condition(rule.match),
        each=compile_path(rule.each) if rule.each else None,
        candidate=compile_path(rule.candidate) if rule.candidate else None,
        numbered=rule.numbered,
        rules=_rules(rule.rules),
        emit=rule.emit,
        paths=tuple((name, compile_path(text)) for name, text in paths.items()),
        literals=tuple((name, value) for name, value in fields.items() if name not in paths),
    )


def _is_path(value: object) -> bool:
    return isinstance(value, str) and value.startswith(("$", "@"))


def _usage(shape: UsageShape) -> CompiledUsage:
    places = {
        "prompt_tokens": shape.prompt_tokens,
        "completion_tokens": shape.completion_tokens,
        "total_tokens": (shape.total_tokens,),
        "reasoning_tokens": (shape.reasoning_tokens,),
        "cache_read_tokens": (shape.cache_read_tokens,),
        "cache_write_tokens": (shape.cache_write_tokens,),
    }
    return CompiledUsage(
        fields=tuple(
            (name, tuple(compile_path(text) for text in texts if text))
            for name, texts in places.items()
            if any(texts)
        ),
        combine=shape.combine,
    )


def _errors(dialect: Dialect) -> CompiledErrors:
    facts = msgspec.structs.asdict(dialect.error)
    return CompiledErrors(
        facts=tuple(
            (name, tuple(compile_path(text) for text in texts)) for name, texts in facts.items()
        )
    )
