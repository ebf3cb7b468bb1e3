"""A plain reply, read by the same stages as a stream: the body is one frame."""

from collections.abc import Mapping

from ai_lib.errors.tree import DecodeError, InvalidToolArguments
from ai_lib.pipeline.assembly import Assembly
from ai_lib.pipeline.collector import Collector
from ai_lib.pipeline.failure import remote_error
from ai_lib.pipeline.json_text import decode_json
from ai_lib.pipeline.rules import compile_rules
from ai_lib.protocol.compiled import CompiledManifest
from ai_lib.types.response import ChatResponse


def read_reply(compiled: CompiledManifest, body: bytes, **facts: object) -> ChatResponse:
    """Return the reply in `body`; `facts` are further fields of ChatResponse.

    Raises:
        DecodeError: the body is not a JSON object.
        RemoteError: the body is an error although the HTTP status was not.
        InvalidToolArguments: a tool call's arguments are not a JSON object; the rest of the reply
            is in `partial`.
    """
    frame = decode_json(body, f"the reply of {compiled.id}")
    if not isinstance(frame, Mapping):
        raise DecodeError(
            f"{compiled.id} answered with {type(frame).__name__}, not with an object",
            excerpt=body[:200].decode("utf-8", "replace"),
            provider=compiled.id,
        )
    assembly = Assembly(compiled)
    collector = Collector(compiled.id)
    broken: InvalidToolArguments | None = None
    try:
        _read(compiled, frame, assembly)
    except InvalidToolArguments as error:
        broken = error
    for event in assembly.events:
        collector.take(event)
    response = collector.response(raw_response=frame, **facts)
    if broken is not None:
        broken.provider, broken.partial = compiled.id, response
        raise broken
    return response


def _read(compiled: CompiledManifest, frame: Mapping[str, object], assembly: Assembly) -> None:
    heads = {name: path.first(frame) for name, path in compiled.reply.envelope}
    assembly.head({name: head for name, head in heads.items() if isinstance(head, str)})
    compile_rules(compiled.reply.rules)(frame, assembly)
    if assembly.failure is not None:
        raise remote_error(compiled, 200, frame)
    assembly.close_tools()
