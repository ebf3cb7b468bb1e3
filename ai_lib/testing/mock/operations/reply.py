"""Makes the reply to an operation: what it says, at the paths where the client reads it."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from ai_lib.protocol.compiled import CompiledManifest
from ai_lib.protocol.dialect.operations import JobPart, OperationShape
from ai_lib.testing.mock.operations.batches import AnswerChat, BatchReplyWriter
from ai_lib.testing.mock.operations.content import make_png, make_samples, make_video, make_wav
from ai_lib.testing.mock.operations.paths import make_element, put_elements, put_value
from ai_lib.testing.mock.operations.request import OperationCallRecord
from ai_lib.testing.mock.operations.state import (
    CONTENT_PATH,
    UPLOAD_PATH,
    OperationState,
    StoredContent,
)
from ai_lib.types.json import JsonDict, JsonValue

_WORD: Final = re.compile(r"\w+")
_EQUALS: Final = re.compile(r"(\$[\w.]+) == (true|'[^']*')")
_PIECE_BYTES: Final = 4096
_CREATED: Final = 1735689600


class OperationReply(msgspec.Struct, frozen=True, kw_only=True):
    """A reply: a body whole or in pieces, with its type and headers."""

    pieces: tuple[bytes, ...]
    content_type: str = "application/json"
    headers: Mapping[str, str] = {}
    status: int = 200


class OperationReplyWriter:
    """Makes the replies of one provider's operations."""

    def __init__(
        self, compiled: CompiledManifest, state: OperationState, answer_chat: AnswerChat
    ) -> None:
        self._compiled = compiled
        self._state = state
        self._answer_chat = answer_chat

    def reply(
        self, call: OperationCallRecord, unique: str, text: str, root: str
    ) -> OperationReply | None:
        """Return the reply to a request, None where what it names is not there.

        `text` is what a scripted reply says, `root` the address of the provider.
        """
        shape, family = call.shape, call.name.partition(".")[0]
        job = self._find_job(call.name)
        if "address" in shape.answer.facts:
            return _reply_with_address(shape, f"{root}{UPLOAD_PATH}/{unique}")
        if family == "files" or call.name == "batches.upload":
            return self._reply_about_file(call, unique)
        if family == "batches":
            return self._reply_about_batch(call, unique)
        if job is not None:
            if call.name != job.result or "text" not in shape.answer.facts:
                return self._reply_about_job(call, job, root)
            text = self._state.find_text(str(call.values.get("id", ""))) or text
        content = _ReplyContent(call, text, unique)
        if shape.answer.form == "bytes":
            data, media_type = content.make_bytes()
            pieces = tuple(
                data[start : start + _PIECE_BYTES] for start in range(0, len(data), _PIECE_BYTES)
            )
            headers = content.count_in_headers()
            return OperationReply(pieces=pieces, content_type=media_type, headers=headers)
        if shape.answer.form == "sse":
            frames = [
                b"data: " + msgspec.json.encode(frame) + b"\n\n" for frame in content.frames()
            ]
            return OperationReply(pieces=tuple(frames), content_type="text/event-stream")
        document = content.write_document()
        if shape.job is not None:
            document, job_id = {}, f"job-{unique}"
            self._state.keep_text(job_id, content.text)
            put_value(document, shape.job.id[0], job_id)
        return _encode(document, content.count_in_headers())

    def _find_job(self, name: str) -> JobPart | None:
        """Return the job whose state or result an operation asks for."""
        for other in self._compiled.dialect.operations:
            shape = self._compiled.find_operation(other)
            if shape is not None and shape.job is not None:
                if name in (shape.job.status, shape.job.result, shape.job.cancel):
                    return shape.job
        return None

    def _reply_about_job(
        self, call: OperationCallRecord, job: JobPart, root: str
    ) -> OperationReply:
        job_id = str(call.values.get("id", ""))
        shape = call.shape
        if shape.answer.form == "bytes":
            return OperationReply(pieces=(make_video(),), content_type="video/mp4")
        is_done = call.name != job.status or self._state.count_poll(job_id) > 1
        document: JsonDict = {}
        if call.name == job.status:
            self._write_state(document, job, is_done)
        values = {
            "id": job_id,
            "seconds": 4,
            "file": f"file-{job_id}",
            "url": f"{root}{CONTENT_PATH}",
        }
        for name, paths in shape.answer.facts.items():
            if name in values and paths:
                put_value(document, paths[0], values[name])
        if is_done and shape.answer.each:
            element = make_element(shape.answer.item, values)
            put_elements(document, shape.answer.each[0], [element])
        # Nothing is waited for in a test.
        return _encode(document, {}) if is_done else _encode(document, {"retry-after": "0"}, 202)

    def _write_state(self, document: JsonDict, job: JobPart, is_done: bool) -> None:
        wanted_state = "succeeded" if is_done else "running"
        word = next((word for word, state in job.states.items() if state == wanted_state), None)
        if word is not None and job.state:
            put_value(document, job.state[0], word)
        if is_done and job.done is not None and (equals := _EQUALS.search(job.done)):
            put_value(document, equals[1], True if equals[2] == "true" else equals[2].strip("'"))
        if job.progress:
            put_value(document, job.progress[0], 100 if is_done else 50)
        if job.result_id and is_done:
            put_value(document, job.result_id[0], "1")

    def _reply_about_batch(self, call: OperationCallRecord, unique: str) -> OperationReply | None:
        shape = self._compiled.dialect.batches
        if shape is None:
            return None
        document = BatchReplyWriter(shape, self._state, self._answer_chat).reply(call, unique)
        if document is None:
            return None
        if isinstance(document, bytes):
            return OperationReply(pieces=(document,), content_type="application/x-jsonl")
        return _encode(document, {})

    def _reply_about_file(self, call: OperationCallRecord, unique: str) -> OperationReply | None:
        shape, state = call.shape, self._state
        if call.name in ("files.upload", "batches.upload"):
            filename, data = next(iter(call.files.values()), ("upload", b""))
            purpose = str(call.values.get("purpose", ""))
            stored = StoredContent(
                id=f"file-{unique}", filename=filename, data=data, purpose=purpose
            )
            state.store(stored)
            return _encode(_write_facts(shape, _describe(stored)), {})
        if call.name == "files.list":
            items = [
                make_element(shape.answer.item, _describe(entry)) for entry in state.list_files()
            ]
            document: JsonDict = {}
            put_elements(document, shape.answer.each[0], items)
            return _encode(document, {})
        stored_file = state.find(str(call.values.get("id", "")))
        if stored_file is None:
            return None
        if call.name == "files.content":
            return OperationReply(
                pieces=(stored_file.data,), content_type="application/octet-stream"
            )
        if call.name == "files.delete":
            state.delete(stored_file.id)
        return _encode(_write_facts(shape, {**_describe(stored_file), "deleted": True}), {})


