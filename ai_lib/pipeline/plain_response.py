"""Reads a plain response by the same stages as a stream: the body is one frame."""

from ai_lib.errors.exceptions import DecodeError
from ai_lib.pipeline.assembly.assembler import EventAssembler
from ai_lib.pipeline.decoders.json_text import decode_json
from ai_lib.pipeline.errors import empty_response_error
from ai_lib.pipeline.fast_path.single_text import SingleTextReader
from ai_lib.pipeline.rules.compiler import get_rule_reader
from ai_lib.pipeline.rules.unread_members import get_scanner
from ai_lib.pipeline.unmapped import UnmappedStore
from ai_lib.protocol.compiled import CompiledManifest
from ai_lib.protocol.manifest.model import TextTools
from ai_lib.types.response import ChatResponse


def read_response(
    compiled: CompiledManifest,
    body: bytes,
    *,
    text_tools: TextTools | None = None,
    **facts: object,
) -> ChatResponse:
    """Return the response in `body`; `facts` are further fields of ChatResponse.

    With `text_tools`, the calls in its text are found. As in a stream, an error is raised when
    everything else has been read.

    Raises:
        DecodeError: the body is not a JSON object.
        RemoteError: the body is an error although the HTTP status was not.
        EmptyResponse: there is no content, no call and no reason for the end in it.
        InvalidToolArguments: a tool call's arguments are not a JSON object; the rest of the
            response is in `partial`.
    """
    frame = decode_json(body, f"the response of {compiled.id}")
    if not isinstance(frame, dict):
        raise DecodeError(
            f"{compiled.id} sent a response that is {type(frame).__name__}, not an object",
            excerpt=body[:200].decode("utf-8", "replace"),
            provider=compiled.id,
        )
    head: dict[str, str] = {}
    for name, path in compiled.response.envelope:
        value = path.first(frame)
        if isinstance(value, str):
            head[name] = value
    if unread_members := get_scanner(compiled.response).scan(frame):
        unmapped = UnmappedStore()
        unmapped.add(unread_members)
        facts["unmapped"], facts["unmapped_count"] = unmapped.values, unmapped.count
    read_rules = get_rule_reader(compiled.response)
    if compiled.dialect.thinking_tags is None and text_tools is None:
        single_text = SingleTextReader(compiled)
        read_rules(frame, single_text)
        if single_text.is_single_text and not single_text.is_empty:
            return single_text.build_response(head, raw_response=frame, **facts)
    assembler = EventAssembler(compiled, text_tools)
    assembler.add_head(head)
    assembler.frame, assembler.frame_data = frame, body
    read_rules(frame, assembler)
    assembler.close()
    response = assembler.collect().build_response(raw_response=frame, **facts)
    failure = assembler.failure or assembler.invalid
    if failure is None and assembler.is_empty:
        failure = empty_response_error(compiled.id, body)
    if failure is not None:
        failure.provider, failure.partial = compiled.id, response
        raise failure
    return response
