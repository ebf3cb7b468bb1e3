# Generated from ai_lib/embeddings/runner.py by codegen; do not edit.
"""EmbeddingCall: one call for vectors, split into requests, with fallback targets."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from ai_lib.client.call.prepared_request import PreparedRequest
from ai_lib.client.call.tokens import count_texts
from ai_lib.client.target.settings import CallOptions
from ai_lib.client.target.target import Target, attribute_error, raise_attributed, request_id_of
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
from ai_lib.errors.exceptions import AiLibError, RequestError
from ai_lib.resilience.permit import Permit
from ai_lib.types.cost import TokenCount
from ai_lib.types.usage import Usage
from ai_lib.types.wire import HttpRequest, TimeoutOptions

from .._runtime.backend import maybe_await, run_all
from ..client.execution.dispatcher import begin_attempt
from ..client.execution.operation_call import decode_json_body
from ..client.execution.routed_call import RoutedCall
from ..client.execution.targets import GuardedTarget, TargetSet, error_of
from ..client.interceptors.chain import InterceptorChain
from ..transport import HttpTransport


class EmbeddingCall(RoutedCall):
    """Requests the vectors of some texts under one deadline; each request has its own retries.

    A fallback target is asked for all texts, as vectors of two models don't compare.
    """

    def __init__(
        self,
        transport: HttpTransport,
        targets: TargetSet,
        interceptors: InterceptorChain,
        texts: Sequence[str],
        options: EmbeddingOptions,
        split_options: SplitOptions,
        call_options: CallOptions,
    ) -> None:
        super().__init__("embeddings", call_options, targets, interceptors)
        self._transport = transport
        self._texts = texts
        self._options = options
        self._split_options = split_options
        self.call.texts = list(texts) if all(isinstance(text, str) for text in texts) else None

    def embed(self) -> EmbeddingResponse:
        """Return the vectors of all texts, from the first target that succeeds."""
        return self.run(self._embed)

    def describe_undone(self) -> str:
        """Return what an error says was not done."""
        return f"{len(self._texts)} texts were not embedded"

    def _embed(self) -> EmbeddingResponse:
        self._texts = self._texts if self.call.texts is None else self.call.texts
        return self.dispatch(self._embed_at)

    def _embed_at(self, guarded: GuardedTarget) -> EmbeddingResponse:
        target = self.call.target = guarded.target.current()
        try:
            writer = EmbeddingWriter(target.compiled, target.listed, self._options)
            limits = writer.shape.find_limits(target.listed.embedding)
            max_tokens = limits.input_tokens or target.listed.entry.context_window
            if self._options.truncate:
                max_tokens = None
            limits = msgspec.structs.replace(limits, input_tokens=max_tokens)
            texts = check_texts(self._texts, limits, self._split_options)
            batches = [
                _TextBatch(self, guarded, target, writer, texts, positions)
                for positions in split_texts(texts, limits, self._split_options)
            ]
        except RequestError as error:
            raise attribute_error(error, target) from None
        if len(batches) == 1:
            results = [batches[0].run()]
        else:
            results = run_all([batch.run for batch in batches], self._split_options.max_concurrent)
        self.call.answered_locally = not self.parts
        return self._join(target, writer, results)

    def _join(
        self, target: Target, writer: EmbeddingWriter, results: Sequence[ParsedVectors]
    ) -> EmbeddingResponse:
        vectors = [vector for result in results for vector in result.vectors]
        return EmbeddingResponse(
            embeddings=[
                Embedding(index=index, vector=vector) for index, vector in enumerate(vectors)
            ],
            model=results[0].model or target.model,
            provider=target.compiled.id,
            usage=EmbeddingUsage(
                prompt_tokens=sum(result.usage.prompt_tokens for result in results),
                total_tokens=sum(result.usage.total_tokens for result in results),
            ),
            attempts=tuple(self.call.attempt_log.attempts),
            cost=self.call.own_cost(),
            adaptations=tuple(writer.adaptations),
        )

    def send(self, batch: _TextBatch) -> ParsedVectors:
        """Send the request of one batch of texts, with the retries of the target's policy."""
        target = batch.target
        prepared = PreparedRequest(
            target,
            batch.wire(self.call.headers),
            self.timeouts_for(target),
            count_input=batch.count_input,
        )
        kept_vectors = self._find_kept(prepared)
        if kept_vectors is not None:
            return kept_vectors
        self.parts.append(prepared)
        log = self.call.attempt_log.child(tokens=batch.tokens, repeatable=target.is_repeatable)
        log.after_attempt = prepared.end_attempt

        def attempt(permit: Permit) -> ParsedVectors:
            try:
                timeouts = begin_attempt(self.call, prepared, log)
                return self._attempt(batch, prepared, timeouts, permit)
            except AiLibError as error:
                raise_attributed(error, target)

        vectors = batch.guarded.executor.run(attempt, log, on_retry=log.on_retry)
        if self.call.keep_answer is not None:
            maybe_await(self.call.keep_answer(prepared, msgspec.to_builtins(vectors)))
        return vectors

    def _find_kept(self, prepared: PreparedRequest) -> ParsedVectors | None:
        """Return what a cache has in place of the response to a request, None without it."""
        if self.call.find_answer is None:
            return None
        body = decode_json_body(prepared.wire)
        if body is None:
            return None
        document = maybe_await(self.call.find_answer(prepared, body))
        if document is None:
            return None
        try:
            return msgspec.convert(document, ParsedVectors)
        except msgspec.ValidationError:
            return None

    def _attempt(
        self, batch: _TextBatch, prepared: PreparedRequest, timeouts: TimeoutOptions, permit: Permit
    ) -> ParsedVectors:
        response = self._transport.send(prepared.wire, timeouts)
        with response:
            permit.on_headers(response.headers)
            permit.request_id = request_id_of(response.headers, prepared.target.compiled)
            if not 200 <= response.status <= 299:
                raise error_of(response, batch.target)
            vectors = batch.read(response.read())
        usage = vectors.usage
        permit.usage = Usage(prompt_tokens=usage.prompt_tokens, total_tokens=usage.total_tokens)
        return vectors