class _ReplyContent:
    """What one reply says."""

    def __init__(self, call: OperationCallRecord, text: str, unique: str) -> None:
        self._call = call
        self._shape = call.shape
        self._values = call.values
        self.text = text or _find_text(call)
        self._unique = unique

    def make_bytes(self) -> tuple[bytes, str]:
        text = str(self._values.get("text", ""))
        if self._values.get("format") in ("pcm", "pcm_24000"):
            return make_samples(text), "audio/pcm"
        return make_wav(text), "audio/wav"

    def write_document(self) -> JsonDict:
        document = _write_facts(self._shape, self._make_facts())
        elements = [make_element(self._shape.answer.item, item) for item in self._make_items()]
        if self._shape.answer.each and elements:
            put_elements(document, self._shape.answer.each[0], elements)
        for name, part in self._shape.answer.lists.items():
            items = [make_element(part.item, item) for item in self._make_timed(name)]
            if part.each and items:
                put_elements(document, part.each[0], [{"type": "word", **entry} for entry in items])
        if self._shape.answer.data:
            sound = make_samples(str(self._values.get("text", "")))
            is_hex = self._shape.answer.coding == "hex"
            data = sound.hex() if is_hex else base64.b64encode(sound).decode()
            put_value(document, self._shape.answer.data[0], data)
            for path in self._shape.answer.media_type[:1]:
                put_value(document, path, "audio/L16;codec=pcm;rate=8000")
        self._count_in(document)
        return document

    def frames(self) -> list[JsonDict]:
        """Return the frames of a stream: pieces, then the last one with the usage."""
        answer = self._shape.answer
        frames: list[JsonDict] = []
        if answer.data:
            sound = make_samples(str(self._values.get("text", "")))
            for start in range(0, len(sound), _PIECE_BYTES):
                frame: JsonDict = {}
                piece = sound[start : start + _PIECE_BYTES]
                data = piece.hex() if answer.coding == "hex" else base64.b64encode(piece).decode()
                put_value(frame, answer.data[0], data)
                for path in answer.media_type[:1]:
                    put_value(frame, path, "audio/L16;codec=pcm;rate=8000")
                frames.append(frame)
        if answer.delta:
            for word in re.findall(r"\s*\S+", self.text):
                frame = {}
                put_value(frame, answer.delta[0], word)
                frames.append(frame)
        elements = [make_element(answer.item, item) for item in self._make_items()]
        if answer.partial and elements:
            frames.append(_satisfy(answer.partial, dict(elements[0])))
        last = _write_facts(self._shape, self._make_facts())
        if answer.each and elements:
            put_elements(last, answer.each[0], elements[:1])
        self._count_in(last)
        frames.append(_satisfy(answer.final, last))
        return frames

    def count_in_headers(self) -> dict[str, str]:
        counts = self._counts()
        return {
            path[7:]: f"{counts.get(unit, 1):g}"
            for unit, paths in self._shape.usage.items()
            for path in paths[:1]
            if path.startswith("header:")
        }

    def _count_in(self, document: JsonDict) -> None:
        counts = self._counts()
        for unit, paths in self._shape.usage.items():
            if paths and paths[0].startswith("$") and unit in counts:
                put_value(document, paths[0], counts[unit])

    def _counts(self) -> dict[str, float]:
        words = sum(len(_WORD.findall(text)) for text in _list_texts(self._values))
        answered = max(1, len(_WORD.findall(self.text)))
        return {
            "prompt_tokens": words,
            "completion_tokens": answered,
            "total_tokens": words + answered,
            "search_units": 1,
            "characters": len(str(self._values.get("text", ""))),
            "seconds": 1,
            "pages": len(self._make_items()) if self._call.name.startswith("ocr") else 1,
        }

    def _make_facts(self) -> JsonDict:
        return {
            "id": f"reply-{self._unique}",
            "text": self.text,
            "language": "en",
            "duration": 1.0,
            "model": self._values.get("model"),
        }

    def _make_items(self) -> list[JsonDict]:
        family = self._call.name.partition(".")[0]
        if family == "rerank":
            return _rank(self._values)
        if family == "images":
            count = self._values.get("count")
            number = int(str(count)) if str(count).isdecimal() else 1
            prompt = str(self._values.get("prompt", ""))
            image = make_png(str(self._values.get("size", "")), prompt)
            data = base64.b64encode(image).decode()
            return [{"data": data, "media_type": "image/png", "index": i} for i in range(number)]
        if family == "moderate":
            return [_moderate(text) for text in _list_inputs(self._values.get("inputs"))]
        if family == "ocr":
            pages = self._values.get("pages")
            indexes = pages if isinstance(pages, list) else [0]
            return [
                {"index": index, "markdown": f"# Page {index}", "images": []} for index in indexes
            ]
        return []

    def _make_timed(self, name: str) -> list[JsonDict]:
        texts = self.text.split() if name == "words" else [self.text]
        return [
            {"text": text, "start": float(i), "end": i + 1.0, "speaker": "A"}
            for i, text in enumerate(texts)
            if text
        ]


