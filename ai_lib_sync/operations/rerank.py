# Generated from ai_lib/operations/rerank.py by codegen; do not edit.
"""RerankClient: orders documents by their relevance to a query."""

from __future__ import annotations

from collections.abc import Sequence

from ai_lib.errors.exceptions import DecodeError, RequestError
from ai_lib.operations.response import RankedDocument, RerankResponse, make_facts
from ai_lib.pipeline.operations.result import OperationResult, find_number
from ai_lib.request.operations.options import RerankOptions, prefer
from ai_lib.request.operations.request import OperationRequest
from ai_lib.types.json import JsonObject

from .client import OperationClient


class RerankClient(OperationClient):
    """Orders documents by their relevance to a query, with one model.

        with RerankClient.create("provider/model") as client:
            response = client.rerank("What is AI?", documents, top_n=3)

    A client may be used from any number of tasks and threads at once.
    """

    def rerank(
        self,
        query: str,
        documents: Sequence[str],
        top_n: int | RerankOptions | None = None,
        *,
        max_tokens_per_document: int | None = None,
        extra: JsonObject | None = None,
        timeout: float | None = None,
        fallbacks: Sequence[str] | None = None,
    ) -> RerankResponse:
        """Return the documents by their relevance, the most relevant first.

        `top_n` is how many to return at most, or all options in one value. What is longer than
        `max_tokens_per_document` is cut, where the provider takes that. `extra` are fields merged
        into the body unchanged. `timeout` is in seconds; `fallbacks` are models to ask when this
        one fails.

        Raises:
            InvalidInput: a document is empty, or there are more than the provider takes. Nothing
                was sent.
            RequestError: there are no documents, or the model does not rerank. Nothing was sent.
            TransportError: bytes could not be exchanged.
            RemoteError: the provider answered with an error.
            ResponseError: the response can't be used.
        """
        texts = [documents] if isinstance(documents, str) else list(documents)
        if not texts:
            raise RequestError("there are no documents to rank")
        if isinstance(top_n, RerankOptions):
            options, top_n = top_n, top_n.top_n
            max_tokens_per_document = prefer(max_tokens_per_document, options.max_tokens_per_doc)
        if top_n is not None and (isinstance(top_n, bool) or top_n < 1):
            raise RequestError(f"top_n is a number from 1 on, not {top_n!r}")
        request = OperationRequest(
            name="rerank",
            texts={"query": query, "documents": texts},
            values={"limit": top_n, "max_tokens_per_document": max_tokens_per_document},
            extra=extra or {},
        )
        result, call = self._run(request, timeout, fallbacks)
        results = _read_ranks(result, texts, self.provider_id)
        return RerankResponse(results=results[:top_n], **make_facts(call, result))


def _read_ranks(
    result: OperationResult, documents: Sequence[str], provider: str
) -> list[RankedDocument]:
    ranks: list[RankedDocument] = []
    for position, item in enumerate(result.items):
        index, score = find_number(item, "index"), find_number(item, "score")
        index = position if index is None else index
        if score is None or not 0 <= index < len(documents):
            raise DecodeError(
                f"{provider} ranked document {index:g} with {score}, of {len(documents)} documents",
                excerpt=str(item)[:200],
                provider=provider,
            )
        document_index = int(index)
        ranks.append(
            RankedDocument(index=document_index, score=score, document=documents[document_index])
        )
    return sorted(ranks, key=lambda rank: -rank.score)
