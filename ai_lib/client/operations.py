"""Calls operations of a provider that are no chat."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from ai_lib.client.target import Target, failed_reply, placed
from ai_lib.errors.tree import AiLibError
from ai_lib.pipeline.json_text import decode_json
from ai_lib.protocol.path import MISSING, compile_path
from ai_lib.request.operation import BuiltOperation, build_operation
from ai_lib.resilience.admission import Admission
from ai_lib.resilience.ledger import FOREVER, Ledger
from ai_lib.types.json import JsonObject, JsonValue
from ai_lib.types.upload import FileLike, Multipart

from .._backend import now
from ..transport import HttpTransport, WireReply
from .targets import Protected


async def invoke(
    transport: HttpTransport,
    protected: Protected,
    name: str,
    body: JsonObject | None,
    values: Mapping[str, str],
    timeout: float | None,
    files: Mapping[str, FileLike] | None = None,
) -> JsonValue:
    """Send one operation, under the target's protection, and return what it answers."""
    target = protected.target.current()
    ledger = Ledger()
    try:
        built = build_operation(
            name,
            target.compiled,
            body=body,
            values={"model": target.model, **values},
            credential=target.credential.value if target.credential else None,
            base_url=target.base_url,
            files=files,
        )
        clocks = target.clocks(False, timeout)
        ledger.ends = now() + (clocks.total or FOREVER)
        ledger.repeatable = target.repeatable or built.wire.method in ("GET", "HEAD")

        async def attempt(admission: Admission) -> JsonValue:
            left = msgspec.structs.replace(clocks, total=ledger.left(now()))
            try:
                reply = await transport.send(built.wire, left)
            finally:
                ledger.is_last = isinstance(built.wire.body, Multipart) and built.wire.body.is_spent
            async with reply:
                admission.heard(reply.headers)
                return await read_answer(target, built, reply)

        return await protected.executor.run(attempt, ledger)
    except AiLibError as error:
        ledger.on(placed(error, target))
        raise


async def read_answer(target: Target, built: BuiltOperation, reply: WireReply) -> JsonValue:
    """Return what an operation answered: decoded JSON, bytes when it is none, None when empty."""
    if not 200 <= reply.status <= 299:
        # Its body is no local variable: it may say the key back.
        raise failed_reply(target, reply.status, reply.headers, await reply.read_error())
    data = await reply.read()
    content_type = reply.headers.get("content-type") or "application/json"
    if not data:
        return None
    if "json" not in content_type or "jsonl" in content_type:
        return data
    answer = decode_json(data, f"the answer of {target.compiled.id}")
    found = compile_path(built.binding).first(answer) if built.binding else MISSING
    return answer if found is MISSING else found
