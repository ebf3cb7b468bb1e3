# Generated from ai_lib/client/client.py by codegen; do not edit.
"""AiClient: talks to one model of one provider."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from ai_lib.client.call.tokens import count_tokens, explained
from ai_lib.client.target.arguments import checked_name, checked_request
from ai_lib.client.target.settings import ClientSettings
from ai_lib.client.target.target import Target
from ai_lib.protocol.manifest.model import ProtocolManifest, is_required
from ai_lib.resilience.signals import SignalsSnapshot
from ai_lib.types.cost import TokenCount
from ai_lib.types.json import JsonObject, JsonValue
from ai_lib.types.message import Message
from ai_lib.types.request import ChatRequest
from ai_lib.types.secret import Secret
from ai_lib.types.upload import FileLike

from ..transport import HttpTransport
from .builder import AiClientBuilder
from .chat import ChatRequestBuilder
from .execution.runner import CallRunner
from .execution.targets import TargetSet
from .interceptors.chain import InterceptorChain
from .loading import prepared

if TYPE_CHECKING:
    from ai_lib.client.target.explain import Explanation
    from ai_lib.telemetry.feedback.types import Feedback
    from ai_lib.telemetry.health.status import HealthReport


class AiClient:
    """Talks to one model. Make it with `create` or `builder`, close it when done.

        with AiClient.create("provider/model") as client:
            reply = client.chat().user("Hello!").execute()

    A client may be used from any number of tasks and threads at once.
    """

    def __init__(self, settings: ClientSettings, transport: HttpTransport | None = None) -> None:
        self._targets = TargetSet(settings)
        self._target = self._targets.first.target
        self._owns_transport = transport is None
        self._transport = transport or HttpTransport()
        self._company = InterceptorChain(settings.interceptors)
        self._calls = CallRunner(self._transport, self._targets, self._company)
        self._feedback = settings.feedback

    @classmethod
    def create(
        cls,
        model: str,
        *,
        api_key: str | None = None,
        base_url: str | None = None,
        timeout: float | None = None,
    ) -> AiClient:
        """Return a client for `provider/model`, or for a model that a manifest lists by its name.

        `api_key` is otherwise looked up (environment, keyring); `base_url` replaces the manifest's
        address; `timeout` is seconds. Nothing is sent yet, unless the manifest says
        `availability.required`: then its check is made.

        Raises:
            ProtocolError: there is no such provider, or its manifest can't be used.
            CredentialError: no API key was found; the message says where it may be put.
            ConnectError: a provider that is required is not there.
        """
        api_key = None if api_key is None else Secret(api_key)
        settings = ClientSettings(model=model, api_key=api_key, base_url=base_url, timeout=timeout)
        client = cls(prepared(settings))
        client.ensure_available()
        return client

    @classmethod
    def builder(cls) -> AiClientBuilder[AiClient]:
        """Return a builder, for everything `create` has no argument for."""
        return AiClientBuilder(cls)

    @property
    def model_id(self) -> str:
        """The model, as `provider/model`."""
        return self._target.model_id

    @property
    def provider_id(self) -> str:
        """The provider's id."""
        return self._target.compiled.id

    @property
    def manifest(self) -> ProtocolManifest:
        """The manifest in force."""
        return self.target.compiled.manifest

    @property
    def target(self) -> Target:
        """Where its calls go first, as it stands now; for what is built upon a client."""
        return self._target.current()

    @property
    def is_resilient(self) -> bool:
        """Whether more than the manifest's own retries protects the calls."""
        return self._targets.is_resilient

    @property
    def circuit_state(self) -> str:
        """`closed`, `open` or `half_open`; `disabled` without a circuit breaker."""
        return self._targets.first.executor.circuit_state

    @property
    def current_inflight(self) -> int:
        """How many attempts are in flight, over all targets; 0 without a limit on them."""
        return self._targets.places.current_inflight if self._targets.places else 0

    def get_resilience_stats(self) -> dict[str, object]:
        """Return the figures of the first target's protection, and of each under `targets`.

        Empty when nothing but the manifest's retries protects the calls.
        """
        if not self.is_resilient:
            return {}
        targets = {
            place.target.label: place.executor.get_stats() for place in self._targets.everyone()
        }
        return {**targets[self._target.label], "targets": targets}

    def signals(self) -> SignalsSnapshot:
        """Return how the first target's protection stands now."""
        return self._targets.first.executor.preflight.get_signals()

    def reset_resilience(self) -> None:
        """Close every circuit and forget its failures."""
        for place in self._targets.everyone():
            place.executor.reset()

    def explain(self, request: ChatRequest | None = None) -> Explanation:
        """Return what a call would be: the request as a curl command without the key, what was
        renamed or left out, and the limits, retries and prices that apply. Nothing is sent.

        `request` is what a builder's `build()` gives; without it, a question of one word.

        Raises:
            RequestError: the target can't be asked this.
        """
        return explained(self.target, checked_request(request))

    def count_tokens(self, what: str | Sequence[Message] | ChatRequest) -> TokenCount:
        """Return the tokens of a text, of messages, or of a request: of the input, as it is sent.

        The model's own encoding counts where it can be had offline, see `TokenCounter.for_model`.
        """
        return count_tokens(self.target, what)

    def chat(self) -> ChatRequestBuilder:
        """Begin a chat request."""
        return ChatRequestBuilder(self._calls)

    def invoke(
        self,
        operation: str,
        body: JsonObject | None = None,
        *,
        files: Mapping[str, FileLike] | None = None,
        timeout: float | None = None,
        **values: str,
    ) -> JsonValue:
        """Call an operation beside chat that the manifest names, such as `list_models`.

        `values` fill the `{...}` of its path; `timeout` is seconds. `files` are sent with the
        fields of `body` as a form, unless the manifest says that the operation takes none: each is
        bytes, a path, a file opened in binary mode, or a `FilePart` that says more, and is read
        while it is sent. Returns the decoded answer (of a service, the part its manifest points
        at), bytes when it is not JSON, None when it is empty.

        Raises:
            CapabilityError: the manifest does not declare what the operation needs; nothing was
                sent.
            RequestError: the manifest has no such operation, or a file can't be read.
            TransportError: bytes could not be exchanged.
            RemoteError: the provider answered with an error.
        """
        operation, targets, company = checked_name(operation), self._targets, self._company
        from .execution.operation_runner import invoke

        return invoke(self._transport, targets, company, operation, body, values, timeout, files)

    def check_health(self, *, timeout: float | None = None) -> HealthReport:
        """Make the health check of the first target's manifest, without the key; never raises.

        Whether it is healthy has no effect on calls. `timeout` is seconds, else the manifest's.
        """
        from ..telemetry.health.checker import check_provider

        target = self.target
        return check_provider(
            target.compiled.manifest, self._transport, base_url=target.base_url, timeout=timeout
        )

    def ensure_available(self, *, timeout: float | None = None) -> None:
        """Make the health checks of the providers whose manifests say `availability.required`,
        those of fallbacks included; `create` and `build` do so at the start (spec section 6.1).

        `timeout` is seconds a check, else the manifest's.

        Raises:
            ConnectError: one of them is not there; the client is closed.
        """
        targets = [place.target for place in self._targets.route(None)]
        required = [one for one in targets if is_required(one.compiled.manifest)]
        if not required:
            return
        from ..telemetry.health.checker import required_to_answer

        try:
            for target in required:
                manifest, url = target.compiled.manifest, target.base_url
                required_to_answer(manifest, self._transport, base_url=url, timeout=timeout)
        except BaseException:
            self.close()
            raise

    def report_feedback(self, feedback: Feedback) -> bool:
        """Hand feedback to the sink the builder was given, else to that of the current context.

        Returns whether a sink took it; what a sink raises is logged and goes no further.

        Raises:
            TypeError: this is no feedback.
        """
        from ..telemetry.feedback.sinks import report_feedback

        return report_feedback(feedback, self._feedback)

    def close(self) -> None:
        """Close the connections. Safe to call twice."""
        self._targets.report()
        if self._owns_transport:
            self._transport.close()

    def __enter__(self) -> AiClient:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"AiClient({self.model_id!r})"
