# Generated from ai_lib/operations/job.py by codegen; do not edit.
"""Job: work that a provider does by itself, asked for until it is done."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar
from urllib.parse import urlsplit

import msgspec

from ai_lib._log import LOG
from ai_lib.client.call.call import Call
from ai_lib.errors.exceptions import (
    AiLibError,
    CapabilityError,
    DecodeError,
    JobFailed,
    JobTimeout,
    RemoteError,
    TransportError,
)
from ai_lib.pipeline.operations.result import OperationResult, find_number
from ai_lib.protocol.dialect.operations import JobPart, JobState
from ai_lib.protocol.query.expression import compile_expression
from ai_lib.protocol.query.path import find_first
from ai_lib.request.operations.request import OperationRequest
from ai_lib.types.json import JsonValue
from ai_lib.types.wire import check_optional_seconds, check_seconds

from .._runtime.backend import maybe_await, now, shield, sleep
from .fetch import is_same_host

Result = TypeVar("Result")
RunOperation = Callable[[OperationRequest, str | None], tuple[OperationResult, Call]]
MakeResult = Callable[[OperationResult, Call], Result]
_MOST_FAILURES = 5
_logged_words: set[tuple[str, str]] = set()


class JobStatus(msgspec.Struct, frozen=True, kw_only=True):
    """The state of a job: `running`, `succeeded`, `failed`, `cancelled` or `expired`.

    `word` is the provider's own word for it, `progress` is in percent, None where it is unknown.
    `raw` is the response as decoded.
    """

    id: str
    state: JobState
    word: str = ""
    progress: float | None = None
    message: str | None = None
    raw: JsonValue = None

    @property
    def is_over(self) -> bool:
        """Whether it has ended, well or not."""
        return self.state != "running"


class Job(Generic[Result]):
    """One job. Its `id`, and its `address` where it has one, are all that another process needs.

    A provider works on although nobody waits for it.
    """

    def __init__(
        self,
        id: str,
        part: JobPart,
        provider: str,
        run: RunOperation,
        make: MakeResult[Result],
        *,
        address: str | None = None,
    ) -> None:
        self.id = id
        self.address = address
        self._part = part
        self._provider = provider
        self._run = run
        self._make = make
        self._last: tuple[OperationResult, Call] | None = None
        self._retry_after: float | None = None

    def status(self) -> JobStatus:
        """Ask for the state of the job.

        Raises:
            TransportError: bytes could not be exchanged.
            RemoteError: the provider answered with an error.
        """
        request = OperationRequest(name=self._part.status, values={"id": self.id})
        self._last = self._run(request, self.address)
        result = self._last[0]
        header = result.headers.get("retry-after") or ""
        self._retry_after = float(header) if header.isdecimal() else None
        return read_status(self._part, self._provider, self.id, result.document)

    def wait(
        self,
        *,
        progress: Callable[[JobStatus], object] | None = None,
        timeout: float | None = None,
        poll_seconds: float | None = None,
        cancel_on_exit: bool = False,
    ) -> Result:
        """Ask until the job is done, and return its result.

        `progress` is called with each state. `timeout` is in seconds; the default is the
        manifest's. What the provider's `retry-after` says comes before `poll_seconds`. With
        `cancel_on_exit`, leaving early cancels the job.

        Raises:
            JobFailed: it failed, was cancelled or expired.
            JobTimeout: it is not done; it goes on, so wait again.
            TransportError, RemoteError: it can't be asked for, several times in turn.
        """
        seconds = check_optional_seconds("the timeout", timeout) or self._part.after
        pause = self._part.every
        if poll_seconds is not None:
            pause = check_seconds("poll_seconds", poll_seconds, allows_zero=True)
        deadline = now() + seconds
        failures = 0
        try:
            while True:
                try:
                    status, failures = self.status(), 0
                except (TransportError, RemoteError) as error:
                    failures += 1
                    if failures >= _MOST_FAILURES or not _is_passing(error):
                        raise
                    status = JobStatus(id=self.id, state="running", message=str(error))
                if progress is not None:
                    maybe_await(progress(status))
                if status.is_over:
                    return self._finish(status)
                wait_seconds = pause if self._retry_after is None else self._retry_after
                if now() + wait_seconds > deadline:
                    raise JobTimeout(
                        f"the job {self.id} of {self._provider} is still {status.state} after "
                        f"{seconds:g} s; it goes on, so wait again",
                        seconds=seconds,
                        job_id=self.id,
                        provider=self._provider,
                    )
                sleep(wait_seconds)
        except BaseException as error:
            if cancel_on_exit and not isinstance(error, JobFailed):
                with shield():
                    self._cancel_quietly()
            raise

    def result(self) -> Result:
        """Return the result of a job that has succeeded.

        Raises:
            JobFailed: it failed, was cancelled or expired.
            JobTimeout: it is still running.
            TransportError, RemoteError: as `status`.
        """
        status = self.status()
        if not status.is_over:
            raise JobTimeout(
                f"the job {self.id} of {self._provider} is still running",
                seconds=None,
                job_id=self.id,
                provider=self._provider,
            )
        return self._finish(status)

    def cancel(self) -> None:
        """Cancel the job, where the provider can.

        Raises:
            CapabilityError: it can't. Nothing was sent.
            TransportError, RemoteError: as `status`.
        """
        if self._part.cancel is None:
            raise CapabilityError(
                f"{self._provider} can't cancel this job",
                capability="cancel",
                provider=self._provider,
            )
        self._run(OperationRequest(name=self._part.cancel, values={"id": self.id}), None)

    def _cancel_quietly(self) -> None:
        if self._part.cancel is None:
            return
        try:
            self.cancel()
        except AiLibError as error:
            LOG.warning("the job %s could not be cancelled: %s", self.id, error)

    def _finish(self, status: JobStatus) -> Result:
        if status.state != "succeeded":
            reason = status.message or status.word or "the provider does not say why"
            raise JobFailed(
                f"the job {self.id} of {self._provider} {_ENDINGS[status.state]}: {reason}",
                job_id=self.id,
                state=status.state,
                body=status.raw,
                provider=self._provider,
            )
        assert self._last is not None
        if self._part.result is None:
            return self._make(*self._last)
        result_id: JsonValue = self.id
        if self._part.result_id:
            result_id = find_first(self._part.result_id, status.raw)
        request = OperationRequest(name=self._part.result, values={"id": str(result_id)})
        status_result, status_call = self._last
        result, _ = self._run(request, None)
        result.facts = {**status_result.facts, **result.facts}
        result.usage = status_result.usage  # fetching it is not what was paid for
        return self._make(result, status_call)

    def __repr__(self) -> str:
        return f"Job({self._provider!r}, {self.id!r})"


_ENDINGS = {"failed": "failed", "cancelled": "was cancelled", "expired": "expired"}


def start_job(
    part: JobPart, provider: str, base_url: str, result: OperationResult
) -> tuple[str, str | None]:
    """Return the id of a job that was just begun, and the address to ask for it.

    Raises:
        DecodeError: the response has no id, or an address that nobody allowed.
    """
    job_id = find_first(part.id, result.document)
    address = find_first(part.address, result.document)
    if job_id is None and address is None:
        raise DecodeError(
            f"{provider} gave no id of a job", excerpt=str(result.document)[:200], provider=provider
        )
    address = str(address) if address is not None else None
    if address is not None:
        check_job_address(address, base_url, part.hosts, provider)
    return str(job_id if job_id is not None else address), address


def check_job_address(address: str, base_url: str, hosts: tuple[str, ...], provider: str) -> None:
    """Check that the key may go to an address. Raises DecodeError."""
    parts = urlsplit(address)
    is_listed = parts.scheme == "https" and parts.hostname in hosts
    if not is_listed and not is_same_host(address, base_url):
        raise DecodeError(
            f"{provider} has its job asked for at {address[:200]!r}, which is none of its hosts; "
            "list it under `job: hosts:`",
            excerpt=address[:200],
            provider=provider,
        )


def read_status(part: JobPart, provider: str, id: str, document: JsonValue) -> JobStatus:
    """Return the state that a response says; an unknown word is `running`, and logged once."""
    said_state = find_first(part.state, document)
    word = said_state if isinstance(said_state, str) else ""
    state: JobState = "running"
    if part.failed is not None and compile_expression(part.failed)(document):
        state = "failed"
    elif word in part.states:
        state = part.states[word]
    elif part.done is not None and compile_expression(part.done)(document):
        state = "succeeded"
    elif word and (provider, word) not in _logged_words:
        _logged_words.add((provider, word))
        LOG.warning("%s says %r of a job, which its manifest does not list", provider, word)
    message = find_first(part.message, document)
    share = find_first(part.progress, document)
    return JobStatus(
        id=id,
        state=state,
        word=word,
        progress=find_number({"progress": share}, "progress"),
        message=message if isinstance(message, str) else None,
        raw=document,
    )


def _is_passing(error: AiLibError) -> bool:
    """Whether asking again may help: one failed poll ends nothing."""
    return isinstance(error, TransportError) or error.retryable
