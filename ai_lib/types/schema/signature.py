"""The signature of a Python function: its JSON Schema, and the conversion of arguments."""

import functools
import inspect
from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import Annotated, Any, get_type_hints

from ai_lib.errors.exceptions import ValidationError
from ai_lib.types.json import JsonDict, JsonObject, is_object
from ai_lib.types.problem import Problem, make_pointer
from ai_lib.types.schema.class_members import is_field_info
from ai_lib.types.schema.compiler import TypeReaderBuilder
from ai_lib.types.schema.default_values import MISSING_DEFAULT, describe_default
from ai_lib.types.schema.definitions import DefinitionStore
from ai_lib.types.schema.docstring import describe_parameters
from ai_lib.types.schema.plain_readers import AnyReader, NullReader
from ai_lib.types.schema.reading import MISFIT, ReadContext, TypeReader
from ai_lib.types.schema.type_names import TypeForm, read_annotations
from ai_lib.types.schema.union_reader import UnionReader


class Signature:
    """The parameters of a function, by its annotations and docstring.

    What a partial function has bound is no parameter.

    Raises:
        TypeError: the function takes *args or **kwargs, an annotation can't be resolved, or JSON
            can't say it.
    """

    def __init__(self, function: Callable[..., object]) -> None:
        self._function = function
        bound_names = list_bound_names(function)
        self._fields: dict[str, Any] = {}
        self._model_fields = _list_model_fields(function)
        self._parameters: dict[str, inspect.Parameter] = {}
        for name, parameter in inspect.signature(function).parameters.items():
            if name not in bound_names:
                self._parameters[name] = self._read_parameter(name, parameter)
        for name, parameter in self._parameters.items():
            if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
                raise TypeError(f"a tool can't take *args or **kwargs, as {name!r} does")
        self._readers = self._make_readers()

    def _read_parameter(self, name: str, parameter: inspect.Parameter) -> inspect.Parameter:
        """Return a parameter with its default; that of pydantic's `Field(...)` is inside it."""
        field: Any = parameter.default
        if not is_field_info(field):
            field = self._model_fields.get(name)
        if field is None:
            return parameter
        self._fields[name] = field
        if field.is_required():
            return parameter.replace(default=parameter.empty)
        return parameter.replace(default=field.get_default(call_default_factory=True))

    def schema(self) -> JsonObject:
        """Return the JSON Schema of the parameters."""
        definitions = DefinitionStore()
        texts = describe_parameters(get_documented_function(self._function))
        properties: JsonDict = {}
        required: list[str] = []
        for name, parameter in self._parameters.items():
            described = self._readers[name].describe(definitions)
            if parameter.default is parameter.empty:
                required.append(name)
            else:
                default = describe_default(parameter.default)
                if default is not MISSING_DEFAULT:
                    described = {**described, "default": default}
            if name in texts and "description" not in described:
                described = {**described, "description": texts[name]}
            properties[name] = described
        root: JsonDict = {"type": "object", "properties": properties, "required": required}
        return definitions.finish(root)

    def bind(
        self, arguments: JsonObject, reading: ReadContext | None = None
    ) -> tuple[tuple[object, ...], JsonDict]:
        """Return a call's arguments as the function takes them, positional and named.

        Raises:
            ValidationError: one is missing, unknown, or does not fit its annotation; all such are
                in `problems`, each with its JSON pointer.
        """
        reading = ReadContext() if reading is None else reading
        self._refuse_unknown(arguments, reading)
        positional: list[object] = []
        by_name: JsonDict = {}
        for name, parameter in self._parameters.items():
            if self._is_absent(name, arguments, reading):
                if parameter.default is parameter.empty:
                    reading.refuse(make_pointer([name]), "is missing")
                elif parameter.kind is parameter.POSITIONAL_ONLY:
                    positional.append(self._get_default(name))
                elif name in self._fields and not self._model_fields:
                    by_name[name] = self._get_default(name)
                continue
            value = self._readers[name].read(arguments[name], make_pointer([name]), reading)
            if parameter.kind is parameter.POSITIONAL_ONLY:
                positional.append(value)
            else:
                by_name[name] = value
        if reading.problems:
            texts = [str(problem) for problem in reading.problems]
            raise ValidationError(f"the arguments do not fit: {'; '.join(texts)}", problems=texts)
        return tuple(positional), by_name

    def _get_default(self, name: str) -> object:
        """Return a default; a factory makes it anew for each call."""
        field = self._fields.get(name)
        if field is None:
            return self._parameters[name].default
        default: object = field.get_default(call_default_factory=True)
        return default

    def _refuse_unknown(self, arguments: JsonObject, reading: ReadContext) -> None:
        names = ", ".join(self._parameters) or "none"
        reading.problems += [
            Problem(
                pointer=make_pointer([name]),
                message=f"is not a parameter; the parameters are {names}",
                allowed=names,
            )
            for name in arguments
            if name not in self._parameters
        ]

    def _is_absent(self, name: str, arguments: JsonObject, reading: ReadContext) -> bool:
        """Whether an argument is left out; null says so too, where a lenient reading allows it."""
        if name not in arguments:
            return True
        has_default = self._parameters[name].default is not inspect.Parameter.empty
        if arguments[name] is not None or not reading.coerce or not has_default:
            return False
        if self._readers[name].read(None, "", ReadContext()) is not MISFIT:
            return False
        reading.adaptations.append(f"{make_pointer([name])}: null was read as absent")
        return True

    def _make_readers(self) -> dict[str, TypeReader]:
        holder = _find_holder(self._function)
        scope = {**getattr(holder, "__globals__", {}), **_read_closure(holder)}
        hints = _read_class_hints(self._function)
        hints |= _read_hints(self._function, holder, scope, self._parameters)
        compiler = TypeReaderBuilder(scope)
        readers: dict[str, TypeReader] = {}
        for name, parameter in self._parameters.items():
            try:
                field = self._fields.get(name)
                hint = hints.get(name, Any if field is None else field.annotation)
                if field is not None:
                    annotated = hint, *_list_field_notes(field)
                    hint = Annotated[annotated]
                reader = compiler.make(hint)
            except TypeError as error:
                function_name = get_function_name(self._function)
                raise TypeError(
                    f"the parameter {name!r} of {function_name}() has no schema: {error}"
                ) from error
            if parameter.default is None and not _takes_null(reader):
                reader = UnionReader([reader, NullReader()])
            readers[name] = reader
        return readers


