# Generated from ai_lib/operations/client.py by codegen; do not edit.
"""OperationClient: what the clients of all operations share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, TypeVar

from ai_lib.client.call.call import Call
from ai_lib.client.target.settings import CallOptions
from ai_lib.pipeline.operations.result import OperationResult
from ai_lib.request.chat import resolve_base_url
from ai_lib.request.operations.request import OperationRequest
from ai_lib.types.wire import check_optional_seconds

from .._runtime.backend import make_enterable
from ..client.execution.cancel import CancelToken
from ..client.execution.operation_call import OperationCall
from ..client.execution.operation_stream import OperationStream
from ..client.loading import load_model, read_key
from ..client.model_client import ModelClient
from .builder import OperationClientBuilder
from .fetch import fetch_content, is_same_host

if TYPE_CHECKING:
    from ssl import SSLContext

    from ai_lib.transport.options import TransportOptions

    from ..transport.credentials.obtain import ApiKey

C = TypeVar("C", bound="OperationClient")


class OperationClient(ModelClient):
    """Does one kind of operation with one model. Close it when done, or use it in a `with` block.

    A client may be used from any number of tasks and threads at once.
    """

    @classmethod
    @make_enterable
    def create(
        cls: type[C],
        model: str,
        api_key: ApiKey | None = None,
        base_url: str | None = None,
        *,
        timeout: float | None = None,
        headers: Mapping[str, str] | None = None,
        proxy: str | None = "environment",
        max_retries: int | None = None,
        ssl_context: SSLContext | None = None,
        http: TransportOptions | None = None,
    ) -> C:
        """Return a client for `provider/model`, or for a model that a manifest lists by its name.

        Without `api_key` the key is looked up (environment, keyring); see the builder's `api_key`
        for functions that give one. `base_url` replaces the manifest's address. `timeout` is the
        seconds of each call. Nothing is sent yet.

        `headers`, `proxy`, `max_retries`, `ssl_context` and `http` are as the builder's methods.

        Raises:
            ProtocolError: there is no such provider, or its manifest can't be used.
            CredentialError: no API key was found; the message says where it may be put.
        """
        api_key = key = read_key(api_key)  # no traceback shows it
        settings = load_model(
            model, key, base_url, timeout, headers, proxy, max_retries, ssl_context, http
        )
        return cls(settings)

    @classmethod
    def builder(cls: type[C]) -> OperationClientBuilder[C]:
        """Return a builder, which has a method for every setting."""
        return OperationClientBuilder(cls)

    @classmethod
    def beside(cls: type[C], client: ModelClient, model: str) -> C:
        """Return a client that shares the connections, interceptors and budget of another one.

        Of the same provider, it has the other's key and address. Closing it closes no connection.

        Raises:
            ProtocolError: there is no such provider, or its manifest can't be used.
            CredentialError: no API key was found for it.
        """
        settings, transport, interceptors = client._share(model)
        new_client = cls(settings, transport)
        new_client._interceptors = interceptors
        return new_client

    @property
    def model(self) -> str:
        """The model, by the provider's name for it."""
        return self._target.model

    def _run(
        self,
        request: OperationRequest,
        timeout: float | None,
        fallbacks: Sequence[str] | None = None,
    ) -> tuple[OperationResult, Call]:
        """Send an operation; return what came of it, and its call."""
        return self._make_call(request, timeout, fallbacks).run_with_call()

    def _open_stream(
        self,
        request: OperationRequest,
        timeout: float | None,
        fallbacks: Sequence[str] | None,
        cancel_token: CancelToken | None,
    ) -> tuple[OperationStream, Call]:
        """Return the stream of an operation, which is sent when it is first asked for a piece."""
        call = self._make_call(request, timeout, fallbacks, streamed=True)
        return OperationStream(call, cancel_token), call.call

    def _fetch(self, url: str) -> tuple[bytes, str]:
        """Return content at an address, with the key where the provider's own host asks for it."""
        target, base_url = self.target, self._base_url()
        has_own = target.compiled.find_operation("content.fetch") is not None
        if not has_own or not is_same_host(url, base_url):
            return fetch_content(self._transport, url, self.provider_id, base_url)
        request = OperationRequest(name="content.fetch")
        call = self._make_call(request, None, first_only=True, address=url)
        result = call.answer()
        return result.data, result.media_type

    def _poll(self, request: OperationRequest, address: str | None) -> tuple[OperationResult, Call]:
        """Ask for a job, at its address where it has one."""
        call = self._make_call(request, None, first_only=True, address=address)
        return call.run_with_call()

    def _base_url(self) -> str:
        return resolve_base_url(self.target.compiled, self.target.base_url)

    def _make_call(
        self,
        request: OperationRequest,
        timeout: float | None,
        fallbacks: Sequence[str] | None = None,
        *,
        streamed: bool = False,
        first_only: bool = False,
        address: str | None = None,
    ) -> OperationCall:
        options = CallOptions(
            timeout=check_optional_seconds("the timeout", timeout),
            fallbacks=None if fallbacks is None else tuple(fallbacks),
        )
        return OperationCall(
            self._transport,
            self._targets,
            self._interceptors,
            request,
            options,
            streamed=streamed,
            first_only=first_only,
            address=address,
        )
