"""Finds what a real provider would refuse in the body of a chat request.

A dialect says it twice: `request.constraints`, which the client heeds before it sends, and
`serve.accepts`, what no client of this library sends.
"""

from collections.abc import Iterator, Sequence

from ai_lib.protocol.dialect.constraints import CompiledConstraintRule
from ai_lib.protocol.query.expression import compile_expression
from ai_lib.protocol.query.path import compile_path
from ai_lib.testing.mock.providers import MockedProvider
from ai_lib.testing.mock.reply import Reply
from ai_lib.testing.mock.serve_shape import AcceptanceShape
from ai_lib.types.json import JsonDict, JsonObject


def find_refusal(provider: MockedProvider, body: JsonDict, model: str | None) -> Reply | None:
    """Return the error reply to a request that the provider refuses, None where it accepts it.

    `model` is given by the path; without it, by the body.
    """
    for rule in provider.serve.accepts.values():
        if _is_refused(rule, body):
            return Reply(status=rule.status, error=rule.message, code=rule.code, type=rule.type)
    name = model or body.get("model")
    problem = next(_list_conflicts(provider, body, name if isinstance(name, str) else ""), None)
    return None if problem is None else Reply(status=400, error=problem)


def _is_refused(rule: AcceptanceShape, body: JsonObject) -> bool:
    if rule.when is not None and compile_expression(rule.when)(body, body):
        return True
    roles = compile_path(rule.roles).select(body) if rule.roles else []
    is_unknown = bool(rule.among) and not all(
        isinstance(role, str) and role in rule.among for role in roles
    )
    return is_unknown or _is_out_of_order(rule, roles)


def _is_out_of_order(rule: AcceptanceShape, roles: Sequence[object]) -> bool:
    """Whether a role stands behind one that may not precede it; the first stands behind ''."""
    pairs = zip(["", *roles], roles, strict=False)
    return any(
        role in rule.after and before not in rule.after[role]
        for before, role in pairs
        if isinstance(role, str)
    )


def _list_conflicts(provider: MockedProvider, body: JsonDict, model: str) -> Iterator[str]:
    """Yield why the provider refuses a body that a constraint of the model holds for."""
    constraints = provider.compiled.find_model(model).constraints
    facts: JsonDict = {"model": model, "stream": body.get("stream") is True, "parameters": {}}
    for constraint in constraints.rules if constraints is not None else ():
        if _is_conflict(constraint, facts, body):
            yield f"{constraint.rule.why}."


def _is_conflict(constraint: CompiledConstraintRule, facts: JsonDict, body: JsonDict) -> bool:
    if constraint.condition is None or constraint.rule.family is not None:
        return False
    return constraint.needs <= body.keys() and constraint.condition(facts, body)
