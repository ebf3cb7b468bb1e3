"""Assembles the arguments of a tool call that come as paths and values, not as pieces of JSON."""

from ai_lib.errors.exceptions import ManifestSyntaxError
from ai_lib.protocol.query.path_grammar import parse_path
from ai_lib.types.json import JsonDict, JsonValue


class ArgumentPaths:
    """Takes values at paths such as `$.cities[0].name`; texts at the same path are joined."""

    def __init__(self) -> None:
        self._root: JsonDict = {}
        self._texts: dict[str, list[str]] = {}
        self._seen: set[str] = set()

    def assign(self, path: str, value: JsonValue) -> None:
        """Set the value at a path, which must be one member, or one element of a list in order.

        Raises:
            ValueError: the path selects something else.
        """
        keys = _read_keys(path)
        if value is None and path in self._seen:
            return  # an end without a value
        self._seen.add(path)
        if isinstance(value, str):
            texts = self._texts.setdefault(path, [])
            texts.append(value)
            if len(texts) > 1:
                return  # it stands there already, to be joined
        holder: JsonValue = self._root
        for key, following in zip(keys, [*keys[1:], None], strict=True):
            default: JsonValue = value
            if following is not None:
                default = [] if isinstance(following, int) else {}
            holder = _hold(holder, key, default, is_last=following is None)

    def build(self) -> JsonDict:
        """Return the arguments."""
        for path, texts in self._texts.items():
            if len(texts) > 1:
                keys = _read_keys(path)
                holder: JsonValue = self._root
                for key in keys[:-1]:
                    holder = _hold(holder, key, None, is_last=False)
                _hold(holder, keys[-1], "".join(texts), is_last=True)
                texts[:] = ["".join(texts)]
        return self._root


def _read_keys(path: str) -> list[str | int]:
    try:
        syntax = parse_path(path)
    except ManifestSyntaxError as error:
        raise ValueError(str(error)) from error
    keys = [segment.key for segment in syntax.segments]
    plain = [key for key in keys if key is not None]
    is_one_member = syntax.is_plain and len(plain) == len(keys) > 0
    if not is_one_member or not isinstance(plain[0], str):
        raise ValueError(f"{path!r} names no member of the arguments")
    return plain


def _hold(holder: JsonValue, key: str | int, value: JsonValue, *, is_last: bool) -> JsonValue:
    """Put a value at a key, unless it only leads to others and is there; return what is there."""
    if isinstance(holder, dict) and isinstance(key, str):
        if is_last or key not in holder:
            holder[key] = value
        return holder[key]
    if isinstance(holder, list) and isinstance(key, int) and 0 <= key <= len(holder):
        if key == len(holder):
            holder.append(value)
        elif is_last:
            holder[key] = value
        return holder[key]
    raise ValueError(f"there is nothing that {key!r} can be a part of")
