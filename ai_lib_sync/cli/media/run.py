# Generated from ai_lib/cli/media/run.py by codegen; do not edit.
"""Runs `ai-lib image`, `speak`, `transcribe` and `rerank`."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

import msgspec

from ai_lib.cli.media.commands import read_documents, read_text
from ai_lib.cli.output import is_piped, write_bytes, write_json, write_note, write_text
from ai_lib.cli.standard_input import read_standard_input
from ai_lib.errors.exceptions import CapabilityError
from ai_lib.operations.response import OperationResponse
from ai_lib.types.json import JsonDict

from ...operations import (
    GeneratedImage,
    ImageClient,
    RerankClient,
    SpeechClient,
    Transcription,
    TranscriptionClient,
)


def run_media(parsed: Namespace) -> int:
    """Run the command; return the exit code.

    Raises:
        ValueError: there is nothing to work on.
        AiLibError: as the client of the command raises.
        OSError: a file can't be written.
    """
    if parsed.command == "image":
        return _make_images(parsed)
    if parsed.command == "speak":
        return _speak(parsed)
    if parsed.command == "transcribe":
        return _transcribe(parsed)
    return _rerank(parsed)


def _make_images(parsed: Namespace) -> int:
    prompt = read_text(parsed.words, "prompt")
    options = {
        name: getattr(parsed, name)
        for name in ("count", "size", "aspect_ratio", "quality", "format", "background")
    }
    with ImageClient.create(
        parsed.model, base_url=parsed.base_url, timeout=parsed.timeout
    ) as client:
        if parsed.file:
            response = client.edit(prompt, parsed.file, **options)
        else:
            response = client.generate(prompt, **options)
        for number, image in enumerate(response.images, 1):
            _write_image(parsed.output, image, number, len(response.images))
    _write_cost(parsed, response)
    return 0


def _write_image(output: str | None, image: GeneratedImage, number: int, count: int) -> None:
    if _goes_to_pipe(output):
        write_bytes(image.read())
        return
    path = Path(output or "image")
    if count > 1:
        path = path.with_name(f"{path.stem}-{number}{path.suffix}")
    saved_path = image.save(path)
    write_text(f"{saved_path}\n")


def _speak(parsed: Namespace) -> int:
    text = read_text(parsed.words, "text")
    options = {
        name: getattr(parsed, name)
        for name in ("voice", "format", "speed", "language", "instructions")
    }
    with SpeechClient.create(
        parsed.model, base_url=parsed.base_url, timeout=parsed.timeout
    ) as client:
        try:
            with client.stream(text, **options) as stream:
                if _goes_to_pipe(parsed.output):
                    for piece in stream:
                        write_bytes(piece)
                else:
                    path = stream.save(parsed.output or "speech")
                    write_text(f"{path}\n")
                response = stream.response()
        except CapabilityError as error:
            if error.capability != "streaming":
                raise
            response = client.speak(text, **options)
            if _goes_to_pipe(parsed.output):
                write_bytes(response.data)
            else:
                write_text(f"{response.save(parsed.output or 'speech')}\n")
    _write_cost(parsed, response)
    return 0


def _transcribe(parsed: Namespace) -> int:
    audio = read_standard_input() if parsed.file == "-" else Path(parsed.file)
    with TranscriptionClient.create(
        parsed.model, base_url=parsed.base_url, timeout=parsed.timeout
    ) as client:
        response = client.transcribe(
            audio,
            parsed.language,
            parsed.prompt,
            speakers=parsed.speakers or None,
            timestamps=parsed.timestamps,
        )
    if parsed.json:
        write_json(_describe(response))
    elif parsed.speakers or parsed.timestamps:
        write_text("".join(_format_parts(response)))
    else:
        write_text(f"{response.text}\n")
    _write_cost(parsed, response)
    return 0


def _rerank(parsed: Namespace) -> int:
    documents = read_documents(parsed.files)
    with RerankClient.create(
        parsed.model, base_url=parsed.base_url, timeout=parsed.timeout
    ) as client:
        response = client.rerank(parsed.query, documents, parsed.top)
    if parsed.json:
        write_json([msgspec.to_builtins(ranked) for ranked in response.results])
    else:
        lines = (f"{ranked.score:.4f}\t{ranked.document}\n" for ranked in response.results)
        write_text("".join(lines))
    _write_cost(parsed, response)
    return 0


def _goes_to_pipe(output: str | None) -> bool:
    return output == "-" or (output is None and is_piped())


def _describe(response: Transcription) -> JsonDict:
    """Return what was said as JSON, without the figures of the call."""
    return {
        "text": response.text,
        "language": response.language,
        "duration": response.duration,
        "segments": [msgspec.to_builtins(part) for part in response.segments],
        "words": [msgspec.to_builtins(part) for part in response.words],
    }


def _format_parts(response: Transcription) -> list[str]:
    """Return a line for each segment, or word: its time, who speaks, and what."""
    lines: list[str] = []
    for part in response.segments or response.words:
        time = "" if part.start is None else f"{part.start:8.2f}  "
        speaker = "" if part.speaker is None else f"{part.speaker}: "
        lines.append(f"{time}{speaker}{part.text}\n")
    return lines or [f"{response.text}\n"]


def _write_cost(parsed: Namespace, response: OperationResponse) -> None:
    """Write what was left out of the request and, where asked for, its use and cost."""
    for adaptation in response.adaptations:
        write_note(f"{adaptation}\n")
    if parsed.verbose:
        units = ", ".join(f"{count:g} {unit}" for unit, count in response.usage.units.items())
        tokens = response.usage.total_tokens
        parts = [units, f"{tokens} tokens" if tokens else ""]
        cost = response.cost
        if cost is not None and cost.total_cost is not None:
            parts.append(f"{cost.total_cost:.6g} {cost.currency}")
        write_note(f"{', '.join(filter(None, parts))}\n")
