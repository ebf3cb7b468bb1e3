"""Takes a key out of an error: a provider may have said it back."""

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from ai_lib.errors.exceptions import AiLibError
from ai_lib.transport.errors import strip_tracebacks
from ai_lib.types.secret import forms_of
from ai_lib.types.wire import MIN_SECRET_LENGTH

_SHOWN = "***"


def redact(error: AiLibError, secret: str | None) -> None:
    """Replace the key with `***` in everything the error holds.

    Where it was, the tracebacks go as well, and what is behind the error: they hold what the
    provider said.
    """
    if secret is None or len(secret) < MIN_SECRET_LENGTH:
        return
    forms = forms_of(secret)
    said = "".join(repr((one.args, vars(one))) for one in _chain(error))
    if not any(form in said for form in forms):
        return
    strip_tracebacks(error)
    error.__cause__ = error.__context__ = None
    error.args = tuple(_without(forms, value) for value in error.args)
    for name, value in vars(error).items():
        setattr(error, name, _without(forms, value))


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _without(forms: Sequence[str], value: object) -> object:
    if isinstance(value, str):
        for form in forms:
            value = value.replace(form, _SHOWN)
        return value
    if isinstance(value, bytes):
        for form in forms:
            value = value.replace(form.encode(), _SHOWN.encode())
        return value
    if isinstance(value, Mapping):
        return {_without(forms, key): _without(forms, held) for key, held in value.items()}
    if isinstance(value, list):
        return [_without(forms, held) for held in value]
    if type(value) is tuple:
        return tuple(_without(forms, held) for held in value)
    if isinstance(value, msgspec.Struct):  # what was received before the error
        fields = {name: _without(forms, getattr(value, name)) for name in value.__struct_fields__}
        return msgspec.structs.replace(value, **fields)
    return value
