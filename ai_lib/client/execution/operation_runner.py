"""Makes the calls of operations beside chat that a provider's manifest names."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from ai_lib.client.call.call import Call
from ai_lib.client.call.prepared_request import PreparedRequest
from ai_lib.client.target.settings import CallOptions
from ai_lib.client.target.target import Target, raise_attributed
from ai_lib.errors.exceptions import AiLibError, DecodeError
from ai_lib.pipeline.assembly.usage import UsageMeter
from ai_lib.pipeline.decoders.json_text import decode_json
from ai_lib.pipeline.errors import is_bare_error, is_page, remote_error
from ai_lib.protocol.query.path import MISSING, compile_path
from ai_lib.request.operation import BuiltOperation, build_operation
from ai_lib.request.operations.texts import collect_texts, replace_texts
from ai_lib.resilience.attempt_log import FOREVER
from ai_lib.resilience.permit import Permit
from ai_lib.types.json import JsonObject, JsonValue
from ai_lib.types.upload import FileLike, Multipart
from ai_lib.types.wire import HttpRequest, check_optional_seconds

from ..._runtime.backend import now
from ...transport import HttpResponse, HttpTransport
from ..interceptors.chain import InterceptorChain
from .dispatcher import begin_attempt, call_due
from .targets import GuardedTarget, TargetSet, error_of


async def invoke(
    transport: HttpTransport,
    targets: TargetSet,
    interceptors: InterceptorChain,
    name: str,
    body: JsonObject | None,
    values: Mapping[str, str],
    timeout: float | None,
    files: Mapping[str, FileLike] | None = None,
) -> JsonValue:
    """Send one operation, under the first target's protection, and return its response."""
    guarded = targets.first
    if targets.is_watching:
        await targets.refresh()
    target = guarded.target.current()
    call = Call(
        name,
        None,
        CallOptions(timeout=check_optional_seconds("the timeout", timeout)),
        now,
        targets,
        target,
    )
    call.route = (target,)
    texts = call.texts = collect_texts(body) if body is not None else []

    async def operation() -> JsonValue:
        is_same = body is None or call.texts is texts
        filtered = body if is_same else replace_texts(body, iter(call.texts or ()))
        result = await _run(transport, guarded, target, call, filtered, values, files)
        if isinstance(result, bytes):
            return result
        if call.filter_results is not None:
            result = replace_texts(result, iter(await call.filter_results(collect_texts(result))))
        call.read_results = partial(collect_texts, result)
        return result

    return await interceptors.run_operation(call, operation)


def _build(
    target: Target,
    call: Call,
    body: JsonObject | None,
    values: Mapping[str, str],
    files: Mapping[str, FileLike] | None,
) -> tuple[BuiltOperation, HttpRequest]:
    built = build_operation(
        call.operation,
        target.compiled,
        body=body,
        values={"model": target.model, **values},
        credential=target.key,
        base_url=target.base_url,
        files=files,
    )
    wire, _ = target.add_headers(built.wire)
    return built, wire.with_headers(call.headers)


async def _run(
    transport: HttpTransport,
    guarded: GuardedTarget,
    target: Target,
    call: Call,
    body: JsonObject | None,
    values: Mapping[str, str],
    files: Mapping[str, FileLike] | None,
) -> JsonValue:
    try:
        built, wire = _build(target, call, body, values, files)
        prepared = PreparedRequest(target, wire, target.timeouts_for(False, call.options.timeout))
        log = call.attempt_log
        log.repeatable = target.is_repeatable or wire.method in ("GET", "HEAD")
        log.ends = now() + (prepared.timeouts.total or FOREVER)
        call.requests.append(prepared)

        async def attempt(permit: Permit) -> JsonValue:
            try:
                timeouts = await begin_attempt(call, prepared, log)
                try:
                    response = await transport.send(prepared.wire, timeouts)
                finally:
                    log.is_last = isinstance(wire.body, Multipart) and wire.body.is_spent
                async with response:
                    permit.on_headers(response.headers)
                    result = await _read(call, target, built.binding, response)
            except AiLibError as error:
                raise_attributed(error, target)
            permit.usage = call.usage
            return result

        return await guarded.executor.run(attempt, log, on_retry=log.on_retry)
    except AiLibError as error:
        raise_attributed(call.attempt_log.attach_to(error), target)
    finally:
        for prepared in call.requests:
            await call_due(prepared)


async def _read(
    call: Call, target: Target, binding: str | None, response: HttpResponse
) -> JsonValue:
    if not 200 <= response.status <= 299:
        raise await error_of(response, target)
    data = await response.read()
    content_type = response.headers.get("content-type") or "application/json"
    if not data:
        return None
    if "json" not in content_type or "jsonl" in content_type:
        _check_no_page(target, content_type, data)
        return data
    document = decode_json(data, f"the answer of {target.compiled.id}")
    if is_bare_error(document):
        raise remote_error(target.compiled, response.status, document, response.headers)
    if isinstance(document, Mapping):
        reported = UsageMeter(target.compiled.usage).report(document.get("usage"))
        call.usage = reported or call.usage
    value = compile_path(binding).first(document) if binding else MISSING
    return document if value is MISSING else value


def _check_no_page(target: Target, content_type: str, data: bytes) -> None:
    """Check that a body is no page, such as a login page. Raises DecodeError."""
    if is_page(content_type, data):
        excerpt = data[:200].decode("utf-8", "replace")
        raise DecodeError(
            f"{target.compiled.id} answered with a page, not with data; it begins {excerpt!r}",
            excerpt=excerpt,
        )
