"""Header fields, and the head of a response."""

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple, TypeVar, overload

T = TypeVar("T")

_SECRET = frozenset({"authorization", "proxy-authorization", "cookie", "set-cookie"})


class RawFields(list[tuple[bytes, bytes]]):
    """The header fields of a request as they are written; its repr shows none of them."""

    def __repr__(self) -> str:
        return f"<{len(self)} header fields>"


class Headers(Mapping[str, str]):
    """Header fields by name, whatever the case; a repeated field is joined with `, `.

    `get_all` gives a repeated field's values one by one.
    """

    __slots__ = ("_values",)

    def __init__(self, fields: Iterable[tuple[str, str]] = ()) -> None:
        self._values: dict[str, list[str]] = {}
        for name, value in fields:
            self._values.setdefault(name.lower(), []).append(value)

    def __getitem__(self, name: str) -> str:
        return ", ".join(self._values[name.lower()])

    @overload
    def get(self, name: str, /) -> str | None: ...
    @overload
    def get(self, name: str, /, default: str | T) -> str | T: ...
    def get(self, name: str, /, default: str | T | None = None) -> str | T | None:
        """Return a field's value, or `default` when it is absent."""
        values = self._values.get(name.lower())
        if values is None:
            return default
        return values[0] if len(values) == 1 else ", ".join(values)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name.lower() in self._values

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def get_all(self, name: str) -> list[str]:
        """Return every value of a field, in the order received; none when it is absent."""
        return list(self._values.get(name.lower(), ()))

    def to_dict(self) -> dict[str, str]:
        """Return them by their names in small letters, without cookies and credentials."""
        return {
            name: values[0] if len(values) == 1 else ", ".join(values)
            for name, values in self._values.items()
            if name not in _SECRET
        }

    def __repr__(self) -> str:
        fields = {name: "***" if name in _SECRET else self[name] for name in self}
        return f"Headers({fields})"


class ResponseHead(NamedTuple):
    """The head of a response."""

    status: int
    headers: Headers
    http_version: str
