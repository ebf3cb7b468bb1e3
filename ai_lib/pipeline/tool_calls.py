"""Assembles tool calls from the pieces a provider sends, in whatever order and shape."""

import os
import re
from typing import Final

import msgspec

from ai_lib.errors.tree import InvalidToolArguments, ResponseTooLarge
from ai_lib.types.events import Event, PartialToolCall, ToolCallEnded, ToolCallStarted
from ai_lib.types.json import JsonDict

MAX_ARGUMENT_BYTES: Final = 16 * 1024 * 1024
_STRUCTURE: Final = re.compile(r'["\\{}\[\]]')


class _Call:
    """One call under assembly. `position` counts the candidate's calls, `index` is the wire's."""

    __slots__ = (
        "_closed",
        "_depth",
        "_in_string",
        "_scanned",
        "began",
        "ended",
        "id",
        "index",
        "name",
        "parts",
        "position",
        "signature",
        "size",
        "started",
    )

    def __init__(self, position: int, index: int | None) -> None:
        self.position = position
        self.index = index
        self.id = ""
        self.name = ""
        self.parts: list[str] = []
        self.size = 0
        self.signature: str | None = None
        self.began = False  # arguments have begun: the name is whole
        self.started = False
        self.ended = False
        self._scanned = 0
        self._depth = 0
        self._in_string = False
        self._closed = False

    @property
    def text(self) -> str:
        return "".join(self.parts)

    def holds_a_whole_value(self) -> bool:
        """Whether the arguments so far are a closed JSON object or array. Reads each piece once."""
        for part in self.parts[self._scanned :]:
            self._scan(part)
        self._scanned = len(self.parts)
        return self._closed

    def _scan(self, part: str) -> None:
        position = 0
        while found := _STRUCTURE.search(part, position):
            position = found.end()
            mark = found[0]
            if self._in_string:
                if mark == "\\":
                    position += 1
                elif mark == '"':
                    self._in_string = False
            elif mark == '"':
                self._in_string = True
            elif mark in "{[":
                self._depth += 1
            elif mark in "}]":
                self._depth -= 1
                self._closed = self._closed or self._depth == 0


class ToolCallAccumulator:
    """Makes whole tool calls of one candidate out of fragments.

    A call is known by its id, else by its index, else an id or a name opens a new call and
    anything else continues the last one. Equal repeats change nothing; pieces of a name join only
    before arguments begin; a second complete value, or another id under the same index, opens a
    new call. Cost is linear in the bytes received.
    """

    def __init__(self, candidate: int = 0, max_argument_bytes: int = MAX_ARGUMENT_BYTES) -> None:
        self._candidate = candidate
        self._limit = max_argument_bytes
        self._calls: list[_Call] = []
        self._by_id: dict[str, _Call] = {}
        self._by_index: dict[int, _Call] = {}
        self._foreign: set[int] = set()

    def pass_over(self, index: object) -> None:
        """Say that pieces under this wire index belong to something that is no call of ours."""
        if type(index) is int:
            self._foreign.add(index)

    def add(
        self,
        events: list[Event],
        *,
        id: object = None,
        name: object = None,
        arguments: object = None,
        index: object = None,
        signature: object = None,
    ) -> None:
        """Take one fragment; append to `events` what it makes known.

        `arguments` is a piece of JSON text, or a whole object. Values of another type are passed
        over. Raises ResponseTooLarge when one call's arguments are over their bound.
        """
        known_id = id if isinstance(id, str) else ""
        known_name = name if isinstance(name, str) else ""
        known_index = index if type(index) is int else None
        if known_index in self._foreign:
            return
        piece = _as_text(arguments)
        call = self._find(known_id, known_name, known_index, piece)
        if known_id and not call.id:
            call.id = known_id
            self._by_id[known_id] = call
        if known_name and not call.began and call.name != known_name:
            call.name += known_name
        if isinstance(signature, str):
            call.signature = signature
        if piece is not None:
            self._extend(call, piece, events)

    def end(self, events: list[Event], index: object = None) -> None:
        """Say that the call under this wire index is complete, or without an index, all of them.

        Raises InvalidToolArguments when the arguments are not a JSON object.
        """
        if index is None:
            for call in self._calls:
                self._finish(call, events)
        elif type(index) is int and index in self._by_index:
            self._finish(self._by_index[index], events)

    def __bool__(self) -> bool:
        return bool(self._calls)

    def _find(self, id: str, name: str, index: int | None, piece: str | None) -> _Call:
        call = self._known(id, name, index)
        if call is None or self._is_another(call, id, name, index, piece):
            call = _Call(len(self._calls), index)
            self._calls.append(call)
            if index is not None:
                self._by_index[index] = call
        return call

    def _known(self, id: str, name: str, index: int | None) -> _Call | None:
        if id and id in self._by_id:
            return self._by_id[id]
        if index is not None:
            return self._by_index.get(index)
        if id or name or not self._calls:
            return None
        return self._calls[-1]

    def _is_another(
        self, call: _Call, id: str, name: str, index: int | None, piece: str | None
    ) -> bool:
        """Whether a fragment that points at `call` must nevertheless begin a new one."""
        if id and call.id and id != call.id:
            return True
        if name and index is not None and call.index is not None and index != call.index:
            return True  # an id used twice, for calls of their own
        if name and call.began and name != call.name:
            return True
        return bool(piece) and self._begins_again(call, piece or "")

    def _begins_again(self, call: _Call, piece: str) -> bool:
        begins = piece.lstrip().startswith("{")
        if not (begins and call.parts and call.parts[-1].rstrip().endswith("}")):
            return False
        return call.holds_a_whole_value() and piece.strip() != call.text.strip()

    def _extend(self, call: _Call, piece: str, events: list[Event]) -> None:
        call.began = True
        self._start(call, events)
        repeated = piece.startswith("{") and call.holds_a_whole_value()
        if not piece or repeated or call.ended:
            return
        call.size += len(piece)
        if call.size > self._limit:
            raise ResponseTooLarge(
                f"the arguments of tool call {call.name!r} are over {self._limit} bytes",
                limit=self._limit,
            )
        call.parts.append(piece)
        events.append(
            PartialToolCall(
                candidate=self._candidate,
                tool_call_id=call.id,
                index=call.position,
                arguments=piece,
            )
        )

    def _start(self, call: _Call, events: list[Event]) -> None:
        if call.started:
            return
        call.started = True
        if not call.id:
            call.id = f"call_{os.urandom(8).hex()}"
        events.append(
            ToolCallStarted(
                candidate=self._candidate,
                tool_call_id=call.id,
                tool_name=call.name,
                index=call.position,
                signature=call.signature,
            )
        )

    def _finish(self, call: _Call, events: list[Event]) -> None:
        if call.ended:
            return
        self._start(call, events)
        call.ended = True
        events.append(
            ToolCallEnded(
                candidate=self._candidate,
                tool_call_id=call.id,
                tool_name=call.name,
                index=call.position,
                arguments=_parsed(call),
            )
        )


def _as_text(arguments: object) -> str | None:
    if isinstance(arguments, str) or arguments is None:
        return arguments
    if isinstance(arguments, dict):
        return msgspec.json.encode(arguments).decode() if arguments else ""
    return None


def _parsed(call: _Call) -> JsonDict:
    text = call.text
    if not text.strip():
        return {}
    try:
        return msgspec.json.decode(text, type=JsonDict)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise InvalidToolArguments(
            f"the arguments of tool call {call.name!r} ({call.id}) are not a JSON object: {error}",
            tool_call_id=call.id,
            tool_name=call.name,
            raw=text,
        ) from error
