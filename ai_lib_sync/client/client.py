# Generated from ai_lib/client/client.py by codegen; do not edit.
"""AiClient: sends chats and other operations to one model of one provider."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from ai_lib.client.target.arguments import check_name, check_request
from ai_lib.client.target.settings import ClientSettings
from ai_lib.protocol.manifest.model import is_required
from ai_lib.resilience.signals import SignalsSnapshot
from ai_lib.types.cost import TokenCount
from ai_lib.types.json import JsonDict, JsonObject, JsonValue
from ai_lib.types.message import MessageLike
from ai_lib.types.request import ChatRequest
from ai_lib.types.upload import FileLike

from .._runtime.backend import make_enterable
from ..transport import HttpTransport
from .builder import AiClientBuilder
from .chat import ChatRequestBuilder
from .execution.runner import CallRunner
from .loading import load_model, read_key
from .model_client import ModelClient

if TYPE_CHECKING:
    from ssl import SSLContext

    from ai_lib.client.target.explain import Explanation
    from ai_lib.telemetry.feedback.types import Feedback
    from ai_lib.telemetry.health.status import HealthReport
    from ai_lib.transport.options import TransportOptions

    from ..transport.credentials.obtain import ApiKey
    from .batches.service import BatchService
    from .live_files import FileService
    from .live_models import ModelService


class AiClient(ModelClient):
    """Sends chats to one model. Make it with `create` or `builder`; close it when done.

        with AiClient.create("provider/model") as client:
            response = client.chat().user("Hello!").execute()

    A client may be used from any number of tasks and threads at once.
    """

    def __init__(self, settings: ClientSettings, transport: HttpTransport | None = None) -> None:
        super().__init__(settings, transport)
        self._runner = CallRunner(self._transport, self._targets, self._interceptors)
        self._feedback = settings.feedback

    if not TYPE_CHECKING:  # to a type checker what is not there is not there

        def __getattr__(self, name: str) -> object:
            from ai_lib.types.dicts.other_names import OF_CLIENTS, make_missing_error

            raise make_missing_error(self, name, OF_CLIENTS)

    @classmethod
    @make_enterable
    def create(
        cls,
        model: str,
        *,
        api_key: ApiKey | None = None,
        base_url: str | None = None,
        timeout: float | None = None,
        headers: Mapping[str, str] | None = None,
        proxy: str | None = "environment",
        max_retries: int | None = None,
        ssl_context: SSLContext | None = None,
        http: TransportOptions | None = None,
    ) -> AiClient:
        """Return a client for `provider/model`, or for a model that a manifest lists by its name.

        Without `api_key` the key is looked up (environment, keyring); see the builder's `api_key`
        for functions that give one. `base_url` replaces the
        manifest's address; `timeout` is in seconds. Nothing is sent yet, except the health check
        of a manifest that says `availability.required`.

        `headers`, `proxy`, `max_retries`, `ssl_context` and `http` are as the builder's methods.

        Raises:
            ProtocolError: there is no such provider, or its manifest can't be used.
            CredentialError: no API key was found; the message says where it may be put.
            ConnectError: a required provider is not available.
        """
        api_key = key = read_key(api_key)  # no traceback shows it
        client = cls(
            load_model(
                model, key, base_url, timeout, headers, proxy, max_retries, ssl_context, http
            )
        )
        client.ensure_available()
        return client

    @classmethod
    def builder(cls) -> AiClientBuilder[AiClient]:
        """Return a builder, which has a method for every setting."""
        return AiClientBuilder(cls)

    @property
    def is_resilient(self) -> bool:
        """Whether the calls have more protection than the manifest's own retries."""
        return self._targets.is_resilient

    @property
    def circuit_state(self) -> str:
        """`closed`, `open` or `half_open`; `disabled` without a circuit breaker."""
        return self._targets.first.executor.circuit_state

    @property
    def current_inflight(self) -> int:
        """The number of attempts in flight over all targets; 0 without a limit on them."""
        return self._targets.backpressure.current_inflight if self._targets.backpressure else 0

    def get_resilience_stats(self) -> JsonDict:
        """Return the statistics of the first target's protection, and of each under `targets`.

        It is empty when only the manifest's retries protect the calls.
        """
        if not self.is_resilient:
            return {}
        targets = {
            guarded.target.label: guarded.executor.get_stats()
            for guarded in self._targets.list_targets()
        }
        return {**targets[self._target.label], "targets": targets}

    def signals(self) -> SignalsSnapshot:
        """Return the current state of the first target's protection."""
        return self._targets.first.executor.preflight.get_signals()

    def reset_resilience(self) -> None:
        """Close every circuit and forget its failures."""
        for guarded in self._targets.list_targets():
            guarded.executor.reset()

    def explain(self, request: ChatRequest | None = None) -> Explanation:
        """Return what a call would send, as a curl command without the key. Nothing is sent.

        The explanation also lists what was renamed or left out, and the limits, retries and prices
        that apply. `request` is what a builder's `build()` returns; the default is a question of
        one word.

        Raises:
            RequestError: the target can't be asked this.
        """
        from ai_lib.client.call.tokens import explain_with_cost

        return explain_with_cost(self.target, check_request(request))

    def count_tokens(self, prompt: str | Sequence[MessageLike] | ChatRequest) -> TokenCount:
        """Return the input tokens of a text, of messages, or of a request, as it would be sent.

        They are counted by the model's own encoding where that is available offline, and estimated
        otherwise; see `TokenCounter.for_model`.
        """
        from ai_lib.client.call.tokens import count_tokens

        return count_tokens(self.target, prompt)

    @property
    def models(self) -> ModelService:
        """The provider's own list of models, and its own counts of tokens."""
        from .live_models import ModelService

        return ModelService(self._make_operations(), self.invoke)

    @property
    def files(self) -> FileService:
        """The files that are stored at the provider."""
        from .live_files import FileService

        return FileService(self._make_operations())

    @property
    def batches(self) -> BatchService:
        """The batches of chats that the provider works on by itself."""
        from .batches.service import BatchService

        return BatchService(self)

    def chat(self, model: str | None = None) -> ChatRequestBuilder:
        """Return a builder for a new chat request, to the client's model or to another one.

        Another `model`, of any provider, is asked first in place of the client's own and of its
        routing; the client's fallbacks follow. It has a key, limits and a circuit of its own: the
        key of `api_key_for`, or the one that is looked up. A model of the client's provider is
        asked at the same address with the same key. An unknown model is told when the chat is sent.

        Raises:
            TypeError: `model` is no text.
        """
        return ChatRequestBuilder(self._runner, model)

    def invoke(
        self,
        operation: str,
        body: JsonObject | None = None,
        *,
        files: Mapping[str, FileLike] | None = None,
        timeout: float | None = None,
        **values: str,
    ) -> JsonValue:
        """Call an operation other than chat that the manifest names, such as `list_models`.

        `values` fill the `{...}` of its path; `timeout` is in seconds. `files` are sent as a form
        with the fields of `body`, unless the manifest says that the operation takes no form. Each
        file is bytes, a path, a file opened in binary mode, or a `FilePart`, and is read while it
        is sent. Returns the decoded response (for a service, the part its manifest points at);
        bytes when it is not JSON, None when it is empty.

        Raises:
            CapabilityError: the manifest does not declare what the operation needs. Nothing was
                sent.
            RequestError: the manifest has no such operation, or a file can't be read.
            TransportError: bytes could not be exchanged.
            RemoteError: the provider answered with an error.
        """
        from .execution.operation_runner import invoke

        return invoke(
            self._transport,
            self._targets,
            self._interceptors,
            check_name(operation),
            body,
            values,
            timeout,
            files,
        )

    def check_health(self, *, timeout: float | None = None) -> HealthReport:
        """Make the health check of the first target's manifest, without the key; never raise.

        The result has no effect on calls. `timeout` is in seconds; the default is the manifest's.
        """
        from ..telemetry.health.checker import check_provider

        target = self.target
        return check_provider(
            target.compiled.manifest, self._transport, base_url=target.base_url, timeout=timeout
        )

    def ensure_available(self, *, timeout: float | None = None) -> None:
        """Check the health of every provider whose manifest says `availability.required`.

        Fallbacks are included. `create` and `build` make these checks (spec section 6.1).
        `timeout` is the seconds of one check; the default is the manifest's.

        Raises:
            ConnectError: a required provider is not available; the client is closed.
        """
        targets = [guarded.target for guarded in self._targets.route(None)]
        required = [target for target in targets if is_required(target.compiled.manifest)]
        if not required:
            return
        from ..telemetry.health.checker import require_available

        try:
            for target in required:
                manifest, url = target.compiled.manifest, target.base_url
                require_available(manifest, self._transport, base_url=url, timeout=timeout)
        except BaseException:
            self.close()
            raise

    def report_feedback(self, feedback: Feedback) -> bool:
        """Send feedback to the builder's sink, or to the current context's when there is none.

        Returns whether a sink took it. An exception of a sink is logged, not raised.

        Raises:
            TypeError: `feedback` is no feedback.
        """
        from ..telemetry.feedback.sinks import report_feedback

        return report_feedback(feedback, self._feedback)
