"""SpeechClient: speaks a text."""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from ai_lib.client.call.call import Call
from ai_lib.errors.exceptions import EmptyResponse
from ai_lib.operations.files import FileWriter
from ai_lib.operations.response import SpeechResponse, make_facts
from ai_lib.pipeline.operations.result import OperationResult
from ai_lib.request.operations.options import TtsOptions, prefer
from ai_lib.request.operations.request import OperationRequest
from ai_lib.types.json import JsonObject
from ai_lib.types.media_type import detect_media_type, to_media_type

from .._runtime.backend import run_in_thread
from ..client.execution.cancel import CancelToken
from ..client.execution.operation_stream import OperationStream
from .client import OperationClient
from .stream import ResponseStream


class SpeechClient(OperationClient):
    """Speaks texts with one model.

        async with await SpeechClient.create("provider/model") as client:
            speech = await client.speak("Hello!", voice="alloy")
            speech.save("hello")

    A client may be used from any number of tasks and threads at once.
    """

    async def speak(
        self,
        text: str,
        voice: str | TtsOptions | None = None,
        format: str | None = None,
        *,
        speed: float | None = None,
        language: str | None = None,
        instructions: str | None = None,
        sample_rate: int | None = None,
        extra: JsonObject | None = None,
        timeout: float | None = None,
        fallbacks: Sequence[str] | None = None,
    ) -> SpeechResponse:
        """Return the spoken text.

        `voice` is the provider's name or id of one, or all options in one value, `format` such as
        `mp3`, `wav`, `opus` or `pcm` (raw samples), `speed` a factor, `language` a code such as
        `en`. `instructions` say how to speak. What a provider does not take is left out and listed
        in `adaptations`.
        `timeout` is in seconds; `fallbacks` are models to ask when this one fails.

        Raises:
            InvalidInput: the text is empty or too long. Nothing was sent.
            RequestError: the model does not speak, or needs a voice. Nothing was sent.
            TransportError: bytes could not be exchanged.
            RemoteError: the provider answered with an error.
            ResponseError: the response can't be used.
        """
        request = _make_request(
            text, voice, format, speed, language, instructions, sample_rate, extra
        )
        result, call = await self._run(request, timeout, fallbacks)
        if not result.data:
            raise EmptyResponse(
                f"{self.provider_id} sent no sound", excerpt="", provider=self.provider_id
            )
        media_type = _find_type(result, _read_format(request))
        return SpeechResponse(data=result.data, media_type=media_type, **make_facts(call, result))

    def stream(
        self,
        text: str,
        voice: str | TtsOptions | None = None,
        format: str | None = None,
        *,
        speed: float | None = None,
        language: str | None = None,
        instructions: str | None = None,
        sample_rate: int | None = None,
        extra: JsonObject | None = None,
        timeout: float | None = None,
        fallbacks: Sequence[str] | None = None,
        cancel_token: CancelToken | None = None,
    ) -> SpeechStream:
        """Return the spoken text as it comes; the arguments are those of `speak`.

        Nothing is sent before the first piece is asked for. `timeout` bounds each silence.
        """
        request = _make_request(
            text, voice, format, speed, language, instructions, sample_rate, extra
        )
        stream, call = self._open_stream(request, timeout, fallbacks, cancel_token)
        return SpeechStream(stream, call, _read_format(request))

    synthesize = speak


class SpeechStream(ResponseStream):
    """The bytes of spoken text as they come; use it in a `with` block.

    Leaving it early closes the connection. Raises, while it is iterated, as `SpeechClient.speak`.
    """

    def __init__(self, stream: OperationStream, call: Call, format: str | None) -> None:
        super().__init__(stream, call)
        self._format = format

    async def __anext__(self) -> bytes:
        while True:
            piece = await self._stream.__anext__()
            if piece.data:
                return piece.data

    @property
    def media_type(self) -> str:
        """The media type, once the response has begun."""
        return _find_type(self._stream.result(), self._format)

    def response(self) -> SpeechResponse:
        """Return the facts of the response so far, without its bytes."""
        result = self._stream.result()
        media_type = _find_type(result, self._format)
        return SpeechResponse(media_type=media_type, **make_facts(self._call, result))

    async def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the rest to a file as it comes, and return its path.

        The file appears when it is complete. Raises OSError, and as iterating does.
        """
        writer: FileWriter | None = None
        try:
            async for data in self:
                if writer is None:
                    writer = FileWriter(path, self.media_type)
                await run_in_thread(partial(writer.write, data))
            if writer is None:
                raise EmptyResponse("there is no sound to save", excerpt="")
            return writer.finish()
        except BaseException:
            if writer is not None:
                writer.discard()
            raise


def _make_request(
    text: str,
    voice: str | TtsOptions | None,
    format: str | None,
    speed: float | None,
    language: str | None,
    instructions: str | None,
    sample_rate: int | None,
    extra: JsonObject | None,
) -> OperationRequest:
    texts = {"text": text}
    options = voice if isinstance(voice, TtsOptions) else TtsOptions(voice=voice)
    if instructions is not None:
        texts["instructions"] = instructions
    return OperationRequest(
        name="speech",
        texts=texts,
        values={
            "voice": options.voice,
            "format": prefer(format, options.response_format),
            "speed": prefer(speed, options.speed),
            "language": language,
            "sample_rate": sample_rate,
        },
        extra=extra or {},
    )


def _read_format(request: OperationRequest) -> str | None:
    value = request.values["format"]
    return value if isinstance(value, str) else None


def _find_type(result: OperationResult, format: str | None) -> str:
    """Return the media type: as the provider says, as the bytes begin, or as was asked for."""
    header_type = result.media_type
    if header_type and not header_type.startswith(
        ("application/octet-stream", "application/json", "text/")
    ):
        return header_type
    detected = detect_media_type(result.data[:64]) if result.data else None
    return detected or (to_media_type(format, "audio") if format else header_type)
