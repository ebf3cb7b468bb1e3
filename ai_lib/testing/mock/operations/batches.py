"""BatchReplyWriter: the mock provider's side of batches; their requests are answered as chats."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

import msgspec

from ai_lib.protocol.dialect.batches import BatchShape, BatchState
from ai_lib.protocol.dialect.template import match_template
from ai_lib.testing.mock.operations.paths import put_elements, put_value
from ai_lib.testing.mock.operations.request import OperationCallRecord
from ai_lib.testing.mock.operations.state import BatchRecord, OperationState, StoredContent
from ai_lib.types.json import JsonDict, JsonValue

AnswerChat = Callable[[JsonDict, str], JsonValue]
"""Makes the reply to one request, written in the dialect of that name."""
_COUNTED: Final = re.compile(r"(\$[\w.]+) (==|>) 0")
_EXISTS: Final = re.compile(r"exists\((\$[\w.]+)\)")


class BatchReplyWriter:
    """Creates batches, tells their states and their results: one is done at its second poll."""

    def __init__(self, shape: BatchShape, state: OperationState, answer: AnswerChat) -> None:
        self._shape = shape
        self._state = state
        self._answer = answer

    def reply(self, call: OperationCallRecord, unique: str) -> JsonValue | bytes | None:
        """Return the document or the lines that answer a request; None for an unknown batch."""
        if call.name == "batches.create":
            return self._create(call, unique)
        if call.name == "batches.list":
            return self._write_list(call)
        batch = self._state.find_batch(str(call.values.get("id", "")))
        if batch is None:
            return None
        if call.name == "batches.add":
            batch.lines += _as_list(call.values.get("lines"))
            return {}
        if call.name == "batches.cancel":
            batch.state = "cancelled"
        elif call.name == "batches.status" and self._state.count_poll(batch.id) > 1:
            self._finish(batch)
        elif call.name == "batches.results":
            return self._write_results(batch)
        return self._write_status(batch)

    def _write_list(self, call: OperationCallRecord) -> JsonValue:
        documents: list[object] = [
            self._write_status(batch) for batch in self._state.list_batches()
        ]
        path = call.shape.answer.each[0]
        if path == "$[*]":
            return documents
        listing: JsonDict = {}
        put_elements(listing, path, documents)
        return listing

    def _create(self, call: OperationCallRecord, unique: str) -> JsonValue:
        lines = _as_list(call.values.get("lines"))
        stored = self._state.find(str(call.values.get("file", "")))
        if stored is not None:
            lines = [msgspec.json.decode(line) for line in stored.data.split(b"\n") if line.strip()]
        batch = BatchRecord(id=f"batch-{unique}", lines=lines)
        self._state.store_batch(batch)
        document = self._write_status(batch)
        if paths := call.shape.answer.facts.get("id"):
            put_value(document, paths[0], batch.id)
        return document

    def _finish(self, batch: BatchRecord) -> None:
        if batch.state != "pending":
            return
        batch.state = "completed"
        batch.results = [self._answer_line(line) for line in batch.lines]
        lines = b"".join(msgspec.json.encode(line) + b"\n" for line in batch.results)
        output = StoredContent(id=f"file-{batch.id}", filename="results.jsonl", data=lines)
        self._state.store(output)

    def _answer_line(self, line: JsonValue) -> JsonDict:
        values = match_template(self._shape.line, line) or {}
        name = next((name for name in values if name.endswith("body")), "body")
        body = values.get(name)
        answer = self._answer(body if isinstance(body, dict) else {}, name.removesuffix("_body"))
        paths = self._shape.result
        result: JsonDict = {}
        put_value(result, paths.id, values.get("id", ""))
        put_value(result, paths.reply, answer)
        if paths.status:
            put_value(result, paths.status, 200)
        return result

    def _write_status(self, batch: BatchRecord) -> JsonDict:
        shape = self._shape
        document: JsonDict = {}
        put_value(document, shape.id, batch.id)
        counts = {"total": len(batch.lines), "completed": len(batch.results)}
        for name, count in counts.items():
            for path in shape.counts.get(name, ())[:1]:  # type: ignore[call-overload]
                put_value(document, path, count)
        self._write_state(document, batch.state)
        if batch.results and shape.inline:
            put_elements(document, shape.inline[0], [*batch.results])
        elif batch.results and shape.files:
            put_value(document, shape.files[0], f"file-{batch.id}")
        return document

    def _write_state(self, document: JsonDict, state: BatchState) -> None:
        shape = self._shape
        states: tuple[BatchState, ...] = (state, "running") if state == "pending" else (state,)
        word = next((word for word, meaning in shape.states.items() if meaning in states), None)
        if word is not None:
            put_value(document, shape.state, word)
        condition = shape.conditions.get("running" if state == "pending" else state, "")
        if counted := _COUNTED.search(condition):
            put_value(document, counted[1], 0 if counted[2] == "==" else 1)
        elif exists := _EXISTS.search(condition):
            put_value(document, exists[1], "2025-01-01")

    def _write_results(self, batch: BatchRecord) -> JsonValue | bytes:
        if not self._shape.result.each:
            return b"".join(msgspec.json.encode(line) + b"\n" for line in batch.results)
        document: JsonDict = {}
        put_elements(document, self._shape.result.each[0], [*batch.results])
        return document


def _as_list(value: JsonValue) -> list[JsonValue]:
    return list(value) if isinstance(value, list) else []
