"""The signature of a Python function: its JSON Schema, and the conversion of arguments."""

import inspect
from collections.abc import Callable, Mapping
from typing import Annotated, Any, Final, Union, get_args, get_origin, get_type_hints

import msgspec

from ai_lib.errors.exceptions import ValidationError
from ai_lib.types.json import JsonDict, JsonObject
from ai_lib.types.problem import Problem, make_pointer, read_problems
from ai_lib.types.schema.docstring import describe_parameters
from ai_lib.types.schema.schema import from_json, make_schema

_PLAIN: Final = (str, int, float, bool, type(None))


class Signature:
    """The parameters of a function, by its annotations and docstring.

    Raises:
        TypeError: the function takes *args or **kwargs, or an annotation can't be resolved.
    """

    def __init__(self, function: Callable[..., object]) -> None:
        self._function = function
        self._parameters = inspect.signature(function).parameters
        self._hints = _read_hints(function)
        for name, parameter in self._parameters.items():
            if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
                raise TypeError(f"a tool can't take *args or **kwargs, as {name!r} does")

    def schema(self) -> JsonObject:
        """Return the JSON Schema of the parameters.

        Raises:
            TypeError: an annotation has no schema.
        """
        fields = [self._make_field(name, parameter) for name, parameter in self._parameters.items()]
        struct = msgspec.defstruct("Parameters", fields, kw_only=True)
        try:
            schema = make_schema(struct)
        except TypeError as error:
            name = get_function_name(self._function)
            raise TypeError(f"the parameters of {name}() have no schema: {error}") from error
        schema.pop("title", None)
        descriptions = describe_parameters(self._function)
        for name, property_schema in schema["properties"].items():
            if name in descriptions:
                property_schema.setdefault("description", descriptions[name])
        return schema

    def bind(self, arguments: JsonObject) -> tuple[tuple[object, ...], JsonDict]:
        """Return a call's arguments as the function takes them, positional and named.

        Raises:
            ValidationError: one is missing, unknown, or does not fit its annotation; all such are
                in `problems`, each with its JSON pointer.
        """
        parameter_names = ", ".join(self._parameters) or "none"
        problems = [
            Problem(
                pointer=make_pointer([name]),
                message=f"is not a parameter; the parameters are {parameter_names}",
                allowed=parameter_names,
            )
            for name in arguments
            if name not in self._parameters
        ]
        positional: list[object] = []
        by_name: JsonDict = {}
        for name, parameter in self._parameters.items():
            if name not in arguments:
                if parameter.default is parameter.empty:
                    problems.append(Problem(pointer=make_pointer([name]), message="is missing"))
                elif parameter.kind is parameter.POSITIONAL_ONLY:
                    positional.append(parameter.default)
                continue
            value = self._convert(name, arguments[name], problems)
            if parameter.kind is parameter.POSITIONAL_ONLY:
                positional.append(value)
            else:
                by_name[name] = value
        if problems:
            texts = [str(problem) for problem in problems]
            raise ValidationError(f"the arguments do not fit: {'; '.join(texts)}", problems=texts)
        return tuple(positional), by_name

    def _convert(self, name: str, value: object, problems: list[Problem]) -> object:
        try:
            return from_json(value, self._hints.get(name, Any))
        except ValueError as error:  # msgspec's and pydantic's own are ValueErrors
            problems.extend(read_problems(error, make_pointer([name])))
            return None

    def _make_field(
        self, name: str, parameter: inspect.Parameter
    ) -> tuple[str, object] | tuple[str, object, object]:
        annotation = self._hints.get(name, Any)
        default = parameter.default
        if default is parameter.empty:
            return (name, annotation)
        if isinstance(default, _PLAIN) or default in ([], {}):
            return (name, annotation, default)
        # A value that the schema need not show, such as an object.
        return (name, annotation, msgspec.field(default_factory=lambda: default))


def get_function_name(function: Callable[..., object]) -> str:
    """Return the name of a function, or of the class of an object that is called."""
    inner: object = getattr(function, "func", function)  # what a partial one completes
    return str(getattr(inner, "__name__", None) or type(inner).__name__)


def _read_hints(function: Callable[..., object]) -> Mapping[str, Any]:
    annotated: object = getattr(function, "func", function)  # what a partial one completes
    if not inspect.isroutine(annotated):
        annotated = type(annotated).__call__  # an object that is called
    try:
        hints = get_type_hints(annotated, include_extras=True)
    except NameError as error:
        name = get_function_name(function)
        raise TypeError(f"an annotation of {name}() can't be resolved: {error}") from error
    hints.pop("return", None)
    return {name: _keep_meta(hint) for name, hint in hints.items()}


def _keep_meta(hint: Any) -> Any:
    """Return the hint as msgspec reads it: other notes in `Annotated` become its `Meta`."""
    if get_origin(hint) is Union and Any in get_args(hint):
        return Any  # Python 3.10 adds None to the hint of a parameter that is None by default
    if get_origin(hint) is not Annotated:
        return hint
    text = next(filter(None, map(_read_note, hint.__metadata__)), None)
    metas = [note for note in hint.__metadata__ if isinstance(note, msgspec.Meta)]
    if text and not any(meta.description for meta in metas):
        metas.append(msgspec.Meta(description=text))
    annotated = get_args(hint)[0]
    for meta in metas:
        annotated = Annotated[annotated, meta]
    return annotated


def _read_note(note: object) -> str | None:
    if isinstance(note, str):
        return note
    text = getattr(note, "description", None)
    return text if isinstance(text, str) else None
