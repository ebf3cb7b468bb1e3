"""Removes a key from an error: a provider may have sent it back."""

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from ai_lib.errors.exceptions import AiLibError
from ai_lib.transport.errors import strip_tracebacks
from ai_lib.types.secret import list_secret_forms
from ai_lib.types.wire import MIN_SECRET_LENGTH

_SHOWN = "***"


def redact(error: AiLibError, secret: str | None) -> None:
    """Replace the key with `***` in everything the error holds.

    If it was there, the tracebacks and the causes of the error go as well: they hold what the
    provider sent.
    """
    if secret is None or len(secret) < MIN_SECRET_LENGTH:
        return
    forms = list_secret_forms(secret)
    content = "".join(repr((link.args, vars(link))) for link in _chain(error))
    if not any(form in content for form in forms):
        return
    strip_tracebacks(error)
    error.__cause__ = error.__context__ = None
    error.args = tuple(_strip_forms(forms, value) for value in error.args)
    for name, value in vars(error).items():
        setattr(error, name, _strip_forms(forms, value))


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _strip_forms(forms: Sequence[str], value: object) -> object:
    if isinstance(value, str):
        for form in forms:
            value = value.replace(form, _SHOWN)
        return value
    if isinstance(value, bytes):
        for form in forms:
            value = value.replace(form.encode(), _SHOWN.encode())
        return value
    if isinstance(value, Mapping):
        return {_strip_forms(forms, key): _strip_forms(forms, held) for key, held in value.items()}
    if isinstance(value, list):
        return [_strip_forms(forms, held) for held in value]
    if type(value) is tuple:
        return tuple(_strip_forms(forms, held) for held in value)
    if isinstance(value, msgspec.Struct):  # what was received before the error
        fields = {
            name: _strip_forms(forms, getattr(value, name)) for name in value.__struct_fields__
        }
        return msgspec.structs.replace(value, **fields)
    return value
