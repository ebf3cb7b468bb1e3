"""Applies a model's constraints to the body of a request."""

import msgspec

from ai_lib.errors.exceptions import CapabilityError
from ai_lib.protocol.compiled import CompiledManifest
from ai_lib.protocol.dialect.constraints import CompiledConstraintRule, ConstraintRule
from ai_lib.protocol.model import Model
from ai_lib.request.fragments import Body, set_path
from ai_lib.types.json import JsonDict, find_member
from ai_lib.types.request import ChatRequest


class ConstraintOutcome(msgspec.Struct, kw_only=True):
    """What the constraints of a request came to: `notes` on what they changed in its body.

    With `compiled`, the request is to be built for that API family instead. With `refusal`, it
    can't be sent.
    """

    notes: list[str]
    compiled: CompiledManifest | None = None
    refusal: CapabilityError | None = None


def apply_constraints(
    body: Body, request: ChatRequest, compiled: CompiledManifest, model: Model
) -> ConstraintOutcome:
    """Change a body as the model's constraints demand, in their order, up to one that ends it."""
    outcome = ConstraintOutcome(notes=[])
    facts: JsonDict = {
        "model": model.name,
        "stream": request.stream,
        "parameters": dict(request.parameters),
    }
    rules = model.constraints.rules if model.constraints is not None else ()
    for constraint in rules:
        condition, rule = constraint.condition, constraint.rule
        if not constraint.needs <= body.keys() or (condition and not condition(facts, body)):
            continue
        subject = f"{compiled.id}/{model.name}"
        if rule.family is not None:
            if _choose_family(constraint, compiled, outcome, subject):
                return outcome
        elif rule.refuse is not None:
            outcome.refusal = _make_refusal(rule, rule.refuse, compiled, subject)
            return outcome
        else:
            outcome.notes += _change(body, rule)
    return outcome


def _choose_family(
    constraint: CompiledConstraintRule,
    compiled: CompiledManifest,
    outcome: ConstraintOutcome,
    subject: str,
) -> bool:
    """Set the API family that a constraint asks for; whether that, or a refusal, ends it."""
    rule, manifest = constraint.rule, compiled.manifest
    if rule.family not in manifest.api_families:
        return False
    if manifest.chosen_family is not None:
        remedy = f"choose the API family {rule.family!r}, or none"
        remedy = f"{remedy}; or {rule.refuse}" if rule.refuse else remedy
        outcome.refusal = _make_refusal(rule, remedy, compiled, subject)
        return True
    outcome.compiled = compiled.find_family(rule.family)
    outcome.notes = [f"asked by the API family {rule.family}: {rule.why}"]
    return True


def _make_refusal(
    rule: ConstraintRule, remedy: str, compiled: CompiledManifest, subject: str
) -> CapabilityError:
    return CapabilityError(
        f"{subject}: {rule.why}, so nothing was sent; {remedy}",
        capability=rule.capability,
        provider=compiled.id,
    )


def _change(body: Body, rule: ConstraintRule) -> list[str]:
    """Change a body as one constraint demands, and return what was changed."""
    notes = [
        f"{path} left out: {rule.why}" for path in rule.drop if _remove_path(body, path.split("."))
    ]
    for path, value in rule.values.items():
        set_path(body, path, value)
        notes.append(f"{path} set to {_describe(value)}: {rule.why}")
    for path, other in rule.sums.items():
        before = _read_number(body, path)
        after = before + _read_number(body, other)
        set_path(body, path, after)
        notes.append(f"{path} raised from {before} to {after}: {rule.why}")
    return notes


def _describe(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _read_number(body: Body, path: str) -> int:
    number = find_member(body, path)
    return number if isinstance(number, int) else 0


def _remove_path(node: JsonDict, names: list[str]) -> bool:
    """Remove a member, and the objects above it that are empty then; whether it was there."""
    name, *others = names
    if name not in node:
        return False
    if not others:
        del node[name]
        return True
    inner = node[name]
    if not isinstance(inner, dict) or not _remove_path(inner, others):
        return False
    if not inner:
        del node[name]
    return True
