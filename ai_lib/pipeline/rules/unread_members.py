"""Finds the members of a frame that no rule reads.

A member is read when a rule whose conditions hold takes its value, and known when a condition names
it or the dialect lists it as ignored. What is null or empty says nothing.
"""

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple, TypeAlias
from weakref import WeakKeyDictionary

from ai_lib.protocol.compiled import CompiledResponse, CompiledRule
from ai_lib.protocol.query.expression import Condition, Expression
from ai_lib.protocol.query.path import JsonPath
from ai_lib.types.json import JsonDict, JsonValue

Keys: TypeAlias = tuple[str | int | None, ...]
Conditions: TypeAlias = tuple[Expression, ...]

# Fields that are texts or numbers: an object or a list in their place is not read by them.
_SCALAR_FIELDS: Final = frozenset(
    {
        *("candidate", "cited_text", "content", "data", "end", "expires_at", "extra"),
        *("finish_reason", "format", "id", "index", "media_type", "number", "part", "path"),
        *("phase", "redacted", "said", "signature", "source_id", "start", "thinking", "title"),
        *("tool_call_id", "tool_name", "total", "transcript", "url"),
    }
)
_CONTAINERS: Final = frozenset({dict, list})
_MOST_TRIES: Final = 256  # for one level: there are as many as conditions hold together


class UnreadMember(NamedTuple):
    """A member that no rule reads: its path in the frame, and its value."""

    path: str
    value: object


class _ReadPattern:
    """What is read at one place: all of it, some members, or what levels of rules read."""

    __slots__ = ("_resolved", "elements", "is_read", "levels", "members")

    def __init__(self) -> None:
        self.is_read = False
        self.members: dict[str, _ReadPattern] = {}
        self.elements: _ReadPattern | None = None
        self.levels: list[_ObjectRules] = []
        self._resolved: dict[tuple[bool, ...], _ReadPattern] = {}

    def descend(self, keys: Keys) -> "_ReadPattern":
        """Return the node at these keys, made where there is none."""
        node = self
        for key in keys:
            if isinstance(key, str):
                node = node.members.setdefault(key, _ReadPattern())
            else:
                node.elements = node.elements or _ReadPattern()
                node = node.elements
        return node

    def resolve(self, value: object, root: object) -> "_ReadPattern":
        """Return the node with what its levels read of a value, by the conditions that hold."""
        holding = tuple([holds(value, root) for level in self.levels for holds in level.conditions])
        node = self._resolved.get(holding)
        if node is None:
            node = self._merge_levels(holding)
            if len(self._resolved) < _MOST_TRIES:
                self._resolved[holding] = node
        return node.resolve(value, root) if node.levels else node

    def resolve_unconditionally(self) -> "_ReadPattern":
        """Return the node with what is read whatever a value holds, at every depth."""
        node = self
        while node.levels:
            node = node._merge_levels([False] * sum(len(level.conditions) for level in node.levels))
        resolved = _ReadPattern()
        resolved.is_read = node.is_read
        for name, member in node.members.items():
            resolved.members[name] = member.resolve_unconditionally()
        if node.elements is not None:
            resolved.elements = node.elements.resolve_unconditionally()
        return resolved

    def _merge_levels(self, holding: Sequence[bool]) -> "_ReadPattern":
        nodes: list[_ReadPattern] = [self]
        start = 0
        for level in self.levels:
            end = start + len(level.conditions)
            nodes.append(level.build_node(holding[start:end]))
            start = end
        merged = _merge(nodes)
        merged.levels = [level for node in nodes[1:] for level in node.levels]
        return merged


def _merge(nodes: Sequence[_ReadPattern]) -> _ReadPattern:
    """Return one node that reads what any of these does."""
    if len(nodes) == 1:
        return nodes[0]
    merged = _ReadPattern()
    merged.is_read = any(node.is_read for node in nodes)
    merged.levels = [level for node in nodes for level in node.levels]
    for name in dict.fromkeys(name for node in nodes for name in node.members):
        merged.members[name] = _merge(
            [node.members[name] for node in nodes if name in node.members]
        )
    elements = [node.elements for node in nodes if node.elements is not None]
    merged.elements = _merge(elements) if elements else None
    return merged


