# Generated from ai_lib/client/interceptors/routing.py by codegen; do not edit.
"""Chooses among several targets for each call of a client, and records how each is doing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from ai_lib.client.call.call import Call
from ai_lib.client.call.prepared_request import PreparedRequest
from ai_lib.client.target.settings import ClientSettings, RoutedModel
from ai_lib.errors import codes
from ai_lib.errors.exceptions import AiLibError, CapabilityError
from ai_lib.protocol.manifest.capabilities import require_capabilities
from ai_lib.request.chat import list_needed_capabilities
from ai_lib.types.attempt import Attempt

from ..loading import read_key
from .base import Interceptor

if TYPE_CHECKING:
    from ai_lib.routing.array import ModelArray
    from ai_lib.routing.endpoint import ModelEndpoint
    from ai_lib.routing.model_manager import ModelManager
    from ai_lib.routing.selectors import Strategy

_SERVICE_ERRORS = frozenset({codes.SERVER_ERROR.name, codes.OVERLOADED.name, codes.TIMEOUT.name})


class RoutingInterceptor(Interceptor):
    """Names the models of each call in the order they are tried."""

    order = 40
    chats_only = True

    def __init__(self, array: ModelArray, names: Mapping[str, str]) -> None:
        self._array = array
        self._names = names
        self._endpoints = {names[endpoint.name]: endpoint for endpoint in array.endpoints}
        self._current: dict[str, ModelEndpoint] = {}

    def before_request(self, call: Call) -> None:
        """Choose among the endpoints that declare what the request needs.

        Raises:
            CapabilityError: none of them does.
        """
        if call.options.model is not None:
            return
        if call.models is not None or call.targets is None or call.request is None:
            return
        needs = tuple(list_needed_capabilities(call.request))
        refusals: list[CapabilityError] = []
        order = self._array.plan(
            call.clock(), lambda endpoint: self._fits(call, endpoint, needs, refusals)
        )
        if not order:
            raise self._no_endpoint_error(refusals)
        self._current[call.id] = order[0]
        fallbacks = call.options.fallbacks
        if fallbacks is None:
            fallbacks = tuple(call.targets.fallbacks)
        call.models = [*(self._names[endpoint.name] for endpoint in order), *fallbacks]

    def _fits(
        self,
        call: Call,
        endpoint: ModelEndpoint,
        needs: Sequence[str],
        refusals: list[CapabilityError],
    ) -> bool:
        if endpoint.name not in self._names or call.targets is None:
            return False  # added after the client was built
        target = call.targets.target(self._names[endpoint.name]).current()
        try:
            require_capabilities(
                target.compiled.manifest, *needs, model=target.model, entry=target.listed.entry
            )
        except CapabilityError as error:
            refusals.append(error)
            return False
        return True

    def _no_endpoint_error(self, refusals: Sequence[CapabilityError]) -> AiLibError:
        if not refusals:
            raise ValueError(f"{self._array!r} has no endpoint left")
        reasons = "; ".join(dict.fromkeys(error.message for error in refusals))
        return CapabilityError(
            f"no endpoint of {self._array.name!r} can be asked this: {reasons}",
            capability=refusals[0].capability,
        )

    def before_attempt(self, call: Call, prepared: PreparedRequest) -> None:
        """Count the call where it goes now."""
        endpoint = self._endpoints.get(prepared.target.name)
        if self._current.get(call.id) is not endpoint:
            self._leave(call)
            if endpoint is not None:
                endpoint.state.start_call()
                self._current[call.id] = endpoint

    def after_attempt(self, call: Call, attempt: Attempt) -> None:
        """Learn from how it ended."""
        endpoint = self._current.get(call.id)
        if endpoint is None or not attempt.sent:
            return
        if attempt.ended == "answered":
            first = call.timer.time_to_first_token_ms if call.streamed else None
            endpoint.state.record_success(attempt.latency_ms if first is None else first)
        elif attempt.ended in _SERVICE_ERRORS:
            endpoint.state.record_failure(call.clock(), self._array.health)
        elif attempt.ended != "cancelled":
            endpoint.state.record_refusal()

    def on_end(self, call: Call) -> None:
        """Count it no more."""
        self._leave(call)

    def _leave(self, call: Call) -> None:
        endpoint = self._current.pop(call.id, None)
        if endpoint is not None:
            endpoint.state.end_call()


def routing_settings(
    settings: ClientSettings,
    source: ModelArray | ModelManager | Sequence[ModelEndpoint | str],
    strategy: Strategy | None,
) -> dict[str, object]:
    """Return the settings that spread calls over the endpoints, or over a manager's models.

    Raises:
        ValueError: there is nothing to choose from, no such strategy, or routing was set before.
        TypeError: something is no endpoint.
    """
    from ai_lib.routing.array import make_array
    from ai_lib.routing.endpoint import ModelEndpoint
    from ai_lib.routing.model_manager import ModelManager

    if settings.routed_models:
        raise ValueError("routing was set before: put all endpoints into one array")
    if isinstance(source, ModelManager):
        strategy = strategy or source.selector
        source = [ModelEndpoint.from_info(model) for model in source.list_models()]
    array = make_array(source)
    if strategy is not None:
        array.with_strategy(strategy)
    if not array.endpoints:
        raise ValueError(f"{array!r} has nothing to choose from: give it endpoints")
    names = {endpoint.name: f"{array.name}:{endpoint.name}" for endpoint in array.endpoints}
    return {
        "routed_models": {
            names[endpoint.name]: RoutedModel(
                model=endpoint.model,
                api_key=read_key(endpoint.api_key),
                base_url=endpoint.base_url,
            )
            for endpoint in array.endpoints
        },
        "interceptors": (*settings.interceptors, RoutingInterceptor(array, names)),
    }
