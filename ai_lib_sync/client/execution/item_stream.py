# Generated from ai_lib/client/execution/item_stream.py by codegen; do not edit.
"""ItemStream: what comes of one call piece by piece, whatever the pieces are."""

from __future__ import annotations

from collections import deque
from threading import Lock as PlainLock
from typing import Generic, TypeVar

from ai_lib._runtime.single_reader import second_reader_error
from ai_lib.client.call.call import Call
from ai_lib.errors.exceptions import AiLibError, DecodeError

from ..interceptors.chain import InterceptorChain
from .cancel import CancelToken

Item_co = TypeVar("Item_co", covariant=True)
S = TypeVar("S", bound="ItemStream[object]")


class ItemStream(Generic[Item_co]):
    """The items of one response, as they arrive; nothing is sent before the first is asked for.

    Iterating raises what went wrong after the items before it were handed out. Leaving a loop
    early leaves the connection open until `close()`, the end of a `with` block, or garbage
    collection frees it.

    One task or thread at a time may iterate; a second one gets a RuntimeError, the first goes on.
    """

    def __init__(
        self, call: Call, interceptors: InterceptorChain, cancel_token: CancelToken | None
    ) -> None:
        self._call = call
        self._interceptors = interceptors
        self._token = cancel_token
        self._items: deque[Item_co] = deque()
        self._reader = PlainLock()
        self._error: AiLibError | None = None
        self._ended = False
        self._cancelled = False

    def __iter__(self: S) -> S:
        return self

    def __next__(self) -> Item_co:
        while True:
            try:
                return self._items.popleft()
            except IndexError:  # without a look before: another thread might take it then
                pass
            # Nobody ever waits for this lock, so that it may be held across a wait.
            if not self._reader.acquire(blocking=False):
                raise second_reader_error()
            try:
                if self._items:
                    continue
                if self._error is not None:
                    raise self._error
                if self._ended:
                    raise StopIteration
                self._advance()
            finally:
                self._reader.release()

    def __enter__(self: S) -> S:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the connection. Safe to call twice, and from another task or thread."""
        self._items.clear()
        self._close_attempt()
        self._end_early()

    @property
    def cancelled(self) -> bool:
        """Whether a cancel token cut the stream short."""
        return self._cancelled

    def _advance(self) -> None:
        """Wait for bytes and turn them into items; an error is kept until those are taken."""
        try:
            if self._token is None:
                self._pull()
            elif not self._token.run(self._pull):
                self._cancelled = True
                self._close_attempt()
                self._end_early()
                return
            if self._ended:
                self._report()
        except AiLibError as error:
            self._fail(error)
        except RecursionError as error:
            failure = DecodeError("the stream is nested too deeply to be read")
            failure.__cause__ = error
            self._fail(failure)
        except BaseException as error:
            self._close_attempt()
            self._interceptors.end(self._call, "cancelled", error)
            raise

    def _end_early(self) -> None:
        try:
            self._interceptors.on_abandoned(self._call)
        finally:
            self._interceptors.end(self._call, "cancelled")
            self._report()

    def _fail(self, error: AiLibError) -> None:
        self._error = self._call.attempt_log.attach_to(error)
        self._close_attempt()
        self._interceptors.on_error(self._call, error)
        self._report()

    def _pull(self) -> None:
        """Put what comes next into the items."""
        raise NotImplementedError

    def _close_attempt(self) -> None:
        """End the attempt under way, and let go of its connection."""
        raise NotImplementedError

    def _report(self) -> None:
        """Call what interceptors left for the end of the call."""
        raise NotImplementedError