class _Entry(NamedTuple):
    """One path that is read where conditions hold: as a whole, by a level, or named only."""

    conditions: tuple[int, ...]
    keys: Keys
    is_read: bool
    level: "_ObjectRules | None"


class _ObjectRules:
    """The rules that read one kind of object; `candidate` is the path of its candidate index."""

    def __init__(self) -> None:
        self.candidate: JsonPath | None = None
        self.conditions: list[Condition] = []
        self._expressions: list[Expression] = []
        self._entries: list[_Entry] = []

    def add(
        self,
        conditions: Conditions,
        keys: Keys,
        *,
        is_read: bool,
        level: "_ObjectRules | None" = None,
    ) -> None:
        """Add a path that is read, or named, where the conditions hold."""
        for expression in conditions:
            if expression not in self._expressions:
                self._expressions.append(expression)
                self.conditions.append(expression.condition)
        positions = tuple(self._expressions.index(expression) for expression in conditions)
        self._entries.append(_Entry(positions, keys, is_read, level))

    def build_node(self, holding: Sequence[bool]) -> _ReadPattern:
        """Return what is read of an object for which these conditions hold."""
        node = _ReadPattern()
        for entry in self._entries:
            if all(holding[position] for position in entry.conditions):
                inner = node.descend(entry.keys)
                inner.is_read = inner.is_read or entry.is_read
                if entry.level is not None:
                    inner.levels.append(entry.level)
        return node


class UnreadMemberScanner:
    """Scans frames for the members that no rule of a response reads."""

    def __init__(self, response: CompiledResponse) -> None:
        root = _ObjectRules()
        self._root = _ReadPattern()
        self._root.levels.append(root)
        self._skips = response.skipped.condition if response.skipped is not None else None
        builder = _ObjectRulesBuilder(root)
        builder.add_rules((*response.rules, *response.finals), (), root)
        conditions = (response.select, response.end, response.complete, response.known)
        builder.name_paths(condition for condition in conditions if condition is not None)
        for _, path in response.envelope:
            builder.add_path(path, (), root, is_read=False)
        for path in response.ignored:
            builder.add_path(path, (), root, is_read=True)
        # Most frames hold nothing but what is always read: they need no condition and no path.
        self._always = self._root.resolve_unconditionally()

    def scan(self, frame: object) -> Sequence[UnreadMember]:
        """Return the members of a frame that no rule reads and the dialect does not ignore."""
        if type(frame) is not dict:
            return ()
        doubtful = _find_doubtful(frame, self._always)
        if not doubtful or (self._skips is not None and self._skips(frame, frame)):
            return ()
        members: list[UnreadMember] = []
        _scan(doubtful, self._root.resolve(frame, frame), frame, "$", members)
        return members


_SCANNERS: Final[WeakKeyDictionary[CompiledResponse, UnreadMemberScanner]] = WeakKeyDictionary()


def get_scanner(response: CompiledResponse) -> UnreadMemberScanner:
    """Return the scanner of a response's rules, made once."""
    scanner = _SCANNERS.get(response)
    if scanner is None:
        scanner = _SCANNERS[response] = UnreadMemberScanner(response)
    return scanner


