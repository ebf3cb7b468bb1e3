"""Reads values of one type out of several."""

from collections.abc import Sequence

from ai_lib.types.json import JsonDict, JsonValue
from ai_lib.types.problem import Problem
from ai_lib.types.schema.definitions import DefinitionStore
from ai_lib.types.schema.reading import MISFIT, ReadContext, TypeReader, name_json_type


class UnionReader(TypeReader):
    """One of several types: of those that fit, the one to which the value belongs best.

    A number is an `int` rather than a `float`, a text a date or a choice rather than a `str`, an
    object the type that has most of its members; else the first that fits.
    """

    def __init__(self, alternatives: Sequence[TypeReader]) -> None:
        self._alternatives = alternatives

    def describe(self, definitions: DefinitionStore) -> JsonDict:
        schemas: list[JsonDict] = []
        for alternative in self._alternatives:
            schema = alternative.describe(definitions)
            if not schema:
                return {}
            inner = schema["anyOf"] if schema.keys() == {"anyOf"} else [schema]
            schemas += [branch for branch in inner if branch not in schemas]
        # Null last, as readers of schemas expect it.
        schemas.sort(key=lambda schema: schema == {"type": "null"})
        return schemas[0] if len(schemas) == 1 else {"anyOf": schemas}

    def read(self, value: JsonValue, pointer: str, reading: ReadContext) -> object:
        failures: list[list[Problem]] = []
        best, best_rank = MISFIT, -100
        for alternative in self._alternatives:
            attempt = ReadContext()
            result = alternative.read(value, pointer, attempt)
            if result is MISFIT:
                failures.append(attempt.problems)
            elif (rank := alternative.rank(value)) > best_rank:
                best, best_rank = result, rank
        if best is not MISFIT:
            return best
        if reading.coerce:
            for alternative in self._alternatives:
                attempt = ReadContext(coerce=True)
                result = alternative.read(value, pointer, attempt)
                if result is not MISFIT:
                    reading.adaptations += attempt.adaptations
                    return result
        return self._refuse(value, pointer, failures, reading)

    def _refuse(
        self, value: JsonValue, pointer: str, failures: list[list[Problem]], reading: ReadContext
    ) -> object:
        """Add the problems of the alternative that is closest to the value."""
        closest = [
            problems
            for problems in failures
            if problems and not any(problem.pointer == pointer for problem in problems)
        ]
        if len(closest) == 1 or (closest and isinstance(value, dict)):
            reading.problems += sorted(closest, key=_count)[0]
            return MISFIT
        kinds = [problems for problems in failures if not _is_of_another_type(problems, pointer)]
        if len(kinds) == 1:
            reading.problems += kinds[0]
            return MISFIT
        names = self.name()
        message = f"Expected {names}, got {name_json_type(value)}"
        if kinds and not isinstance(value, dict):  # of the right type, beyond its bounds
            reasons = [problem.message for problems in kinds for problem in problems[:1]]
            message = "; or ".join(list(dict.fromkeys(reasons))[:3])
        if isinstance(value, dict) and failures:
            texts = "; ".join(problem.message for problem in sorted(failures, key=_count)[0][:3])
            message = f"fits none of {names} ({texts})"
        return reading.refuse(pointer, message, names)

    def rank(self, value: JsonValue) -> int:
        ranks = [
            reader.rank(value)
            for reader in self._alternatives
            if reader.read(value, "", ReadContext()) is not MISFIT
        ]
        return max(ranks, default=0)

    def name(self) -> str:
        return " | ".join(dict.fromkeys(reader.name() for reader in self._alternatives))


def _count(problems: Sequence[Problem]) -> int:
    return len(problems)


def _is_of_another_type(problems: Sequence[Problem], pointer: str) -> bool:
    """Whether the value as a whole is of another type, not beyond the bounds of this one."""
    return any(
        problem.pointer == pointer
        and problem.message.startswith("Expected ")
        and ", got " in problem.message
        for problem in problems
    )
