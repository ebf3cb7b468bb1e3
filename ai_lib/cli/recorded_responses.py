"""`ai-lib lint --against`: lists what no rule of a manifest reads in recorded responses."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import msgspec

from ai_lib.cli.output import write_text
from ai_lib.errors.exceptions import AiLibError, RequestError
from ai_lib.pipeline.decoders.json_text import encode_json_text
from ai_lib.pipeline.pipeline import Pipeline
from ai_lib.pipeline.plain_response import read_response
from ai_lib.protocol.catalog import ManifestCatalog
from ai_lib.protocol.compiled import CompiledManifest
from ai_lib.testing.cassettes.cassette import Exchange
from ai_lib.types.response import ChatResponse

_INDEX = re.compile(r"\[\d+\]")
_MOST_EXAMPLE_CHARACTERS = 80


class RecordedResponse(NamedTuple):
    """A response of a recording: the path of its request, its body, and whether it is a stream."""

    path: str
    body: bytes
    is_stream: bool


class UnreadPath(NamedTuple):
    """A path that no rule reads, in how many responses it is, and one of its values."""

    path: str
    responses: int
    example: object

    def __str__(self) -> str:
        example = encode_json_text(self.example)
        if len(example) > _MOST_EXAMPLE_CHARACTERS:
            example = f"{example[:_MOST_EXAMPLE_CHARACTERS]}..."
        return f"{self.path} (in {self.responses}): {example}"


def lint_recording(recording: str, providers: list[str], *, strict: bool = False) -> int:
    """Write what no rule of the manifests reads; return 0, or with `strict` 1 if there is anything.

    `providers` are ids or files of manifests.

    Raises:
        RequestError: the recording can't be read.
        ProtocolError: there is no such manifest, or it can't be used.
    """
    responses = read_recording(recording)
    has_unread = False
    for provider in providers:
        for path in list_unread_paths(responses, provider):
            has_unread = True
            write_text(f"{provider}: {path}\n")
    write_text(f"{len(responses)} recorded response{'s' * (len(responses) != 1)}\n")
    return 1 if strict and has_unread else 0


def list_unread_paths(responses: list[RecordedResponse], provider: str) -> list[UnreadPath]:
    """Return the paths that no rule of a manifest reads; an index is shown as `*`."""
    families = _load_families(provider)
    unread_paths: dict[str, UnreadPath] = {}
    for recorded in responses:
        family = _choose_family(families, recorded.path)
        response = _read(family, recorded) if family is not None else None
        if response is None:
            continue
        members = {_INDEX.sub("[*]", path): value for path, value in response.unmapped.items()}
        for path, value in members.items():
            earlier = unread_paths.get(path)
            count = earlier.responses + 1 if earlier else 1
            unread_paths[path] = UnreadPath(path, count, earlier.example if earlier else value)
    return sorted(unread_paths.values())


def read_recording(recording: str) -> list[RecordedResponse]:
    """Return the successful responses of a file: a cassette, or rows of requests and responses.

    Raises:
        RequestError: the file can't be read, or a line is neither.
    """
    try:
        lines = Path(recording).read_bytes().split(b"\n")
    except OSError as error:
        raise RequestError(f"the recording {recording} can't be read: {error.strerror}") from error
    responses = []
    for number, line in enumerate(lines, 1):
        try:
            responses += list(_decode_line(line)) if line.strip() else []
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise RequestError(f"{recording}:{number} is no recorded exchange: {error}") from error
    return responses


def _decode_line(line: bytes) -> Iterator[RecordedResponse]:
    row = msgspec.json.decode(line)
    if isinstance(row, Mapping) and isinstance(row.get("response"), Mapping):
        response = row["response"]
        body, kind = str(response["body"]).encode(), str(response.get("content_type") or "")
        if 200 <= int(response["status"]) <= 299:
            is_stream = "event-stream" in kind or bool(row.get("stream"))
            yield RecordedResponse(str(row["request"]["path"]), body, is_stream)
        return
    exchange = msgspec.convert(row, Exchange)
    headers = {name.lower(): value for name, value in exchange.response_headers}
    if 200 <= exchange.status <= 299:
        body = b"".join(chunk.content for chunk in exchange.chunks)
        is_stream = not headers.get("content-type", "").startswith("application/json")
        yield RecordedResponse(exchange.path, body, is_stream)


def _load_families(provider: str) -> list[CompiledManifest]:
    catalog = ManifestCatalog()
    if Path(provider).is_file():
        return [catalog.register(Path(provider))]
    default = catalog.load(provider)
    families = default.manifest.raw.get("api_families") or ()
    return [default, *(catalog.load(provider, str(name)) for name in families)]


def _choose_family(families: list[CompiledManifest], path: str) -> CompiledManifest | None:
    """Return the family whose chat address the path ends in; None for another operation's."""
    for compiled in families:
        for address in _list_addresses(compiled):
            pattern = re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(address))
            if re.search(f"{pattern}$", path.partition("?")[0]):
                return compiled
    return None


def _list_addresses(compiled: CompiledManifest) -> Iterator[str]:
    request, endpoint = compiled.dialect.request, compiled.find_endpoint("chat")
    for address in (request.path, endpoint.path if endpoint else ""):
        if address:
            yield address
            if request.stream_path:
                yield address.replace(request.stream_path["from"], request.stream_path["to"])


def _read(compiled: CompiledManifest, recorded: RecordedResponse) -> ChatResponse | None:
    """Return the response as far as it can be read; None when it is an error."""
    if recorded.is_stream:
        pipeline = Pipeline(compiled)
        pipeline.feed(recorded.body)
        pipeline.close()
        return pipeline.response()
    try:
        return read_response(compiled, recorded.body)
    except AiLibError as error:
        return error.partial if isinstance(error.partial, ChatResponse) else None