class _ObjectRulesBuilder:
    """Turns rules into levels; paths that begin at `$` belong to the root's level."""

    def __init__(self, root: _ObjectRules) -> None:
        self._root = root

    def add_rules(
        self, rules: Iterable[CompiledRule], conditions: Conditions, level: _ObjectRules
    ) -> None:
        """Add what rules read of the objects of a level, where the conditions hold."""
        for rule in rules:
            rule_level, rule_conditions = level, conditions
            if rule.each is not None:
                rule_level, rule_conditions = _ObjectRules(), ()
                rule_level.candidate = rule.candidate
                self.add_path(rule.each, conditions, level, is_read=False, inner=rule_level)
                for path in (rule.candidate, rule.index):
                    if path is not None:
                        self.add_path(path, (), rule_level, is_read=False)
            if rule.match is not None:
                for path in rule.match.paths:
                    self.add_path(path, (), rule_level, is_read=False)
                rule_conditions = (*rule_conditions, rule.match)
            if rule.emit is not None:
                self._add_fields(rule, rule_conditions, rule_level)
            self.add_rules((*rule.rules, *rule.otherwise), rule_conditions, rule_level)

    def name_paths(self, expressions: Iterable[Expression]) -> None:
        """Add the paths that conditions on frames name."""
        for expression in expressions:
            for path in expression.paths:
                self.add_path(path, (), self._root, is_read=False)

    def add_path(
        self,
        path: JsonPath,
        conditions: Conditions,
        level: _ObjectRules,
        *,
        is_read: bool,
        inner: _ObjectRules | None = None,
    ) -> None:
        """Add a path; where it is more than names, indexes and wildcards, all it leads to."""
        if path.syntax.origin == "$" and level is not self._root:
            level, conditions = self._root, ()
        keys = tuple(segment.key for segment in path.syntax.segments)
        level.add(conditions, keys, is_read=is_read or not path.syntax.is_plain, level=inner)

    def _add_fields(self, rule: CompiledRule, conditions: Conditions, level: _ObjectRules) -> None:
        levels = [level]
        for path in rule.levels:
            levels.append(_ObjectRules())
            self.add_path(
                path, conditions if len(levels) == 2 else (), levels[-2], is_read=False,
                inner=levels[-1],
            )  # fmt: skip
        for name, depth, path in rule.paths:
            is_read = name not in _SCALAR_FIELDS
            self.add_path(path, () if depth else conditions, levels[depth], is_read=is_read)


def _find_doubtful(frame: JsonDict, node: _ReadPattern) -> JsonDict:
    """Return the members of a frame that a node without levels does not read to the last."""
    members = node.members
    return {
        name: value
        for name, value in frame.items()
        if (inner := members.get(name)) is None
        or not (inner.is_read or type(value) not in _CONTAINERS or _is_all_read(value, inner))
    }


def _is_all_read(value: JsonValue, node: _ReadPattern) -> bool:
    """Whether each member of an object or a list is read or known at a node without levels."""
    if type(value) is dict:
        return not _find_doubtful(value, node)
    elements = node.elements
    if elements is None:
        return not value
    if elements.is_read:
        return True
    return all(type(inner) in _CONTAINERS and _is_all_read(inner, elements) for inner in value)


def _scan(
    value: object, node: _ReadPattern, root: object, path: str, members: list[UnreadMember]
) -> None:
    """Add the members below an object or a list that is read at this node."""
    if node.levels:
        node = node.resolve(value, root)
    if node.is_read:
        return
    if isinstance(value, dict):
        member_nodes = node.members
        for name, inner in value.items():
            inner_node = member_nodes.get(name)
            if inner_node is None:
                if not _is_void(inner):
                    members.append(UnreadMember(f"{path}.{name}", inner))
            elif isinstance(inner, (dict, list)) and inner and not inner_node.is_read:
                _scan(inner, inner_node, root, f"{path}.{name}", members)
    elif isinstance(value, list):
        _scan_list(value, node.elements or _ReadPattern(), root, path, members)


def _scan_list(
    value: Sequence[object],
    node: _ReadPattern,
    root: object,
    path: str,
    members: list[UnreadMember],
) -> None:
    for position, element in enumerate(value):
        name = f"{path}[{_find_index(node, element, root, position)}]"
        if isinstance(element, (dict, list)):
            _scan(element, node, root, name, members)
        elif not (node.levels or node.is_read or _is_void(element)):
            members.append(UnreadMember(name, element))


def _is_void(value: object) -> bool:
    """Whether a value says nothing: it is null or empty, or holds nothing else."""
    pending = [value]  # no recursion: a value may be nested as deeply as JSON is read
    while pending:
        inner = pending.pop()
        if isinstance(inner, dict):
            pending += inner.values()
        elif isinstance(inner, list):
            pending += inner
        elif inner is not None and inner != "":
            return False
    return True


def _find_index(node: _ReadPattern, element: object, root: object, position: int) -> int:
    """Return the index of a candidate, or the position of any other element."""
    for level in node.levels:
        index = level.candidate.first(element, root) if level.candidate is not None else None
        if type(index) is int:
            return index
    return position
