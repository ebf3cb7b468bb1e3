"""CredentialCache: what a source gave last, and who asks it for the next one."""

from collections import deque
from collections.abc import Callable
from datetime import datetime, timezone
from inspect import iscoroutine
from threading import Lock
from typing import Final, NamedTuple, Protocol

from ai_lib._log import LOG
from ai_lib._runtime.forks import ForkedState, renew_after_fork
from ai_lib.errors.exceptions import CredentialError
from ai_lib.transport.credentials.source import CredentialSource, IssuedCredential
from ai_lib.types.secret import list_secret_forms
from ai_lib.types.wire import MIN_SECRET_LENGTH

_REMEMBERED: Final = 16


class Flag(Protocol):
    """An event that is set once."""

    def set(self) -> None:
        """Wake all that wait for it."""
        ...


class CredentialRequest:
    """One question to the source, which many calls may wait for.

    `ended` is set once it has a credential, an error, or neither: the call that asked went away.
    `result` is what must still be awaited, by that call.
    """

    def __init__(self, ended: Flag) -> None:
        self.ended = ended
        self.issued: IssuedCredential | None = None
        self.error: Exception | None = None
        self.result: object = None
        self.has_begun = False
        self.is_left = False


class CredentialState(NamedTuple):
    """What a call does for its credential: use `issued`, or lead `renewal`, or wait for it.

    `issued` beside a renewal is a credential that still serves should the renewal fail.
    """

    issued: IssuedCredential | None
    renewal: CredentialRequest | None
    leads: bool


class CredentialCache(ForkedState):
    """The credential of one source, for any number of calls, threads and event loops.

    `clock` gives seconds since 1970.
    """

    def __init__(
        self, source: CredentialSource, *, clock: Callable[[], float] | None = None
    ) -> None:
        self.source = source
        self._clock = clock or _read_clock
        self._lock = Lock()
        self._issued: IssuedCredential | None = None
        self._renew_at = 0.0
        self._renewal: CredentialRequest | None = None
        self._recent: deque[IssuedCredential] = deque(maxlen=_REMEMBERED)
        renew_after_fork(self)

    def renew_in_child(self) -> None:
        """Renew the lock; the call that asks the source is the parent's."""
        super().renew_in_child()
        self._renewal = None

    @property
    def secrets(self) -> tuple[str, ...]:
        """The texts of the latest credentials that must not be redacted."""
        return tuple(text for issued in list(self._recent) for text in issued.secrets)

    def find(self, new_flag: Callable[[], Flag]) -> CredentialState:
        """Return what a call does for its credential."""
        with self._lock:
            issued = self._issued
            if issued is not None and self._clock() < self._renew_at:
                return CredentialState(issued, None, False)
            held = issued if self.serves(issued) else None
            if self._renewal is None:
                self._renewal = CredentialRequest(new_flag())
                return CredentialState(held, self._renewal, True)
            return CredentialState(held, None if held else self._renewal, False)

    def serves(self, issued: IssuedCredential | None) -> bool:
        """Whether a credential may be sent again now."""
        if issued is None or issued.expires_at is None:
            return False
        return self._clock() < issued.expires_at - self.source.late_seconds

    def ask(self, renewal: CredentialRequest) -> None:
        """Call the source for a renewal, in whatever thread, and end the renewal.

        A result that must be awaited is left in the renewal, unless the call that asked went away.
        """
        with self._lock:
            renewal.has_begun = not renewal.is_left
        if not renewal.has_begun:
            return None
        try:
            result = self.source.issue()
        except Exception as error:  # noqa: BLE001 (each call that waits for it raises it)
            return self.fail(renewal, error)
        except BaseException:
            self.end(renewal)
            raise
        if not hasattr(result, "__await__"):
            return self.finish(renewal, result)
        with self._lock:
            renewal.result = result
        if renewal.is_left:
            self.leave(renewal)
        return None

    def finish(self, renewal: CredentialRequest, result: object) -> None:
        """End a renewal with what the source gave, once that was awaited."""
        try:
            issued = self.source.read(result)
        except Exception as error:  # noqa: BLE001 (as above)
            return self.fail(renewal, error)
        with self._lock:
            self._recent.append(issued)
            if issued.expires_at is not None:
                self._issued = issued
                early = issued.expires_at - self.source.early_seconds
                self._renew_at = early if issued.renew_at is None else issued.renew_at
        renewal.issued = issued
        return self.end(renewal)

    def fail(self, renewal: CredentialRequest, error: Exception) -> None:
        """End a renewal with an error; while the old credential serves, the next try is later."""
        with self._lock:
            issued = self._issued
            if issued is not None and issued.expires_at is not None and self.serves(issued):
                # Half of what is left: the tries come closer together towards the expiry.
                last = issued.expires_at - self.source.late_seconds
                self._renew_at = (self._clock() + last) / 2
        renewal.error = error
        self.end(renewal)

    def leave(self, renewal: CredentialRequest) -> None:
        """Note that the call that asked went away: what its thread still gets is kept.

        What would have to be awaited is dropped, and the next call asks.
        """
        with self._lock:
            renewal.is_left = True
            result, renewal.result = renewal.result, None
        if iscoroutine(result):
            result.close()
        if result is not None or not renewal.has_begun:
            self.end(renewal)

    def end(self, renewal: CredentialRequest) -> None:
        """End a renewal, and wake those who wait for it."""
        with self._lock:
            if self._renewal is renewal:
                self._renewal = None
        renewal.ended.set()

    def refuse(self, issued: IssuedCredential) -> None:
        """Forget a credential that the provider refused, unless there is a newer one."""
        with self._lock:
            if self._issued is not issued:
                return
            self._issued = None
        self.source.forget()

    def explain(self, error: Exception) -> CredentialError:
        """Return the error of a call that gets no credential, because of the source's error."""
        text = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
        if isinstance(error, CredentialError):
            text = error.message
        redacted = text
        for secret in self.secrets:
            if len(secret) >= MIN_SECRET_LENGTH:
                for form in list_secret_forms(secret):
                    redacted = redacted.replace(form, "***")
        kind = CredentialError
        if isinstance(error, CredentialError):
            kind = type(error)
        else:
            redacted = f"{self.source.label} failed: {redacted}"
        failure = kind(redacted, looked_in=(self.source.label,))
        if "***" not in redacted:
            failure.__cause__ = error
        LOG.debug("no credential: %s", redacted)
        return failure

    def __reduce__(self) -> tuple[object, ...]:  # type: ignore[override]
        """Pickle the source, and nothing that it gave."""
        return CredentialCache, (self.source,)

    def __repr__(self) -> str:
        return f"CredentialCache({self.source!r})"


def _read_clock() -> float:
    return datetime.now(timezone.utc).timestamp()
