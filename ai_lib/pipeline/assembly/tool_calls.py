"""Assembles tool calls from the fragments a provider sends, in any order and shape."""

import os
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from ai_lib.errors.exceptions import InvalidToolArguments, ResponseTooLarge
from ai_lib.pipeline.assembly.argument_paths import ArgumentPaths
from ai_lib.pipeline.assembly.call_arguments import (
    as_argument_text,
    decode_arguments,
    find_exact_arguments,
    parse_arguments,
)
from ai_lib.pipeline.decoders.json_brackets import BracketScanner
from ai_lib.pipeline.decoders.json_text import encode_json_text
from ai_lib.types.events import Event, PartialToolCall, ToolCallEnded, ToolCallStarted
from ai_lib.types.json import JsonObject

MAX_ARGUMENT_BYTES: Final = 16 * 1024 * 1024
MAX_TOOL_CALLS: Final = 128
_MOST_DIGITS: Final = 20  # of an index; int() refuses thousands


class CallKind(NamedTuple):
    """Who runs a call: its kind, and the server of a tool that the provider calls itself."""

    kind: str = "function"
    server: str | None = None


FUNCTION_CALL: Final = CallKind()


class _OpenCall:
    """One call under assembly. `position` counts the candidate's calls, `index` is the wire's.

    `wire_id` is the provider's id. `id` is the same, or is made here when the provider's comes too
    late, never, or belongs to another call.
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
        self.extra: JsonObject | None = None
        self.is_custom = False  # its arguments are free text
        self.call_kind = FUNCTION_CALL
        self.initial = ""  # the arguments, when no piece of them comes
        self.final: str | None = None  # the arguments, whatever pieces came
        self.paths: ArgumentPaths | None = None
        self.started = False  # ToolCallStarted was emitted: the name is complete
        self.ended = False
        self._brackets = BracketScanner()
        self._scanned = 0
        self._depth = 0
        self._closed = False

    @property
    def text(self) -> str:
        return "".join(self.parts)

    def update(
        self,
        signature: object,
        raw: Sequence[JsonObject],
        initial: object,
        custom: object,
        extra: object,
    ) -> None:
        """Take what a fragment says beside its name and arguments."""
        if isinstance(signature, str):
            self.signature = signature
        self.raw = raw or self.raw
        self.initial = as_argument_text(initial) or self.initial
        self.is_custom = self.is_custom or custom is True
        if isinstance(extra, dict):
            self.extra = {**(self.extra or {}), **extra}

    def has_complete_value(self) -> bool:
        """Say whether the arguments so far hold a closed JSON object or array."""
        for part in self.parts[self._scanned :]:
            for bracket, _ in self._brackets.scan(part):
                if bracket != ",":
                    self._depth += 1 if bracket in "{[" else -1
                    self._closed = self._closed or self._depth == 0
        self._scanned = len(self.parts)
        return self._closed


class ToolCallAccumulator:
    """Assembles the tool calls of one candidate from fragments.

    A fragment belongs to the call with its id, otherwise to the call with its index. Without
    either, a name opens a new call and anything else continues the last one. Repeated values
    change nothing; pieces of a name are joined only before arguments begin; a second complete
    value, or another id under the same index, opens a new call. Cost is linear in the bytes
    received.
    """

    def __init__(self, candidate: int = 0, max_argument_bytes: int = MAX_ARGUMENT_BYTES) -> None:
        self._candidate = candidate
        self._limit = max_argument_bytes
        self._calls: list[_OpenCall] = []
        self._by_id: dict[str, _OpenCall] = {}
        self._by_index: dict[int, _OpenCall] = {}

    def add(
        self,
        events: list[Event],
        *,
        id: object = None,
        name: object = None,
        arguments: object = None,
        index: object = None,
        signature: object = None,
        name_complete: object = None,
        total: object = None,
        raw: Sequence[JsonObject] = (),
        initial: object = None,
        path: object = None,
        value: object = None,
        custom: object = None,
        extra: object = None,
        call_kind: CallKind = FUNCTION_CALL,
    ) -> None:
        """Take one fragment; append the events it completes to `events`.

        `arguments` is a piece of JSON text, or a whole object; `total` is all of the text so far,
        `initial` is an object that counts when no piece comes; `value` belongs at `path` in them.
        With `name_complete`, nothing follows the name, so that the call starts at once. The
        arguments of a `custom` call are free text, `call_kind` says who runs it. Values of another
        type are ignored. Raises ResponseTooLarge when one call's arguments are over their bound.
        """
        wire_id = id if isinstance(id, str) else ""
        wire_name = name if isinstance(name, str) else ""
        wire_index = as_index(index)
        piece = as_argument_text(arguments)
        has_content = wire_id or wire_name or piece or signature or raw or total or path
        if not has_content and self._find("", "", wire_index) is None:
            return  # an index alone is no call
        call = self._find_or_open(wire_id, wire_name, wire_index, piece, events)
        if wire_id and not call.wire_id:
            call.wire_id = wire_id
            self._by_id.setdefault(wire_id, call)
        if wire_name and not call.started and call.name != wire_name:
            call.name += wire_name
        if signature or raw or initial or custom or extra:
            call.update(signature, raw, initial, custom, extra)
        if call_kind is not FUNCTION_CALL:
            call.call_kind = call_kind
        if name_complete is True:
            self._start(call, events)
        if isinstance(path, str):
            self._assign(call, path, value, events)
        if isinstance(total, str) and total.startswith(call.text):
            piece = total.removeprefix(call.text)
        if piece:
            self._add_arguments(call, piece, events)

    def add_final(
        self,
        events: list[Event],
        *,
        id: object,
        name: object,
        arguments: object,
        index: int | None,
        position: int,
        signature: object,
        raw: Sequence[JsonObject],
        custom: object = None,
        extra: object = None,
        call_kind: CallKind = FUNCTION_CALL,
    ) -> str | None:
        """Take a whole call from a closing frame, which lists it at `position`.

        Its arguments are the call's, whatever pieces came before. Return them when those pieces
        said something else. A call that has ended with others ends once more.
        """
        wire_id = id if isinstance(id, str) else ""
        wire_name = name if isinstance(name, str) else ""
        call = self._find_whole(wire_id, wire_name, index, position)
        if call is None:
            if wire_name:
                self.add(
                    events,
                    id=id,
                    name=name,
                    arguments=arguments,
                    index=index,
                    signature=signature,
                    raw=raw,
                    name_complete=True,
                    custom=custom,
                    extra=extra,
                    call_kind=call_kind,
                )
            return None
        if wire_id and not call.wire_id:
            call.wire_id = wire_id
            self._by_id.setdefault(wire_id, call)
        if wire_name and not call.started:
            call.name = wire_name
        if isinstance(signature, str):
            call.signature = call.signature or signature
        call.raw = call.raw or raw
        call.is_custom = call.is_custom or custom is True
        if isinstance(extra, dict) and not call.ended:
            call.extra = {**(call.extra or {}), **extra}
        return self._settle_arguments(call, as_argument_text(arguments) or "", events)

    def _find_whole(self, id: str, name: str, index: int | None, position: int) -> _OpenCall | None:
        call = self._find(id, "", index) if id or index is not None else None
        if call is not None and not (id and call.wire_id and id != call.wire_id):
            return call
        if position < len(self._calls) and self._calls[position].name == name:
            at_position = self._calls[position]
            return None if id and at_position.wire_id else at_position
        return None

    def _settle_arguments(self, call: _OpenCall, text: str, events: list[Event]) -> str | None:
        text_so_far = call.text if call.final is None else call.final
        if not text or text == text_so_far:
            return None
        if not call.ended and text.startswith(text_so_far):
            self._start(call, events)
            self._append(call, [text[len(text_so_far) :]], events)
            return None
        if decode_arguments(text) == decode_arguments(text_so_far or "{}"):
            return None
        call.final = text
        if call.ended:
            call.ended = False
            self._finish(call, events)
        return text

    def _assign(self, call: _OpenCall, path: str, value: object, events: list[Event]) -> None:
        self._start(call, events)
        call.paths = call.paths or ArgumentPaths()
        call.size += len(path) + (len(value) if isinstance(value, str) else 0)
        self._append(call, [], events)  # their size is checked there
        try:
            call.paths.assign(path, value)
        except ValueError as error:
            call.final = f"{error}"  # no JSON: the call has no arguments that can be read

    def extend(self, events: list[Event], pieces: Sequence[str], index: int | None) -> int:
        """Take further pieces of the arguments of the call with this index; return how many.

        The piece after them may begin another call, so it must be given to `add`. Raises as `add`.
        """
        call = None if index is None else self._by_index.get(index)
        if call is None or not call.started or call.ended:
            return 0
        count = 0
        for piece in pieces:
            if not piece or ("{" in piece and piece.lstrip().startswith("{")):
                break  # a second value may begin here
            count += 1
        self._append(call, pieces[:count], events)
        return count

    def end(self, events: list[Event], index: object = None) -> None:
        """End the call with this index, or all calls when `index` is None.

        Raises InvalidToolArguments, after the others have ended, when the arguments of one are not
        a JSON object.
        """
        wire_index = as_index(index)
        if index is not None:
            calls = [self._by_index[wire_index]] if wire_index in self._by_index else []
        else:
            calls = self._calls
        first_error: InvalidToolArguments | None = None
        for call in calls:
            try:
                self._finish(call, events)
            except InvalidToolArguments as error:
                first_error = first_error or error
        if first_error is not None:
            raise first_error

    def __bool__(self) -> bool:
        return bool(self._calls)

    def _find_or_open(
        self, id: str, name: str, index: int | None, piece: str | None, events: list[Event]
    ) -> _OpenCall:
        """Return the call that a fragment belongs to, a new one when there is none."""
        call = self._find(id, name, index)
        if call is not None and not self._is_another(call, id, name, index, piece):
            return call
        opened = self._open(index, events)
        if call is not None and not (id or name):
            opened.name = call.name  # the same function, called once more
        return opened

    def _open(self, index: int | None, events: list[Event]) -> _OpenCall:
        if len(self._calls) >= MAX_TOOL_CALLS:
            raise ResponseTooLarge(
                f"the response has more than {MAX_TOOL_CALLS} tool calls; what came before them is"
                " in partial",
                limit=MAX_TOOL_CALLS,
            )
        if self._calls:
            self._start(self._calls[-1], events)
        call = _OpenCall(len(self._calls), index)
        self._calls.append(call)
        if index is not None:
            self._by_index[index] = call
        return call

    def _find(self, id: str, name: str, index: int | None) -> _OpenCall | None:
        at_index = None if index is None else self._by_index.get(index)
        if id and id in self._by_id:
            # An id that several calls share identifies none of them; the index does.
            return at_index if at_index is not None and at_index.wire_id == id else self._by_id[id]
        if index is not None:
            return at_index
        if id or name or not self._calls:
            return None
        return self._calls[-1]

    def _is_another(
        self, call: _OpenCall, id: str, name: str, index: int | None, piece: str | None
    ) -> bool:
        """Say whether a fragment that matches `call` nevertheless begins a new one."""
        if id and call.wire_id and id != call.wire_id:
            return True
        if name and index is not None and call.index is not None and index != call.index:
            return True  # two calls share the id
        if name and call.started and name != call.name:
            return True
        return bool(piece) and self._begins_again(call, piece or "")

    def _begins_again(self, call: _OpenCall, piece: str) -> bool:
        begins = not call.is_custom and piece.lstrip().startswith("{")
        return begins and call.has_complete_value() and piece.strip() != call.text.strip()

    def _add_arguments(self, call: _OpenCall, piece: str, events: list[Event]) -> None:
        self._start(call, events)
        is_value = piece.startswith("{") and not call.is_custom
        if call.ended or (is_value and call.has_complete_value()):
            return  # a repetition
        self._append(call, [piece], events)

    def _append(self, call: _OpenCall, pieces: Sequence[str], events: list[Event]) -> None:
        size = call.size + sum(map(len, pieces))
        if size > self._limit and len(pieces) > 1:
            for piece in pieces:  # those before the one that is too large count
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

    def _start(self, call: _OpenCall, events: list[Event]) -> None:
        if call.started:
            return
        call.started = True
        is_shared = self._by_id.get(call.wire_id) is not call
        call.id = f"call_{os.urandom(8).hex()}" if is_shared else call.wire_id
        events.append(
            ToolCallStarted(
                candidate=self._candidate,
                tool_call_id=call.id,
                tool_name=call.name,
                index=call.position,
                is_custom=call.is_custom,
                kind=call.call_kind.kind,
                server=call.call_kind.server,
            )
        )

    def _finish(self, call: _OpenCall, events: list[Event]) -> None:
        if call.ended:
            return
        self._start(call, events)
        if not call.parts:
            text = encode_json_text(call.paths.build()) if call.paths is not None else call.initial
            if text:
                self._append(call, [text], events)
        call.ended = True
        text = call.text if call.final is None else call.final
        parsed = {} if call.is_custom else parse_arguments(text, call.name, call.id)
        events.append(
            ToolCallEnded(
                candidate=self._candidate,
                tool_call_id=call.id,
                tool_name=call.name,
                index=call.position,
                arguments={"input": text} if call.is_custom else parsed,
                is_custom=call.is_custom,
                exact_json="" if call.is_custom else find_exact_arguments(text),
                kind=call.call_kind.kind,
                server=call.call_kind.server,
                signature=call.signature,
                raw=call.raw,
                extra=call.extra,
            )
        )


def as_index(index: object) -> int | None:
    """Return an index of the wire as a number, or None for any other value."""
    if isinstance(index, str) and len(index) < _MOST_DIGITS and index.isdecimal():
        return int(index)
    return index if type(index) is int else None


def read_call_kind(fields: Mapping[str, object]) -> CallKind:
    """Return who runs the call of a finding."""
    if "kind" not in fields:
        return FUNCTION_CALL
    server = fields.get("server")
    return CallKind(str(fields["kind"]), server if isinstance(server, str) else None)
