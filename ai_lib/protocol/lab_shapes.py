"""What a dialect's replies look like, and whether a path could ever select something in them."""

from collections.abc import Iterator, Mapping
from typing import Final

from ai_lib.protocol.dialect import Dialect
from ai_lib.protocol.path import Path, compile_path
from ai_lib.protocol.template import holes
from ai_lib.types.json import JsonDict, JsonValue

_CANDIDATES: Final = "$candidates"
_USAGE: Final = "$usage"


class Shapes:
    """Examples of a dialect's frames and replies, from what it says of the provider's side.

    Whatever stands in place of a hole may be anything. A dialect that says nothing has no
    examples, and then nothing is known to be impossible.
    """

    def __init__(self, dialect: Dialect) -> None:
        serve = dialect.serve
        known = {_USAGE: serve.get("usage", {})}
        plain = _mapping(serve.get("plain"))
        candidate = _filled(plain.get("candidate", {}), known)
        error = _mapping(serve.get("error")).get("body")
        self.plain = [_filled(plain["body"], {**known, _CANDIDATES: [candidate]})] if plain else []
        stream = _mapping(serve.get("stream"))
        common = _mapping(stream.get("common"))
        self.frames = [_filled({**common, **frame}, known) for frame in _frames(stream)]
        if error and self.plain:
            self.plain.append(error)

    def may_select(self, text: str, streamed: bool) -> bool:
        """Whether a path selects something in some frame, or in some plain reply."""
        examples = self.frames if streamed else self.plain
        path = compile_path(text)
        return not examples or any(_selects(path, example) for example in examples)


def _selects(path: Path, example: JsonValue) -> bool:
    if not path.syntax.is_plain:
        return True
    nodes = [example]
    for segment in path.syntax.segments:
        if any(isinstance(node, str) and holes(node) for node in nodes):
            return True
        nodes = [child for node in nodes for child in _children(node, segment.key)]
    return bool(nodes)


def _children(node: JsonValue, key: str | int | None) -> list[JsonValue]:
    if key is None:
        return list(node.values()) if isinstance(node, dict) else _list(node)
    if isinstance(node, dict):
        return [node[key]] if key in node else []
    # An example has one element where a reply may have more.
    return _list(node) if isinstance(key, int) else []


def _frames(value: JsonValue) -> Iterator[JsonDict]:
    """Give the data of every frame, wherever in the stream's description it stands."""
    if isinstance(value, Mapping):
        if isinstance(value.get("data"), dict):
            yield value["data"]
        else:
            for key, item in value.items():
                if key != "common":
                    yield from _frames(item)
    for item in _list(value):
        yield from _frames(item)


def _filled(template: JsonValue, known: Mapping[str, JsonValue]) -> JsonValue:
    """Put what is known in place of its holes; the other holes stay and mean anything."""
    if isinstance(template, str):
        return known.get(template, template)
    if isinstance(template, Mapping):
        return {key: _filled(item, known) for key, item in template.items() if key != "$when"}
    if isinstance(template, list):
        return [_filled(item, known) for item in template]
    return template


def _mapping(value: JsonValue) -> Mapping[str, JsonValue]:
    return value if isinstance(value, Mapping) else {}


def _list(value: JsonValue) -> list[JsonValue]:
    return value if isinstance(value, list) else []
