"""One call to one of its targets: the request as that target wants it, and its timeouts."""

from collections.abc import Sequence

import msgspec

from ai_lib.client.target.settings import CallOptions
from ai_lib.client.target.target import Target, placed
from ai_lib.errors.exceptions import AiLibError
from ai_lib.request.chat import BuiltRequest, build_chat
from ai_lib.types.request import ChatRequest
from ai_lib.types.wire import HttpRequest, TimeoutOptions


class PreparedRequest:
    """Built once, sent as often as the target is tried; `key` is the call's idempotency key,
    `headers` are sent beside those of the manifest.

    Raises:
        RequestError: the target can't be asked this.
    """

    def __init__(
        self,
        target: Target,
        request: ChatRequest,
        options: CallOptions,
        key: str,
        headers: Sequence[tuple[str, str]] = (),
    ) -> None:
        self.target = target = target.current()
        self.request = request
        self.built = _built(target, request)
        self.timeouts = options.timeouts or target.timeouts(request.stream, options.timeout)
        self._key = key
        self._headers = headers

    @property
    def wire(self) -> HttpRequest:
        """The request, with the idempotency key where the manifest names a header for it."""
        wire, header = self.built.wire, self.target.idempotency_header
        own = [*self._headers] if header is None else [*self._headers, (header, self._key)]
        if not own:
            return wire
        return msgspec.structs.replace(wire, headers=(*wire.headers, *own))

    def timeouts_within(self, left: float | None) -> TimeoutOptions:
        """Return the timeouts of an attempt that begins when the call has so many seconds left."""
        total = self.timeouts.total
        if left is None or (total is not None and total <= left):
            return self.timeouts
        return msgspec.structs.replace(self.timeouts, total=left)


def _built(target: Target, request: ChatRequest) -> BuiltRequest:
    try:
        return build_chat(
            request,
            target.compiled,
            model=target.model,
            credential=target.credential.value if target.credential else None,
            base_url=target.base_url,
            fit_media=target.fit_media,
        )
    except AiLibError as error:
        # Not a bare `raise`: before Python 3.11 that brings the dropped traceback back.
        raise placed(error, target)  # noqa: B904 (it is that error)
