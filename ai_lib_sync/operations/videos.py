# Generated from ai_lib/operations/videos.py by codegen; do not edit.
"""VideoClient: has videos made, by jobs."""

from __future__ import annotations

from collections.abc import Sequence

from ai_lib.client.call.call import Call
from ai_lib.errors.exceptions import CapabilityError, EmptyResponse
from ai_lib.operations.response import OperationResponse, make_facts
from ai_lib.pipeline.operations.result import OperationResult, find_number, find_text
from ai_lib.protocol.dialect.operations import JobPart
from ai_lib.request.operations.media import MediaLike, to_media_file
from ai_lib.request.operations.request import OperationRequest
from ai_lib.types.json import JsonObject

from .client import OperationClient
from .content import GeneratedVideo
from .job import Job, check_job_address, start_job


class VideoResponse(OperationResponse, frozen=True, kw_only=True, omit_defaults=True):
    """The videos that a job made."""

    videos: Sequence[GeneratedVideo] = ()

    @property
    def first(self) -> GeneratedVideo:
        """The first video."""
        return self.videos[0]


class VideoClient(OperationClient):
    """Has videos made with one model.

        with VideoClient.create("provider/model") as client:
            job = client.generate("a calm ocean wave", seconds=4)
            response = job.wait(progress=print)
            response.first.save("wave")

    A client may be used from any number of tasks and threads at once.
    """

    def generate(
        self,
        prompt: str,
        image: MediaLike | None = None,
        *,
        seconds: float | None = None,
        size: str | None = None,
        aspect_ratio: str | None = None,
        extra: JsonObject | None = None,
        timeout: float | None = None,
    ) -> Job[VideoResponse]:
        """Begin a video of what the prompt says, and return its job.

        `image` is the first picture, `seconds` the length, `size` as the provider has it. What a
        provider does not take is left out. The request is not sent twice unless the manifest says
        that it may be. `timeout` is the seconds of the request that begins it.

        Raises:
            InvalidInput: the prompt is empty or too long. Nothing was sent.
            RequestError: the model makes no videos. Nothing was sent.
            TransportError: bytes could not be exchanged.
            RemoteError: the provider answered with an error.
            DecodeError: the response has no id of a job.
        """
        sent_seconds = int(seconds) if seconds is not None and seconds == int(seconds) else seconds
        request = OperationRequest(
            name="videos.generate",
            texts={"prompt": prompt},
            values={"seconds": sent_seconds, "size": size, "aspect_ratio": aspect_ratio},
            files={} if image is None else {"image": [to_media_file(image, "the image")]},
            extra=extra or {},
        )
        result, _ = self._make_call(request, timeout, first_only=True).run_with_call()
        job_id, address = start_job(self._job_part(), self.provider_id, self._base_url(), result)
        return self.job(job_id, address=address)

    def job(self, id: str, *, address: str | None = None) -> Job[VideoResponse]:
        """Return a job that was begun before, in another process too.

        Raises:
            CapabilityError: the model makes no videos.
            DecodeError: the key may not go to this address.
        """
        part = self._job_part()
        if address is not None:
            check_job_address(address, self._base_url(), part.hosts, self.provider_id)
        return Job(id, part, self.provider_id, self._poll, self._read, address=address)

    def _read(self, result: OperationResult, call: Call) -> VideoResponse:
        videos = [
            GeneratedVideo(self._fetch, url=find_text(item, "url"), facts=item)
            for item in result.items
            if find_text(item, "url")
        ]
        if result.data:
            facts = {"seconds": find_number(result.facts, "seconds")}
            videos = [
                GeneratedVideo(
                    self._fetch, data=result.data, media_type=result.media_type, facts=facts
                )
            ]
        if not videos:
            raise EmptyResponse(
                f"{self.provider_id} made no video",
                excerpt=str(result.document)[:200],
                provider=self.provider_id,
            )
        return VideoResponse(videos=videos, **make_facts(call, result))

    def _job_part(self) -> JobPart:
        target = self.target
        shape = target.compiled.find_operation("videos.generate", target.model)
        if shape is None or shape.job is None:
            raise CapabilityError(
                f"nothing says how {self.provider_id} makes videos",
                capability="video_generation",
                provider=self.provider_id,
            )
        return shape.job
