"""Calls operations of a provider that are no chat."""

from __future__ import annotations

from collections.abc import Mapping

from ai_lib.client.target import Target, failed_reply, placed
from ai_lib.errors.tree import AiLibError
from ai_lib.pipeline.json_text import decode_json
from ai_lib.protocol.path import MISSING, compile_path
from ai_lib.request.operation import BuiltOperation, build_operation
from ai_lib.types.json import JsonObject, JsonValue

from ..transport import HttpTransport, WireReply

_MAX_BODY_BYTES = 128 * 1024 * 1024
_MAX_ERROR_BYTES = 64 * 1024


async def invoke(
    transport: HttpTransport,
    target: Target,
    name: str,
    body: JsonObject | None,
    values: Mapping[str, str],
    timeout: float | None,
) -> JsonValue:
    """Send one operation and return what it answers."""
    try:
        built = build_operation(
            name,
            target.compiled,
            body=body,
            values={"model": target.model, **values},
            credential=target.credential.value if target.credential else None,
            base_url=target.base_url,
        )
        reply = await transport.send(built.wire, target.clocks(False, timeout))
        async with reply:
            return await _read(target, built, reply)
    except AiLibError as error:
        placed(error, target)
        raise


async def _read(target: Target, built: BuiltOperation, reply: WireReply) -> JsonValue:
    if not 200 <= reply.status <= 299:
        body = await reply.read(_MAX_ERROR_BYTES)
        raise failed_reply(target, reply.status, reply.headers, body)
    data = await reply.read(_MAX_BODY_BYTES)
    content_type = reply.headers.get("content-type") or "application/json"
    if not data:
        return None
    if "json" not in content_type:
        return data
    answer = decode_json(data, f"the answer of {target.compiled.id}")
    found = compile_path(built.binding).first(answer) if built.binding else MISSING
    return answer if found is MISSING else found
