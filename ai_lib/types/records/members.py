"""DictReader: reads a dict that a caller wrote, member by member, and tells where it is wrong."""

from collections.abc import Iterable, Mapping
from typing import Any, cast

from ai_lib.errors.exceptions import InvalidArguments


class DictReader:
    """The members of one dict, each read by name; those that nobody reads are unknown.

    DictReader that are None count as absent.
    """

    def __init__(self, value: object, path: str) -> None:
        self.path = path
        self.values = as_mapping(value, path)
        self._known: list[str] = []

    def has(self, name: str) -> bool:
        """Whether there is such a member, and it is not None."""
        return self.values.get(name) is not None

    def at(self, name: str) -> str:
        """Return the path of a member."""
        return f"{self.path}.{name}"

    def take(self, *names: str) -> Any:
        """Return the first of these members that there is; None where there is none."""
        self._known += names
        return next((self.values[name] for name in names if self.has(name)), None)

    def take_text(self, *names: str) -> str | None:
        """Return a member that is a text; None where there is none."""
        value = self.take(*names)
        if value is None or isinstance(value, str):
            return value
        name = next(name for name in names if self.has(name))
        raise self.make_error(name, f"a text is wanted, not {value!r:.100}")

    def take_flag(self, name: str) -> bool | None:
        """Return a member that is true or false; None where there is none."""
        value = self.take(name)
        if value is None or isinstance(value, bool):
            return value
        raise self.make_error(name, f"true or false is wanted, not {value!r:.100}")

    def require_text(self, *names: str) -> str:
        """Return a member that is a text and has to be there."""
        value = self.take_text(*names)
        if value is None:
            raise self.make_missing_error(names[0])
        return value

    def take_object(self, name: str) -> Mapping[str, object] | None:
        """Return a member that is a dict; None where there is none."""
        value = self.take(name)
        return None if value is None else as_mapping(value, self.at(name))

    def open(self, name: str) -> "DictReader":
        """Return the members of a member that has to be there."""
        value = self.take(name)
        if value is None:
            raise self.make_missing_error(name)
        return DictReader(value, self.at(name))

    def ignore(self, *names: str) -> None:
        """Note members that say nothing to a model."""
        self._known += names

    def finish(self) -> None:
        """Raise InvalidArguments for a member that nobody read."""
        for name, value in self.values.items():
            if value is not None and name not in self._known:
                raise describe_unknown(self.path, name, self._known)

    def make_missing_error(self, name: str) -> InvalidArguments:
        """Return the error of a member that is not there, with one whose name is near."""
        from difflib import get_close_matches

        others = [other for other in map(str, self.values) if other not in self._known]
        near = get_close_matches(name, others, n=1)
        hint = f"; did you mean it by {near[0]!r}?" if near else ""
        return InvalidArguments(f"{self.path}: {name!r} is missing{hint}", path=self.path)

    def make_error(self, name: str, reason: str) -> InvalidArguments:
        """Return the error of a member."""
        return InvalidArguments(f"{self.at(name)}: {reason}", path=self.at(name))


def as_mapping(value: object, path: str) -> Mapping[str, Any]:
    """Return a dict, or what a model of pydantic dumps. Raises InvalidArguments for others."""
    dump = getattr(value, "model_dump", None)
    if callable(dump) and not isinstance(value, type):
        value = dump()
    if not isinstance(value, Mapping):
        raise InvalidArguments(f"{path}: a dict is wanted, not {value!r:.100}", path=path)
    return cast("Mapping[str, Any]", value)


def as_sequence(value: object, path: str) -> list[object]:
    """Return the items of a list or any other iterable. Raises InvalidArguments for others."""
    if isinstance(value, str | bytes | Mapping) or not isinstance(value, Iterable):
        raise InvalidArguments(f"{path}: a list is wanted, not {value!r:.100}", path=path)
    return list(cast("Iterable[object]", value))


def describe_unknown(path: str, name: str, known_names: Iterable[str]) -> InvalidArguments:
    """Return the error of a member that is not known, with the name that is nearest to it."""
    from difflib import get_close_matches

    names = sorted(set(known_names))
    near = get_close_matches(str(name), names, n=1)
    hint = f"did you mean {near[0]!r}?" if near else f"known are {', '.join(names)}"
    return InvalidArguments(f"{path}: {name!r} is unknown; {hint}", path=f"{path}.{name}")
