"""Package roots and rooms that import a module only when one of its names is first used (PEP 562).

Every `__init__.py` with public names looks like this:

    \"\"\"The room's one sentence.\"\"\"

    from typing import TYPE_CHECKING, Any, Generic, TypeVar

    from ai_lib._lazy import exports

    if TYPE_CHECKING:
        from ai_lib.types.message import Message as Message

        from .client import AiClient as AiClient

    _WHERE = {
        "AiClient": ".client",
        "Message": "ai_lib.types.message",
    }

    if not TYPE_CHECKING:
        __all__, __getattr__, __dir__ = exports(__name__, _WHERE)

The block under `TYPE_CHECKING` is what people edit and what type checkers read; an absolute import
is shared by both packages, a relative one is the package's own colour. `python -m codegen` writes
`_WHERE` from it, so that a frozen application needs no source text.
"""

import sys
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    from importlib.machinery import ModuleSpec


T = TypeVar("T")


class LazyReader(Generic[T]):
    """An attribute that is computed when first asked for, as `functools.cached_property`.

    Before Python 3.12 that one holds a lock, which a forked child would find taken for ever.
    """

    def __init__(self, compute: Callable[[Any], T]) -> None:
        self._compute = compute
        self.__doc__ = compute.__doc__

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, instance: object, owner: type) -> T:
        value: T = self._compute(instance)
        instance.__dict__[self._name] = value
        return value


def exports(
    package: str, modules: Mapping[str, str]
) -> tuple[list[str], Callable[[str], object], Callable[[], list[str]]]:
    """Give the `__all__`, `__getattr__` and `__dir__` of a package.

    `modules` maps each public name to the module that defines it, relative to `package` or
    absolute.
    """
    public = sorted(modules)

    def __getattr__(name: str) -> object:
        if name not in modules:
            return _submodule(package, name, public)
        from importlib import import_module

        value: object = getattr(import_module(modules[name], package), name)
        setattr(sys.modules[package], name, value)
        return value

    def __dir__() -> list[str]:
        return sorted({*vars(sys.modules[package]), *public})

    return public, __getattr__, __dir__


def _submodule(package: str, name: str, public: list[str]) -> object:
    from importlib import import_module
    from importlib.util import find_spec

    # `from package import submodule` asks for the attribute first, so a real submodule is answered
    # before near matches are looked for.
    if not name.startswith("__") and find_spec(f"{package}.{name}"):
        return import_module(f"{package}.{name}")
    from ai_lib._old_names import find_old_class

    old_class = find_old_class(package, name)
    if old_class is not None:
        return old_class
    raise AttributeError(_unknown(package, name, public), name=name)


def _unknown(package: str, name: str, public: list[str]) -> str:
    message = f"module {package!r} has no attribute {name!r}"
    if name.startswith("_"):
        return message
    from difflib import get_close_matches

    near = get_close_matches(name, public, n=3)
    return f"{message}; did you mean {' or '.join(near)}?" if near else message


def old_names(module: str) -> Callable[[str], object]:
    """Return the `__getattr__` of a module at an old path that lacks names it had there."""

    def __getattr__(name: str) -> object:
        from ai_lib._old_names import find_old_name

        return find_old_name(module, name)

    return __getattr__


class OldModuleFinder:
    """Finds the modules of the first layout; it is asked when all other finders found nothing."""

    @staticmethod
    def find_spec(
        name: str, path: Sequence[str] | None = None, target: object = None
    ) -> "ModuleSpec | None":
        """Return the spec of an old module, None for any other."""
        if not name.startswith(("ai_lib.", "ai_lib_sync.")):
            return None
        from ai_lib._old_names import find_old_module

        return find_old_module(name)


sys.meta_path.append(OldModuleFinder)
