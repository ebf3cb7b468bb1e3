# Generated from ai_lib/client/batches/service.py by codegen; do not edit.
"""BatchService: the batches of chats at a client's provider."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ai_lib.client.batches.format import (
    ProviderBatchStatus,
    Tool,
    find_batch_shape,
    find_elements,
    read_status,
)
from ai_lib.request.operations.request import OperationRequest
from ai_lib.types.json import JsonObject

from ..model_client import ModelClient
from .provider_batch import Prompt, ProviderBatch


class BatchService:
    """Submits batches of chats to a provider, lists them, and finds them again."""

    def __init__(self, client: ModelClient) -> None:
        self._client = client

    def submit(self, items: Iterable[Prompt], *, name: str | None = None) -> ProviderBatch:
        """Submit prompts, which the provider works on by itself. See `ProviderBatch.submit`."""
        return ProviderBatch.submit(self._client, items, name=name)

    def create(self, file: str, path: str, *, extra: JsonObject | None = None) -> ProviderBatch:
        """Create a batch of a stored file of requests. See `ProviderBatch.create`."""
        return ProviderBatch.create(self._client, file, path, extra=extra)

    def get(self, id: str, *, tools: Iterable[Tool] = ()) -> ProviderBatch:
        """Return a batch that was submitted before, in another process too. Nothing is sent.

        Raises:
            CapabilityError: the manifest does not say that the provider takes batches.
        """
        return ProviderBatch(self._client, id, tools=tools)

    def list(
        self, *, page_size: int | None = None, timeout: float | None = None
    ) -> Iterator[ProviderBatchStatus]:
        """Yield the states of the batches, page by page. `timeout` is in seconds, for each page.

        Raises:
            CapabilityError: the provider takes no batches, or does not list them.
            TransportError: bytes could not be exchanged.
            RemoteError: the provider answered with an error.
        """
        shape = find_batch_shape(self._client.target)
        compiled = self._client.target.compiled
        request = OperationRequest(name="batches.list", values={"limit": page_size})
        listing = compiled.find_operation("batches.list")
        paths = listing.answer.each if listing is not None else ()
        for page in self._client._make_operations().iterate_pages(request, timeout):
            for element in find_elements(paths, page.document):
                yield read_status(compiled, shape, element)
