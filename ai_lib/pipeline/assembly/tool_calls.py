"""Assembles tool calls from the pieces a provider sends, in whatever order and shape."""

import os
from collections.abc import Sequence
from typing import Final

import msgspec

from ai_lib.errors.exceptions import InvalidToolArguments, ResponseTooLarge
from ai_lib.pipeline.decoders.json_brackets import BracketScanner
from ai_lib.pipeline.decoders.json_text import encode_json
from ai_lib.types.events import Event, PartialToolCall, ToolCallEnded, ToolCallStarted
from ai_lib.types.json import JsonDict, JsonObject

MAX_ARGUMENT_BYTES: Final = 16 * 1024 * 1024
_MOST_DIGITS: Final = 20  # of an index; int() refuses thousands


class _Call:
    """One call under assembly. `position` counts the candidate's calls, `index` is the wire's.

    `wire_id` is the provider's id; `id` is that, or one made here when it comes too late, never,
    or is another call's.
    """

    def __init__(self, position: int, index: int | None) -> None:
        self.position = position
        self.index = index
        self.wire_id = ""
        self.id = ""
        self.name = ""
        self.parts: list[str] = []
        self.size = 0
        self.signature: str | None = None
        self.raw: Sequence[JsonObject] = ()
        self.started = False  # announced: the name is whole
        self.ended = False
        self._nesting = BracketScanner()
        self._scanned = 0
        self._depth = 0
        self._closed = False

    @property
    def text(self) -> str:
        return "".join(self.parts)

    def holds_a_whole_value(self) -> bool:
        """Whether the arguments so far are a closed JSON object or array. Reads each piece once."""
        for part in self.parts[self._scanned :]:
            for mark, _ in self._nesting.marks(part):
                if mark != ",":
                    self._depth += 1 if mark in "{[" else -1
                    self._closed = self._closed or self._depth == 0
        self._scanned = len(self.parts)
        return self._closed


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

    def add(
        self,
        events: list[Event],
        *,
        id: object = None,
        name: object = None,
        arguments: object = None,
        index: object = None,
        signature: object = None,
        named: object = None,
        total: object = None,
        raw: Sequence[JsonObject] = (),
    ) -> None:
        """Take one fragment; append to `events` what it makes known.

        `arguments` is a piece of JSON text, or a whole object; `total` is all of the text, said
        once more. With `named`, the name is known to be whole, so that the call is announced at
        once. Values of another type are passed over. Raises ResponseTooLarge when one call's
        arguments are over their bound.
        """
        known_id = id if isinstance(id, str) else ""
        known_name = name if isinstance(name, str) else ""
        known_index = as_index(index)
        piece = _as_text(arguments)
        said = known_id or known_name or piece or signature or raw or total
        if not said and self._known("", "", known_index) is None:
            return  # an index alone is no call
        call = self._of(known_id, known_name, known_index, piece, events)
        if known_id and not call.wire_id:
            call.wire_id = known_id
            self._by_id.setdefault(known_id, call)
        if known_name and not call.started and call.name != known_name:
            call.name += known_name
        if isinstance(signature, str):
            call.signature = signature
        if named is True:
            self._start(call, events)
        call.raw = raw or call.raw
        if isinstance(total, str) and total.startswith(call.text):
            piece = total.removeprefix(call.text)
        if piece:
            self._extend(call, piece, events)

    def extend(self, events: list[Event], pieces: Sequence[str], index: int | None) -> int:
        """Take pieces of the arguments of the call under this wire index, in the middle of them.

        Returns how many were taken: the next one may be more than that, so `add` it. Raises as
        `add`.
        """
        call = None if index is None else self._by_index.get(index)
        if call is None or not call.started or call.ended:
            return 0
        taken = 0
        for piece in pieces:
            if not piece or ("{" in piece and piece.lstrip().startswith("{")):
                break  # a second value may begin here
            taken += 1
        self._append(call, pieces[:taken], events)
        return taken

    def end(self, events: list[Event], index: object = None) -> None:
        """Say that the call under this wire index is complete, or without an index, all of them.

        Raises InvalidToolArguments, after the others have ended, when the arguments of one are not
        a JSON object.
        """
        known = as_index(index)
        if index is not None:
            calls = [self._by_index[known]] if known in self._by_index else []
        else:
            calls = self._calls
        broken: InvalidToolArguments | None = None
        for call in calls:
            try:
                self._finish(call, events)
            except InvalidToolArguments as error:
                broken = broken or error
        if broken is not None:
            raise broken

    def __bool__(self) -> bool:
        return bool(self._calls)

    def _of(
        self, id: str, name: str, index: int | None, piece: str | None, events: list[Event]
    ) -> _Call:
        """Return the call a fragment belongs to, a new one when it is of none there is."""
        call = self._known(id, name, index)
        if call is not None and not self._is_another(call, id, name, index, piece):
            return call
        opened = self._open(index, events)
        if call is not None and not (id or name):
            opened.name = call.name  # the same function, called once more
        return opened

    def _open(self, index: int | None, events: list[Event]) -> _Call:
        if self._calls:
            self._start(self._calls[-1], events)
        call = _Call(len(self._calls), index)
        self._calls.append(call)
        if index is not None:
            self._by_index[index] = call
        return call

    def _known(self, id: str, name: str, index: int | None) -> _Call | None:
        here = None if index is None else self._by_index.get(index)
        if id and id in self._by_id:
            # An id that is used for several calls tells them apart no more; the index does.
            return here if here is not None and here.wire_id == id else self._by_id[id]
        if index is not None:
            return here
        if id or name or not self._calls:
            return None
        return self._calls[-1]

    def _is_another(
        self, call: _Call, id: str, name: str, index: int | None, piece: str | None
    ) -> bool:
        """Whether a fragment that points at `call` must nevertheless begin a new one."""
        if id and call.wire_id and id != call.wire_id:
            return True
        if name and index is not None and call.index is not None and index != call.index:
            return True  # an id used twice, for calls of their own
        if name and call.started and name != call.name:
            return True
        return bool(piece) and self._begins_again(call, piece or "")

    def _begins_again(self, call: _Call, piece: str) -> bool:
        begins = piece.lstrip().startswith("{")
        return begins and call.holds_a_whole_value() and piece.strip() != call.text.strip()

    def _extend(self, call: _Call, piece: str, events: list[Event]) -> None:
        self._start(call, events)
        if call.ended or (piece.startswith("{") and call.holds_a_whole_value()):
            return  # said again
        self._append(call, [piece], events)

    def _append(self, call: _Call, pieces: Sequence[str], events: list[Event]) -> None:
        size = call.size + sum(map(len, pieces))
        if size > self._limit and len(pieces) > 1:
            for piece in pieces:  # those before the one that is too much count
                self._append(call, [piece], events)
        call.size = size
        if size > self._limit:
            raise ResponseTooLarge(
                f"the arguments of tool call {call.name!r} are over {self._limit} bytes",
                limit=self._limit,
            )
        call.parts += pieces
        candidate, call_id, position = self._candidate, call.id, call.position
        events += [
            PartialToolCall(
                candidate=candidate, tool_call_id=call_id, index=position, arguments=piece
            )
            for piece in pieces
        ]

    def _start(self, call: _Call, events: list[Event]) -> None:
        if call.started:
            return
        call.started = True
        taken = self._by_id.get(call.wire_id) is not call
        call.id = f"call_{os.urandom(8).hex()}" if taken else call.wire_id
        events.append(
            ToolCallStarted(
                candidate=self._candidate,
                tool_call_id=call.id,
                tool_name=call.name,
                index=call.position,
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
                signature=call.signature,
                raw=call.raw,
            )
        )


def as_index(index: object) -> int | None:
    """Return an index as the wire gives it, or None for what is none."""
    if isinstance(index, str) and len(index) < _MOST_DIGITS and index.isdecimal():
        return int(index)
    return index if type(index) is int else None


def _as_text(arguments: object) -> str | None:
    if isinstance(arguments, str) or arguments is None:
        return arguments
    if isinstance(arguments, dict):
        return encode_json(arguments) if arguments else ""
    return None


def _parsed(call: _Call) -> JsonDict:
    text = call.text
    if text.strip() in ("", "null"):
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
