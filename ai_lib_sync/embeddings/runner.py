# Generated from ai_lib/embeddings/runner.py by codegen; do not edit.
"""One call for vectors: its texts split into requests, over the targets it may go to."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from ai_lib.client.call.operation import Errand, Operation
from ai_lib.client.call.tokens import weighed
from ai_lib.client.target.settings import CallOptions
from ai_lib.client.target.target import Target, failed_reply, placed, request_id_of
from ai_lib.embeddings.build import EmbeddingWriter
from ai_lib.embeddings.parse import ParsedVectors, read_vectors
from ai_lib.embeddings.response import Embedding, EmbeddingResponse, EmbeddingUsage
from ai_lib.embeddings.split import (
    EmbeddingOptions,
    SplitOptions,
    check_texts,
    estimate_tokens,
    split_texts,
)
from ai_lib.errors.exceptions import AiLibError, RequestError, TransportTimeout
from ai_lib.resilience.attempt_log import FOREVER, AttemptLog
from ai_lib.resilience.permit import Permit
from ai_lib.types.cost import TokenCount
from ai_lib.types.usage import Usage
from ai_lib.types.wire import HttpRequest

from .._runtime.backend import now, run_all
from ..client.execution.targets import GuardedTarget, TargetSet
from ..client.interceptors.chain import InterceptorChain
from ..resilience import FallbackChain
from ..transport import HttpTransport


class EmbeddingCall:
    """Asks for the vectors of some texts, under one deadline, each request with its own retries.

    A target to fall back to is asked for all texts, as vectors of two models don't compare.
    """

    def __init__(
        self,
        transport: HttpTransport,
        targets: TargetSet,
        company: InterceptorChain,
        texts: Sequence[str],
        options: EmbeddingOptions,
        how: SplitOptions,
        call: CallOptions,
    ) -> None:
        self._transport = transport
        self._company = company
        self._route = targets.route(call.fallbacks)
        self._fallback = targets.config.fallback
        self._texts = texts
        self._options = options
        self._how = how
        self._call = call
        first = self._route[0].target.current()
        route = [place.target for place in self._route]
        self._operation = Operation("embeddings", first, now, targets, route)

    def run(self) -> EmbeddingResponse:
        """Return the vectors of all texts, from the first target that gives them."""
        return self._company.accompanied(self._operation, self._run)

    def _run(self) -> EmbeddingResponse:
        total = self._total(self._operation.target)
        self._books.ends = FOREVER if total is None else now() + total
        try:
            if len(self._route) == 1:
                return self._at(self._route[0])
            chain: FallbackChain[EmbeddingResponse] = FallbackChain(
                self._fallback, may_continue=self._may_go_on
            )
            for number, place in enumerate(self._route):
                chain.add_target(f"{number}", self._asking(place))
            return chain.run()
        except AiLibError as error:
            if isinstance(error, TransportTimeout) and error.timeout_name == "total":
                error.seconds = total  # not what was left for the last attempt
                error.message = (
                    f"{len(self._texts)} texts were not embedded within {total or 0:g} s"
                )
            self._books.attach_to(error)
            raise

    @property
    def _books(self) -> AttemptLog:
        return self._operation.ledger

    def _total(self, target: Target) -> float | None:
        return (self._call.timeouts or target.timeouts(False, self._call.timeout)).total

    def _may_go_on(self, error: AiLibError) -> bool:
        return error.fallbackable and now() < self._books.ends

    def _asking(self, place: GuardedTarget) -> Callable[[], EmbeddingResponse]:
        def ask() -> EmbeddingResponse:
            return self._at(place)

        return ask

    def _at(self, place: GuardedTarget) -> EmbeddingResponse:
        target = self._operation.target = place.target.current()
        try:
            writer = EmbeddingWriter(target.compiled, target.model, self._options)
            limits = writer.shape.find_limits(target.model)
            entry = target.compiled.find_model_entry(target.model)
            bound = limits.input_tokens or entry.context_window
            if self._options.truncate:
                bound = None
            limits = msgspec.structs.replace(limits, input_tokens=bound)
            texts = check_texts(self._texts, limits, self._how)
            parts = [
                _Part(self, place, target, writer, texts, part)
                for part in split_texts(texts, limits, self._how)
            ]
        except RequestError as error:
            raise placed(error, target) from None
        if len(parts) == 1:
            answers = [parts[0].run()]
        else:
            answers = run_all([part.run for part in parts], self._how.max_concurrent)
        return self._joined(target, writer, answers)

    def _joined(
        self, target: Target, writer: EmbeddingWriter, answers: Sequence[ParsedVectors]
    ) -> EmbeddingResponse:
        vectors = [vector for answer in answers for vector in answer.vectors]
        return EmbeddingResponse(
            embeddings=[
                Embedding(index=index, vector=vector) for index, vector in enumerate(vectors)
            ],
            model=answers[0].model or target.model,
            provider=target.compiled.id,
            usage=EmbeddingUsage(
                prompt_tokens=sum(answer.usage.prompt_tokens for answer in answers),
                total_tokens=sum(answer.usage.total_tokens for answer in answers),
            ),
            attempts=tuple(self._books.attempts),
            cost=self._operation.own_cost(),
            adaptations=tuple(writer.adaptations),
        )

    def send(self, part: _Part) -> ParsedVectors:
        """Send the request of one part, as often as the target's policy allows."""
        target = part.target
        errand = Errand(
            self._operation,
            target,
            tokens=part.tokens,
            repeatable=target.repeatable,
            weigh=part.weigh,
        )
        wire = self._operation.wire = part.wire(self._operation.headers)

        def attempt(permit: Permit) -> ParsedVectors:
            try:
                errand.start()
                return self._attempt(part, wire, errand.ledger, permit)
            except AiLibError as error:
                # Not a bare `raise`: before Python 3.11 that brings the dropped traceback back.
                raise placed(error, target)  # noqa: B904 (it is that error)

        ledger = errand.ledger
        return part.place.executor.run(attempt, ledger, on_retry=ledger.on_retry)

    def _attempt(
        self, part: _Part, wire: HttpRequest, ledger: AttemptLog, permit: Permit
    ) -> ParsedVectors:
        target = part.target
        timeouts = self._call.timeouts or target.timeouts(False, self._call.timeout)
        left = ledger.seconds_left(now())
        if left is not None:
            timeouts = msgspec.structs.replace(timeouts, total=left)
        reply = self._transport.send(wire, timeouts)
        with reply:
            permit.on_headers(reply.headers)
            permit.request_id = request_id_of(reply.headers)
            if not 200 <= reply.status <= 299:
                body = reply.read_error()
                raise failed_reply(target, reply.status, reply.headers, body)
            answer = part.read(reply.read())
        usage = answer.usage
        permit.usage = Usage(prompt_tokens=usage.prompt_tokens, total_tokens=usage.total_tokens)
        return answer


