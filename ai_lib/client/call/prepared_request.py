"""One request as one target wants it, with its deadlines: sent as often as the target is tried."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from copy import copy
from typing import TYPE_CHECKING, Any, Final

import msgspec

from ai_lib._log import LOG
from ai_lib.client.target.settings import CallOptions
from ai_lib.client.target.target import Target, raise_attributed
from ai_lib.errors.exceptions import AiLibError, RequestError
from ai_lib.protocol.manifest.models import ModelRecord
from ai_lib.request.chat import BuiltRequest, build_chat
from ai_lib.types.attempt import Attempt
from ai_lib.types.cost import CostBounds, TokenCount
from ai_lib.types.request import ChatRequest
from ai_lib.types.usage import Usage
from ai_lib.types.wire import HttpRequest, TimeoutOptions

if TYPE_CHECKING:
    from ai_lib.tokens.billing import BilledRequest

AttemptEnd = Callable[[Attempt], object]
_SHORTEST = 1e-9  # a timeout is above 0


class PreparedRequest:
    """What is sent to `target`: `wire`, within `timeouts`.

    With a `credential_cache`, each attempt puts the credential that it gives into a copy of the
    `unsigned` request; `was_refused` says that the provider refused one of the call's credentials.

    Of a chat, `request` is what was asked and `built` what was made of it. Of another operation,
    `count_input` counts the tokens of its input, where that can be done, and `bound_cost` says what
    it may cost where that is not by tokens alone. A callback in
    `on_attempt_end` is called once, when the attempt that is under way ends. What is `pending` is
    waited for before the attempt is sent, and given to `on_pending`; what is `due` is called, and
    waited for, when the call has ended.
    """

    def __init__(
        self,
        target: Target,
        wire: HttpRequest,
        timeouts: TimeoutOptions,
        *,
        request: ChatRequest | None = None,
        built: BuiltRequest | None = None,
        count_input: Callable[[], TokenCount] | None = None,
        bound_cost: Callable[[], CostBounds] | None = None,
    ) -> None:
        self.target = target
        self.wire = self.unsigned = wire
        self.credential_cache = target.credential.cache if target.credential else None
        self.was_refused = False
        self.timeouts = timeouts
        self.request = request
        self.count_input = count_input
        self.bound_cost = bound_cost
        self.on_attempt_end: list[AttemptEnd] = []
        self.pending: object = None
        self.on_pending: Callable[[Any], object] | None = None
        self.due: list[Callable[[], object]] = []
        self._built = built
        self._billed: BilledRequest | None = None

    @property
    def built(self) -> BuiltRequest:
        """What was made of a chat request. Raises RuntimeError for any other."""
        if self._built is None:
            raise RuntimeError("it is no chat that was prepared")
        return self._built

    def may_raise_cost(self, usage: Usage) -> bool:
        """Whether what is sent may cost otherwise than its usage alone says."""
        request = self.request
        if request is None or self._built is None:
            return False
        if request.extra or usage.cache_write_tokens:
            return True
        return bool(request.tools) and any(tool.is_of_provider for tool in request.tools)

    def read_billing(self) -> BilledRequest:
        """Return what the body of a chat says of its cost. Raises RequestError as it may."""
        if self._billed is None:
            from ai_lib.tokens.billing import read_billed_request

            self._billed = read_billed_request(self.target.compiled, self.built.body)
        return self._billed

    def find_billed_record(self, record: ModelRecord | None) -> ModelRecord | None:
        """Return the record of the model that the body names, where that is another one."""
        name = self.read_billing().model
        if not name or name == self.target.model:
            return record
        return self.target.compiled.find_model(name).record

    def timeouts_within(self, seconds_left: float | None) -> TimeoutOptions:
        """Return the timeouts of an attempt that begins when the call has so many seconds left."""
        total = self.timeouts.total
        if seconds_left is None or (total is not None and total <= seconds_left):
            return self.timeouts
        # The figures were checked when the options were made: this copy is not checked again.
        timeouts = copy(self.timeouts)
        msgspec.structs.force_setattr(timeouts, "total", max(seconds_left, _SHORTEST))
        return timeouts

    def end_attempt(self, attempt: Attempt) -> None:
        """Call what waits for the end of the attempt under way."""
        callbacks, self.on_attempt_end = self.on_attempt_end, []
        for callback in callbacks:
            callback(attempt)


def build_unsigned(target: Target, request: ChatRequest, *, fit_media: bool = True) -> BuiltRequest:
    """Return a chat request as the target wants it, without the key: it is not to be sent.

    Raises:
        RequestError: the target can't be asked this.
    """
    return build_chat(
        request,
        target.compiled,
        model=target.listed,
        credential=None,
        base_url=target.base_url,
        fit_media=fit_media,
    )


def prepare_chat(
    target: Target,
    request: ChatRequest,
    options: CallOptions,
    idempotency_key: str,
    headers: Sequence[tuple[str, str]] = (),
    home: Target | None = None,
) -> PreparedRequest:
    """Return a chat request as the target wants it.

    `headers` are sent beside those of the manifest, and `idempotency_key` where the manifest names
    a header for it. `home` is the target that the call's own headers are given for.

    Raises:
        RequestError: the target can't be asked this.
    """
    target = target.current()
    try:
        built = build_chat(
            request,
            target.compiled,
            model=target.listed,
            credential=target.key,
            base_url=target.base_url,
            fit_media=target.fit_media,
        )
        if target.headers or options.headers:
            wire, notes = target.add_headers(built.wire, options.headers, home)
            adaptations = (*built.adaptations, *notes)
            built = msgspec.structs.replace(built, wire=wire, adaptations=adaptations)
    except AiLibError as error:
        raise_attributed(error, target)
    except RecursionError:
        raise_attributed(
            RequestError("the request holds a value, such as a schema, that is nested too deep"),
            target,
        )
    if built.adaptations:
        _warn_of(built.adaptations, target)
    if built.compiled is not target.compiled:
        target = msgspec.structs.replace(target, compiled=built.compiled)
    wire, key_header = built.wire, target.idempotency_header
    if key_header is not None:
        headers = (*headers, (key_header, idempotency_key))
    if headers:
        wire = wire.with_headers(headers)
    timeouts = options.timeouts or target.timeouts_for(request.stream, options.timeout)
    return PreparedRequest(target, wire, timeouts, request=request, built=built)


def _warn_of(adaptations: Sequence[str], target: Target) -> None:
    """Log what a request lost, each kind once in a process; what was only renamed is as asked."""
    provider = target.compiled.id
    for adaptation in adaptations:
        kind = (provider, _NUMBERS.sub("0", adaptation))
        if kind in _warned or _RENAMED.fullmatch(adaptation):
            continue
        if len(_warned) < _MOST_WARNED:
            _warned.add(kind)
            LOG.warning("%s: a request was adapted: %s", provider, adaptation)


_warned: Final[set[tuple[str, str]]] = set()
_MOST_WARNED: Final = 1000
_NUMBERS: Final = re.compile(r"\d+")
_RENAMED: Final = re.compile(r"\S+ sent as \S+")
