"""Tells which rules can match an object by the names of its members alone."""

from collections.abc import Collection

from ai_lib.protocol.compiled import CompiledRule
from ai_lib.protocol.query.expression_grammar import AllOf, AnyOf, Comparison, Exists, Literal, Tree
from ai_lib.protocol.query.path import JsonPath

Members = Collection[str]


def may_match(rule: CompiledRule, members: Members, at_root: bool) -> bool:
    """Say whether a rule can find something in an object with these members.

    True is always safe; False says that the rule would find nothing. `at_root` says that the
    object is the frame itself, so that `$` means it too.
    """
    if rule.each is not None:
        return _may_select(rule.each, members, at_root)
    if rule.match is not None and not _may_hold(rule.match.tree, members, at_root):
        return False
    if rule.emit is not None:
        matches = _may_emit(rule, members, at_root)
    else:
        matches = any(may_match(nested, members, at_root) for nested in rule.rules)
    return matches or any(may_match(other, members, at_root) for other in rule.otherwise)


def emits_without_fields(rule: CompiledRule) -> bool:
    """Say whether a rule emits its event without any field, as matched ends and errors do."""
    return not rule.paths or (rule.match is not None and rule.emit in ("StreamEnd", "StreamError"))


def _may_emit(rule: CompiledRule, members: Members, at_root: bool) -> bool:
    if rule.levels:
        return _may_select(rule.levels[0], members, at_root)
    if emits_without_fields(rule):
        return True
    return any(_may_select(path, members, at_root) for _, _, path in rule.paths)


def _may_hold(tree: Tree, members: Members, at_root: bool) -> bool:
    match tree:
        case Exists(path):
            return _may_select(path, members, at_root)
        case AllOf(parts):
            return all(_may_hold(part, members, at_root) for part in parts)
        case AnyOf(parts):
            return any(_may_hold(part, members, at_root) for part in parts)
        case Comparison(JsonPath() as path, "==", Literal(str())):
            return _may_select(path, members, at_root)
        case _:
            return True


def _may_select(path: JsonPath, members: Members, at_root: bool) -> bool:
    segments, origin = path.syntax.segments, path.syntax.origin
    key = segments[0].key if segments and (at_root or origin == "@") else None
    return key in members if isinstance(key, str) else True
