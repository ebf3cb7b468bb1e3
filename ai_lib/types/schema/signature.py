"""A Python function's signature: the JSON Schema of a tool, and arguments to call it with."""

import inspect
from collections.abc import Callable, Mapping
from typing import Annotated, Any, Final, Union, get_args, get_origin, get_type_hints

import msgspec

from ai_lib.errors.exceptions import ValidationError
from ai_lib.types.json import JsonDict, JsonObject
from ai_lib.types.problem import Problem, pointer_of, problems_of
from ai_lib.types.schema.docstring import describe_parameters
from ai_lib.types.schema.schema import from_json, schema_of_type

_PLAIN: Final = (str, int, float, bool, type(None))


class Signature:
    """What a function takes, told from its annotations and docstring.

    Raises:
        TypeError: it takes *args or **kwargs, or an annotation can't be resolved.
    """

    def __init__(self, function: Callable[..., object]) -> None:
        self._function = function
        self._parameters = inspect.signature(function).parameters
        self._hints = _hints(function)
        for name, parameter in self._parameters.items():
            if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
                raise TypeError(f"a tool can't take *args or **kwargs, as {name!r} does")

    def schema(self) -> JsonObject:
        """Return the JSON Schema of the parameters.

        Raises:
            TypeError: an annotation has no schema.
        """
        fields = [self._field(name, parameter) for name, parameter in self._parameters.items()]
        shape = msgspec.defstruct("Parameters", fields, kw_only=True)
        try:
            own = schema_of_type(shape)
        except TypeError as error:
            what = f"the parameters of {name_of(self._function)}() have no schema: {error}"
            raise TypeError(what) from error
        own.pop("title", None)
        said = describe_parameters(self._function)
        for name, place in own["properties"].items():
            if name in said:
                place.setdefault("description", said[name])
        return own

    def bind(self, arguments: JsonObject) -> tuple[tuple[object, ...], JsonDict]:
        """Return a call's arguments as the function takes them, positional and named.

        Raises:
            ValidationError: one is missing, unknown, or does not fit its annotation; all such are
                in `problems`, each with its JSON pointer.
        """
        known = ", ".join(self._parameters) or "none"
        problems = [
            Problem(
                pointer=pointer_of([name]),
                message=f"is not a parameter; the parameters are {known}",
                allowed=known,
            )
            for name in arguments
            if name not in self._parameters
        ]
        positional: list[object] = []
        named: JsonDict = {}
        for name, parameter in self._parameters.items():
            if name not in arguments:
                if parameter.default is parameter.empty:
                    problems.append(Problem(pointer=pointer_of([name]), message="is missing"))
                elif parameter.kind is parameter.POSITIONAL_ONLY:
                    positional.append(parameter.default)
                continue
            value = self._converted(name, arguments[name], problems)
            if parameter.kind is parameter.POSITIONAL_ONLY:
                positional.append(value)
            else:
                named[name] = value
        if problems:
            said = [str(problem) for problem in problems]
            raise ValidationError(f"the arguments do not fit: {'; '.join(said)}", problems=said)
        return tuple(positional), named

    def _converted(self, name: str, value: object, problems: list[Problem]) -> object:
        try:
            return from_json(value, self._hints.get(name, Any))
        except ValueError as error:  # msgspec's and pydantic's own are ValueErrors
            problems.extend(problems_of(error, pointer_of([name])))
            return None

    def _field(
        self, name: str, parameter: inspect.Parameter
    ) -> tuple[str, object] | tuple[str, object, object]:
        annotation = self._hints.get(name, Any)
        default = parameter.default
        if default is parameter.empty:
            return (name, annotation)
        if isinstance(default, _PLAIN) or default in ([], {}):
            return (name, annotation, default)
        # A value that the schema need not show, such as an object of one's own.
        return (name, annotation, msgspec.field(default_factory=lambda: default))


def name_of(function: Callable[..., object]) -> str:
    """Return the name of a function, or of the class of an object that is called."""
    inner: object = getattr(function, "func", function)  # what a partial one completes
    return str(getattr(inner, "__name__", None) or type(inner).__name__)


def _hints(function: Callable[..., object]) -> Mapping[str, Any]:
    annotated: object = getattr(function, "func", function)  # what a partial one completes
    if not inspect.isroutine(annotated):
        annotated = type(annotated).__call__  # an object that is called
    try:
        found = get_type_hints(annotated, include_extras=True)
    except NameError as error:
        name = name_of(function)
        raise TypeError(f"an annotation of {name}() can't be resolved: {error}") from error
    found.pop("return", None)
    return {name: _without_notes(hint) for name, hint in found.items()}


def _without_notes(hint: Any) -> Any:
    """Return the hint as msgspec reads it: what others write in `Annotated` becomes its `Meta`."""
    if get_origin(hint) is Union and Any in get_args(hint):
        return Any  # Python 3.10 adds None to the hint of whatever has None for its default
    if get_origin(hint) is not Annotated:
        return hint
    text = next(filter(None, map(_note, hint.__metadata__)), None)
    kept = [one for one in hint.__metadata__ if isinstance(one, msgspec.Meta)]
    if text and not any(one.description for one in kept):
        kept.append(msgspec.Meta(description=text))
    bare = get_args(hint)[0]
    for one in kept:
        bare = Annotated[bare, one]
    return bare


def _note(one: object) -> str | None:
    if isinstance(one, str):
        return one
    text = getattr(one, "description", None)
    return text if isinstance(text, str) else None
