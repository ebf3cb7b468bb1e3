"""Decodes a recording without a socket: the pipeline alone, which is handed the recorded bytes."""

import random
from itertools import pairwise

from ai_lib.errors.exceptions import RemoteError
from ai_lib.pipeline import Pipeline
from ai_lib.pipeline.errors import decode_error_body, remote_error
from ai_lib.pipeline.plain_response import read_response
from ai_lib.protocol.compiled import CompiledManifest
from ai_lib.types.response import ChatResponse
from tests.wire.recordings import Recording


def decode_recording(compiled: CompiledManifest, recording: Recording) -> ChatResponse:
    """Return the response that a manifest reads in a recording, a stream cut at random places.

    Raises:
        AiLibError: what was recorded is an error, or breaks off.
    """
    if recording.status >= 400:
        raise decode_error(compiled, recording)
    if not recording.streamed:
        return read_response(compiled, recording.body)
    pipeline = Pipeline(compiled)
    for chunk in cut_at_random(recording.body, "2026"):
        pipeline.feed(chunk)
    pipeline.close()
    if pipeline.failure is not None:
        pipeline.failure.partial = pipeline.response()
        raise pipeline.failure
    return pipeline.response()


def decode_error(compiled: CompiledManifest, recording: Recording) -> RemoteError:
    """Return the error that a manifest reads in a recording."""
    body = decode_error_body(recording.body)
    return remote_error(compiled, recording.status, body, recording.headers)


def cut_at_random(body: bytes, seed: str) -> list[bytes]:
    """Cut a body in two and more pieces, at places that the seed decides."""
    count = min(len(body) - 1, 2 + len(body) // 200)
    cuts = sorted(random.Random(seed).sample(range(1, len(body)), count))
    return [body[start:end] for start, end in pairwise([0, *cuts, len(body)])]
