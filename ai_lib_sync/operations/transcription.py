# Generated from ai_lib/operations/transcription.py by codegen; do not edit.
"""TranscriptionClient: writes down what is said in a sound."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from ai_lib.client.call.call import Call
from ai_lib.operations.response import OperationResponse, make_facts
from ai_lib.pipeline.operations.result import OperationResult, find_number, find_text
from ai_lib.request.operations.media import MediaLike, to_media_file
from ai_lib.request.operations.options import SttOptions, prefer
from ai_lib.request.operations.request import OperationRequest
from ai_lib.types.json import JsonDict, JsonObject

from ..client.execution.cancel import CancelToken
from .client import OperationClient
from .job import Job, start_job
from .stream import ResponseStream


class TimedText(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A word or a segment of what was said; `start` and `end` are seconds from the beginning."""

    text: str
    start: float | None = None
    end: float | None = None
    speaker: str | None = None


class Transcription(OperationResponse, frozen=True, kw_only=True, omit_defaults=True):
    """What was said: the text, and its words and segments as far as they were asked for.

    `language` is in the provider's word, `duration` is the seconds of the sound; None where the
    provider does not say it.
    """

    text: str = ""
    language: str | None = None
    duration: float | None = None
    segments: Sequence[TimedText] = ()
    words: Sequence[TimedText] = ()

    @property
    def speakers(self) -> list[str]:
        """The speakers, in the order in which they first speak."""
        parts = [*self.segments, *self.words]
        return list(dict.fromkeys(part.speaker for part in parts if part.speaker is not None))


class TranscriptionDelta(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A piece of a streamed transcription: some text, or whole segments."""

    text: str = ""
    segments: Sequence[TimedText] = ()


class TranscriptionClient(OperationClient):
    """Writes down what is said in sounds, with one model.

        with TranscriptionClient.create("provider/model") as client:
            response = client.transcribe("talk.mp3")

    A client may be used from any number of tasks and threads at once.
    """

    def transcribe(
        self,
        audio: MediaLike,
        language: str | SttOptions | None = None,
        prompt: str | None = None,
        *,
        speakers: bool | None = None,
        timestamps: str | None = None,
        temperature: float | None = None,
        format: str | None = None,
        extra: JsonObject | None = None,
        timeout: float | None = None,
        fallbacks: Sequence[str] | None = None,
    ) -> Transcription:
        """Return what is said, in the language in which it is said.

        `audio` is a path, bytes, a file opened in binary mode, an `AudioBlock`, or an address
        where the provider takes one. `language` is a code such as `en`, or all options in one
        value, `prompt` a text that helps with names. With `speakers`, who speaks is told apart;
        `timestamps` are of each `word` or `segment`. What a provider does not take is left out and
        listed in `adaptations`. `timeout` is in seconds; `fallbacks` are models to ask when this
        one fails. Where a provider makes a job of it, it is waited for, and leaving early cancels
        it.

        Raises:
            MediaError: the sound can't be read.
            InvalidInput: it is empty or too large. Nothing was sent.
            RequestError: the model does not transcribe. Nothing was sent.
            TransportError: bytes could not be exchanged.
            RemoteError: the provider answered with an error.
            ResponseError: the response can't be used.
            JobFailed, JobTimeout: a job failed, or is not done in time.
        """
        request = _make_request(
            "transcribe", audio, language, prompt, speakers, timestamps, temperature, format, extra
        )
        result, call = self._run(request, timeout, fallbacks)
        return self._finish(request, result, call, timeout)

    def translate(
        self,
        audio: MediaLike,
        prompt: str | None = None,
        *,
        temperature: float | None = None,
        format: str | None = None,
        extra: JsonObject | None = None,
        timeout: float | None = None,
        fallbacks: Sequence[str] | None = None,
    ) -> Transcription:
        """Return what is said, in English. Raises as `transcribe`."""
        request = _make_request(
            "translate", audio, None, prompt, None, None, temperature, format, extra
        )
        result, call = self._run(request, timeout, fallbacks)
        return self._finish(request, result, call, timeout)

    def _finish(
        self, request: OperationRequest, result: OperationResult, call: Call, timeout: float | None
    ) -> Transcription:
        """Return what came, after waiting for it where a provider has made it a job."""
        target = call.target or self.target
        shape = target.compiled.find_operation(request.name, target.model)
        if shape is None or shape.job is None or call.answered_locally:
            return _make_transcription(result, call)
        is_own = target.model_id == self.model_id
        client = self if is_own else TranscriptionClient.beside(self, target.model_id)
        provider = client.provider_id
        job_id, address = start_job(shape.job, provider, client._base_url(), result)
        job = Job(job_id, shape.job, provider, client._poll, _make_transcription, address=address)
        return job.wait(timeout=timeout, cancel_on_exit=True)

    def stream(
        self,
        audio: MediaLike,
        language: str | SttOptions | None = None,
        prompt: str | None = None,
        *,
        speakers: bool | None = None,
        temperature: float | None = None,
        extra: JsonObject | None = None,
        timeout: float | None = None,
        fallbacks: Sequence[str] | None = None,
        cancel_token: CancelToken | None = None,
    ) -> TranscriptionStream:
        """Return what is said as it is understood; the arguments are those of `transcribe`.

        Nothing is sent before the first piece is asked for.
        """
        request = _make_request(
            "transcribe", audio, language, prompt, speakers, None, temperature, None, extra
        )
        stream, call = self._open_stream(request, timeout, fallbacks, cancel_token)
        return TranscriptionStream(stream, call)


class TranscriptionStream(ResponseStream):
    """The pieces of a transcription as they come; use it in a `with` block.

    Raises, while it is iterated, as `TranscriptionClient.transcribe`.
    """

    def __next__(self) -> TranscriptionDelta:
        while True:
            piece = self._stream.__next__()
            segments = [_make_part(item) for item in piece.lists.get("segments", ())]
            if (piece.text or segments) and not piece.is_final:
                return TranscriptionDelta(text=piece.text, segments=segments)

    def response(self) -> Transcription:
        """Return what has come so far, as a whole."""
        return _make_transcription(self._stream.result(), self._call)


def _make_request(
    name: str,
    audio: MediaLike,
    language: str | SttOptions | None,
    prompt: str | None,
    speakers: bool | None,
    timestamps: str | None,
    temperature: float | None,
    format: str | None,
    extra: JsonObject | None,
) -> OperationRequest:
    file = to_media_file(audio, "the sound")
    options = language if isinstance(language, SttOptions) else SttOptions(language=language)
    prompt = prefer(prompt, options.prompt)
    return OperationRequest(
        name=name,
        texts={} if prompt is None else {"prompt": prompt},
        values={
            "language": options.language,
            "speakers": speakers,
            "timestamps": timestamps,
            "temperature": prefer(temperature, options.temperature),
            "format": prefer(format, options.response_format),
        },
        files={"audio": [file]},
        extra=extra or {},
    )


def _make_transcription(result: OperationResult, call: Call) -> Transcription:
    return Transcription(
        text=result.text.strip(),
        language=find_text(result.facts, "language"),
        duration=find_number(result.facts, "duration"),
        segments=[_make_part(item) for item in result.lists.get("segments", ())],
        words=[_make_part(item) for item in result.lists.get("words", ())],
        **make_facts(call, result),
    )


def _make_part(item: JsonDict) -> TimedText:
    speaker = item.get("speaker")
    return TimedText(
        text=(find_text(item, "text") or "").strip(),
        start=find_number(item, "start"),
        end=find_number(item, "end"),
        speaker=None if speaker is None else str(speaker),
    )
