"""Sends a form to an operation of a client's provider."""

from __future__ import annotations

import msgspec

from ai_lib.client.target import placed
from ai_lib.errors.tree import AiLibError
from ai_lib.request.operation import build_operation
from ai_lib.resilience.admission import Admission
from ai_lib.resilience.ledger import FOREVER, Ledger
from ai_lib.types.json import JsonValue

from .._backend import now
from ..client import AiClient
from ..client.operations import read_answer


async def upload(client: AiClient, operation: str, form: bytes, content_type: str) -> JsonValue:
    """Send the form, under the client's protection, and return the answer.

    Raises as `AiClient.invoke`.
    """
    protected = client._targets.first
    target = protected.target.current()
    built = build_operation(
        operation,
        target.compiled,
        body=None,
        values={"model": target.model},
        credential=target.credential.value if target.credential else None,
        base_url=target.base_url,
    )
    headers = (("Content-Type", content_type), *built.wire.headers)
    wire = msgspec.structs.replace(built.wire, headers=headers, body=form)
    clocks = target.clocks(False)
    ledger = Ledger(ends=now() + (clocks.total or FOREVER), repeatable=target.repeatable)

    async def attempt(admission: Admission) -> JsonValue:
        left = msgspec.structs.replace(clocks, total=ledger.left(now()))
        reply = await client._transport.send(wire, left)
        async with reply:
            admission.heard(reply.headers)
            return await read_answer(target, built, reply)

    try:
        return await protected.executor.run(attempt, ledger)
    except AiLibError as error:
        ledger.on(placed(error, target))
        raise