class _TextBatch:
    """The texts of one request."""

    def __init__(
        self,
        call: EmbeddingCall,
        guarded: GuardedTarget,
        target: Target,
        writer: EmbeddingWriter,
        texts: Sequence[str],
        positions: range,
    ) -> None:
        self.guarded = guarded
        self.target = target
        self._call = call
        self._writer = writer
        self._texts = texts[positions.start : positions.stop]
        self._positions = positions
        self._has_all_texts = len(positions) == len(texts)

    @property
    def tokens(self) -> float:
        """The tokens to reserve from the rate limit; 0 when it counts no tokens."""
        if not self.guarded.counts_tokens:
            return 0.0
        return float(sum(estimate_tokens(text) for text in self._texts))

    def count_input(self) -> TokenCount:
        """Return the tokens of the texts, for a budget."""
        return count_texts(self.target, self._texts)

    def wire(self, headers: Sequence[tuple[str, str]]) -> HttpRequest:
        """Return the HTTP request, with these headers added."""
        target = self.target
        wire = self._writer.write(self._texts, credential=target.key, base_url=target.base_url)
        wire, _ = target.add_headers(wire)
        return wire.with_headers(headers)

    def read(self, body: bytes) -> ParsedVectors:
        """Return the vectors of a response."""
        return read_vectors(
            self.target.compiled,
            self._writer.shape,
            body,
            count=len(self._texts),
            dimensions=self._writer.dimensions,
        )

    def run(self) -> ParsedVectors:
        """Send the request; an error names the positions of the texts it was about."""
        try:
            return self._call.send(self)
        except AiLibError as error:
            if not self._has_all_texts:
                start, stop = self._positions.start, self._positions.stop
                error.message += f" (asked for texts {start} to {stop - 1})"
            raise
