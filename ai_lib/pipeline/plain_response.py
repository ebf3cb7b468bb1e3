"""A plain reply, read by the same stages as a stream: the body is one frame."""

from ai_lib.errors.exceptions import DecodeError
from ai_lib.pipeline.assembly.assembler import EventAssembler
from ai_lib.pipeline.collector import Collector
from ai_lib.pipeline.decoders.json_text import decode_json
from ai_lib.pipeline.fast_path.single_text import SingleTextReader
from ai_lib.pipeline.rules.compiler import reader_of
from ai_lib.protocol.compiled import CompiledManifest
from ai_lib.types.response import ChatResponse


def read_reply(compiled: CompiledManifest, body: bytes, **facts: object) -> ChatResponse:
    """Return the reply in `body`; `facts` are further fields of ChatResponse.

    Raises:
        DecodeError: the body is not a JSON object.
        RemoteError: the body is an error although the HTTP status was not.
        InvalidToolArguments: a tool call's arguments are not a JSON object; the rest of the reply
            is in `partial`.

    As in a stream, what is wrong is raised when everything else has been read.
    """
    frame = decode_json(body, f"the reply of {compiled.id}")
    if not isinstance(frame, dict):
        raise DecodeError(
            f"{compiled.id} answered with {type(frame).__name__}, not with an object",
            excerpt=body[:200].decode("utf-8", "replace"),
            provider=compiled.id,
        )
    heads: dict[str, str] = {}
    for name, path in compiled.response.envelope:
        head = path.first(frame)
        if isinstance(head, str):
            heads[name] = head
    read = reader_of(compiled.response)
    if compiled.dialect.thinking_tags is None:
        text = SingleTextReader(compiled)
        read(frame, text)
        if text.is_all:
            return text.response(heads, raw_response=frame, **facts)
    assembly = EventAssembler(compiled)
    assembly.head(heads)
    assembly.frame = frame
    read(frame, assembly)
    assembly.close()
    return _collected(compiled, assembly, raw_response=frame, **facts)


def _collected(
    compiled: CompiledManifest, assembly: EventAssembler, **facts: object
) -> ChatResponse:
    collector = Collector(compiled.origin, compiled.dialect.raw_joins)
    for event in assembly.events:
        collector.take(event)
    response = collector.response(**facts)
    failure = assembly.failure or assembly.broken
    if failure is not None:
        failure.provider, failure.partial = compiled.id, response
        raise failure
    return response