def _find_text(call: OperationCallRecord) -> str:
    """Return the text that was heard: the sound's size says it, so that equal sounds are equal."""
    size = sum(len(data) for _, data in call.files.values())
    return f"This sound has {size} bytes."


def _list_inputs(inputs: JsonValue) -> list[str]:
    listed = inputs if isinstance(inputs, list) else [inputs]
    return [entry if isinstance(entry, str) else str(entry) for entry in listed]


def _moderate(text: str) -> JsonDict:
    is_violent = any(word in text.lower() for word in ("kill", "hurt", "attack"))
    return {
        "flagged": is_violent,
        "categories": {"violence": is_violent, "harassment": False},
        "scores": {"violence": 0.98 if is_violent else 0.01, "harassment": 0.001},
    }


def _rank(values: JsonDict) -> list[JsonDict]:
    """Rank documents by the share of the query's words that they have."""
    query = set(_WORD.findall(str(values.get("query", "")).lower()))
    documents = values.get("documents")
    scores: list[tuple[float, int]] = []
    for index, document in enumerate(documents if isinstance(documents, list) else []):
        text = document if isinstance(document, str) else str(document)
        words = set(_WORD.findall(text.lower()))
        scores.append((len(query & words) / max(1, len(query)), index))
    scores.sort(key=lambda pair: (-pair[0], pair[1]))
    limit = values.get("limit")
    best_scores = scores[: int(str(limit))] if str(limit).isdecimal() else scores
    return [{"index": index, "score": round(score, 4)} for score, index in best_scores]


def _list_texts(values: JsonDict) -> list[str]:
    texts: list[str] = []
    for name in ("text", "prompt", "query", "documents", "inputs", "instructions"):
        value = values.get(name)
        texts += [str(entry) for entry in value] if isinstance(value, list) else [str(value or "")]
    return texts


def _describe(stored: StoredContent) -> JsonDict:
    return {
        "id": stored.id,
        "filename": stored.filename,
        "bytes": len(stored.data),
        "purpose": stored.purpose,
        "url": f"https://files.example/{stored.id}",
        "created_at": _CREATED,
    }


def _write_facts(shape: OperationShape, values: JsonDict) -> JsonDict:
    document: JsonDict = {}
    for name, paths in shape.answer.facts.items():
        if values.get(name) is not None and paths and paths[0].startswith("$"):
            put_value(document, paths[0], values[name])
    return document


def _satisfy(condition: str | None, document: JsonDict) -> JsonDict:
    """Return the document, changed so that a condition such as `$.type == 'x'` holds."""
    equals = _EQUALS.search(condition or "")
    if equals:
        put_value(document, equals[1], True if equals[2] == "true" else equals[2].strip("'"))
    return document


def _reply_with_address(shape: OperationShape, address: str) -> OperationReply:
    """Return the reply that says where a file goes."""
    document: JsonDict = {}
    headers: dict[str, str] = {}
    for path in shape.answer.facts["address"][:1]:
        if path.startswith("header:"):
            headers[path[7:]] = address
        else:
            put_value(document, path, address)
    return _encode(document, headers)


def _encode(document: Any, headers: Mapping[str, str], status: int = 200) -> OperationReply:
    return OperationReply(pieces=(msgspec.json.encode(document),), headers=headers, status=status)