class _Part:
    """The texts of one request."""

    def __init__(
        self,
        asking: EmbeddingCall,
        place: GuardedTarget,
        target: Target,
        writer: EmbeddingWriter,
        texts: Sequence[str],
        where: range,
    ) -> None:
        self.place = place
        self.target = target
        self._asking = asking
        self._writer = writer
        self._texts = texts[where.start : where.stop]
        self._where = where
        self._whole = len(where) == len(texts)

    @property
    def tokens(self) -> float:
        """What the rate limit is asked for, where it counts tokens."""
        limiter = self.place.executor.preflight.rate_limiter
        if limiter is None or not limiter.quota.counts_tokens:
            return 0.0
        return float(sum(estimate_tokens(text) for text in self._texts))

    def weigh(self) -> TokenCount:
        """Return the tokens of its texts, for a budget."""
        return weighed(self.target, self._texts)

    def wire(self, headers: Sequence[tuple[str, str]]) -> HttpRequest:
        """Return the request, sent with these headers as well."""
        target = self.target
        key = target.credential.value if target.credential else None
        wire = self._writer.write(self._texts, credential=key, base_url=target.base_url)
        return msgspec.structs.replace(wire, headers=(*wire.headers, *headers))

    def read(self, body: bytes) -> ParsedVectors:
        """Return the vectors in the answer."""
        return read_vectors(
            self.target.compiled,
            self._writer.shape,
            body,
            count=len(self._texts),
            dimensions=self._writer.dimensions,
        )

    def run(self) -> ParsedVectors:
        """Ask; an error says which of the texts it was about."""
        try:
            return self._asking.send(self)
        except AiLibError as error:
            if not self._whole:
                where = self._where
                error.message += f" (asked for texts {where.start} to {where.stop - 1})"
            raise