def _takes_null(reader: TypeReader) -> bool:
    if isinstance(reader, AnyReader | NullReader | UnionReader):
        return True
    schema = reader.describe(DefinitionStore())
    return {"type": "null"} in (schema, *schema.get("anyOf", ()))


def get_function_name(function: Callable[..., object]) -> str:
    """Return the name of a function, or of the class of an object that is called."""
    inner: object = getattr(function, "func", function)  # what a partial one completes
    return str(getattr(inner, "__name__", None) or type(inner).__name__)


def get_inner_function(function: Callable[..., object]) -> Callable[..., object]:
    """Return the function that a partial one completes, or the function itself."""
    while isinstance(function, functools.partial):
        function = function.func
    return function


def get_documented_function(function: Callable[..., object]) -> Callable[..., object]:
    """Return what says what a function does: of an object that is called, its `__call__`."""
    inner = get_inner_function(function)
    if isinstance(inner, type) or inspect.isroutine(inner):
        return inner
    method: Callable[..., object] = type(inner).__call__
    return method if method.__doc__ else inner


def _list_model_fields(function: Callable[..., object]) -> dict[str, Any]:
    """Return the fields of a function that is a model of pydantic, by the names it is made with."""
    fields = getattr(get_inner_function(function), "model_fields", None)
    if not is_object(fields) or not isinstance(get_inner_function(function), type):
        return {}
    return {
        name: field
        for field_name, field in fields.items()
        for name in (field_name, field.alias)
        if name
    }


def _list_field_notes(field: Any) -> tuple[object, ...]:
    """Return what a field says of its values, as notes; its names are the parameter's own."""
    if field.alias is None and field.validation_alias is None:
        return (field,)
    texts = () if field.description is None else (field.description,)
    return (*field.metadata, *texts) or (None,)


def _read_class_hints(function: Callable[..., object]) -> dict[str, TypeForm]:
    """Return the annotations of a class that is called, whose `__init__` may have none."""
    holder = get_inner_function(function)
    if not isinstance(holder, type):
        return {}
    try:
        return get_type_hints(holder, include_extras=True)
    except NameError:
        return {}  # those that are needed are looked up again


def list_bound_names(function: Callable[..., object]) -> frozenset[str]:
    """Return the names of the arguments that partial functions have bound."""
    bound: set[str] = set()
    while isinstance(function, functools.partial):
        bound |= function.keywords.keys()
        function = function.func
    return frozenset(bound)


def _find_holder(function: Callable[..., object]) -> Callable[..., object]:
    """Return the function as it was written, which has the annotations."""
    holder: Any = get_inner_function(function)
    if isinstance(holder, type):
        holder = inspect.getattr_static(holder, "__init__")
    elif not inspect.isroutine(holder):
        holder = type(holder).__call__
    written: Callable[..., object] = inspect.unwrap(getattr(holder, "__func__", holder))
    return written


def _read_hints(
    function: Callable[..., object],
    holder: Callable[..., object],
    scope: dict[str, object],
    names: Mapping[str, object],
) -> dict[str, TypeForm]:
    """Return the annotations of the parameters; that of another name need not be resolved."""
    hints: dict[str, TypeForm] = {}
    for name, annotation in read_annotations(holder).items():
        if name in names:
            alone: Any = SimpleNamespace(__annotations__={name: annotation})
            try:
                hints |= get_type_hints(alone, scope, include_extras=True)
            except NameError as error:
                raise TypeError(
                    f"the annotation of {name!r} of {get_function_name(function)}() can't be "
                    f"resolved: {error}; import the name, or define it at the top of its module, "
                    "outside of TYPE_CHECKING"
                ) from error
    return hints


def _read_closure(function: Callable[..., object]) -> Mapping[str, object]:
    """Return the names of the enclosing functions that a function uses."""
    names = getattr(getattr(function, "__code__", None), "co_freevars", ())
    cells = getattr(function, "__closure__", None) or ()
    variables: dict[str, object] = {}
    for name, cell in zip(names, cells, strict=False):
        try:
            variables[name] = cell.cell_contents
        except ValueError:
            continue  # not set yet
    return variables
