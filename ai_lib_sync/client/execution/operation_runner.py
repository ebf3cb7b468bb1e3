# Generated from ai_lib/client/execution/operation_runner.py by codegen; do not edit.
"""Calls operations of a provider that are no chat."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from ai_lib.client.call.operation import Errand, Operation
from ai_lib.client.target.target import failed_reply, placed
from ai_lib.errors.exceptions import AiLibError
from ai_lib.pipeline.assembly.usage import UsageMeter
from ai_lib.pipeline.decoders.json_text import decode_json
from ai_lib.protocol.query.path import MISSING, compile_path
from ai_lib.request.operation import build_operation
from ai_lib.resilience.attempt_log import FOREVER
from ai_lib.resilience.permit import Permit
from ai_lib.types.json import JsonObject, JsonValue
from ai_lib.types.upload import FileLike, Multipart

from ..._runtime.backend import now
from ...transport import HttpResponse, HttpTransport
from ..interceptors.chain import InterceptorChain
from .targets import GuardedTarget, TargetSet


def invoke(
    transport: HttpTransport,
    targets: TargetSet,
    company: InterceptorChain,
    name: str,
    body: JsonObject | None,
    values: Mapping[str, str],
    timeout: float | None,
    files: Mapping[str, FileLike] | None = None,
) -> JsonValue:
    """Send one operation, under the first target's protection, and return what it answers."""
    protected = targets.first
    operation = Operation(name, protected.target.current(), now, targets)

    def asking() -> JsonValue:
        return _ask(transport, protected, operation, body, values, timeout, files)

    return company.accompanied(operation, asking)


def _ask(
    transport: HttpTransport,
    protected: GuardedTarget,
    operation: Operation,
    body: JsonObject | None,
    values: Mapping[str, str],
    timeout: float | None,
    files: Mapping[str, FileLike] | None,
) -> JsonValue:
    target = operation.target
    try:
        built = build_operation(
            operation.name,
            target.compiled,
            body=body,
            values={"model": target.model, **values},
            credential=target.credential.value if target.credential else None,
            base_url=target.base_url,
            files=files,
        )
        headers = (*built.wire.headers, *operation.headers)
        wire = operation.wire = msgspec.structs.replace(built.wire, headers=headers)
        timeouts = target.timeouts(False, timeout)
        operation.ledger.ends = now() + (timeouts.total or FOREVER)
        repeatable = target.repeatable or wire.method in ("GET", "HEAD")
        errand = Errand(operation, target, repeatable=repeatable)
        ledger = errand.ledger

        def attempt(permit: Permit) -> JsonValue:
            errand.start()
            left = msgspec.structs.replace(timeouts, total=ledger.seconds_left(now()))
            try:
                reply = transport.send(wire, left)
            finally:
                ledger.is_last = isinstance(wire.body, Multipart) and wire.body.is_spent
            with reply:
                permit.on_headers(reply.headers)
                try:
                    answer = _read(operation, built.binding, reply)
                except AiLibError as error:
                    # Not a bare `raise`: before Python 3.11 that brings the dropped traceback back.
                    raise placed(error, target)  # noqa: B904 (it is that error)
            permit.usage = operation.usage
            return answer

        return protected.executor.run(attempt, ledger, on_retry=ledger.on_retry)
    except AiLibError as error:
        # Not a bare `raise`: before Python 3.11 that brings the dropped traceback back.
        raise operation.ledger.attach_to(placed(error, target))  # noqa: B904 (it is that error)


def _read(operation: Operation, binding: str | None, reply: HttpResponse) -> JsonValue:
    target = operation.target
    if not 200 <= reply.status <= 299:
        # Its body is no local variable: it may say the key back.
        raise failed_reply(target, reply.status, reply.headers, reply.read_error())
    data = reply.read()
    content_type = reply.headers.get("content-type") or "application/json"
    if not data:
        return None
    if "json" not in content_type or "jsonl" in content_type:
        return data
    answer = decode_json(data, f"the answer of {target.compiled.id}")
    if isinstance(answer, Mapping):
        reported = UsageMeter(target.compiled.usage).report(answer.get("usage"))
        operation.usage = reported or operation.usage
    found = compile_path(binding).first(answer) if binding else MISSING
    return answer if found is MISSING else found
