# Generated from ai_lib/operations/images.py by codegen; do not edit.
"""ImageClient: makes and changes images."""

from __future__ import annotations

from collections.abc import Sequence

from ai_lib.client.call.call import Call
from ai_lib.errors.exceptions import ContentFiltered, EmptyResponse
from ai_lib.operations.response import OperationResponse, make_facts
from ai_lib.pipeline.operations.read import decode_data
from ai_lib.pipeline.operations.result import OperationResult, find_text
from ai_lib.request.operations.media import MediaFile, MediaLike, to_media_file, to_media_files
from ai_lib.request.operations.request import OperationRequest
from ai_lib.types.json import JsonDict, JsonObject
from ai_lib.types.media_type import to_media_type

from ..client.execution.cancel import CancelToken
from ..client.execution.operation_stream import OperationStream
from .client import OperationClient
from .content import Fetch, GeneratedImage
from .stream import ResponseStream


class ImageResponse(OperationResponse, frozen=True, kw_only=True, omit_defaults=True):
    """The images that were made; `refused` counts those that the provider's rules filtered.

    `text` is what a model said beside its images.
    """

    images: Sequence[GeneratedImage] = ()
    refused: int = 0
    text: str = ""

    @property
    def first(self) -> GeneratedImage:
        """The first image."""
        return self.images[0]

    def __len__(self) -> int:
        return len(self.images)

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        bundles = [image._repr_mimebundle_() for image in self.images]
        return {
            name: "\n".join(bundle[name] for bundle in bundles)
            for name in ("text/plain", "text/html")
        }


class ImageClient(OperationClient):
    """Makes and changes images with one model.

        with ImageClient.create("provider/model") as client:
            response = client.generate("a sea otter", size="1024x1024")
            response.first.save("otter")

    A client may be used from any number of tasks and threads at once.
    """

    def generate(
        self,
        prompt: str,
        count: int | None = None,
        *,
        size: str | None = None,
        aspect_ratio: str | None = None,
        quality: str | None = None,
        format: str | None = None,
        background: str | None = None,
        seed: int | None = None,
        extra: JsonObject | None = None,
        timeout: float | None = None,
        fallbacks: Sequence[str] | None = None,
    ) -> ImageResponse:
        """Return images of what the prompt says.

        `size` is as the provider has it, such as `1024x1024`, `aspect_ratio` such as `16:9`,
        `format` such as `png`. What a provider does not take is left out and listed in
        `adaptations`. `timeout` is in seconds; `fallbacks` are models to ask when this one fails.

        Raises:
            InvalidInput: the prompt is empty or too long, or there are too many images. Nothing
                was sent.
            RequestError: the model makes no images. Nothing was sent.
            ContentFiltered: the provider's rules filtered every image.
            TransportError: bytes could not be exchanged.
            RemoteError: the provider answered with an error.
            ResponseError: the response can't be used.
        """
        options = _make_options(count, size, aspect_ratio, quality, format, background, seed)
        request = OperationRequest(
            name="images.generate", texts={"prompt": prompt}, values=options, extra=extra or {}
        )
        result, call = self._run(request, timeout, fallbacks)
        return self._read(result, call, format)

    def edit(
        self,
        prompt: str,
        images: MediaLike | Sequence[MediaLike],
        mask: MediaLike | None = None,
        *,
        count: int | None = None,
        size: str | None = None,
        aspect_ratio: str | None = None,
        quality: str | None = None,
        format: str | None = None,
        background: str | None = None,
        extra: JsonObject | None = None,
        timeout: float | None = None,
        fallbacks: Sequence[str] | None = None,
    ) -> ImageResponse:
        """Return images made of these, as the prompt says.

        An image is a path, bytes, an address, a content block or a `GeneratedImage`'s block. What
        is transparent in `mask` is what may change. The other arguments are those of `generate`.

        Raises:
            MediaError: an image can't be read.
            AiLibError: as `generate`.
        """
        options = _make_options(count, size, aspect_ratio, quality, format, background, None)
        files: dict[str, list[MediaFile]] = {"images": to_media_files(images, "the image")}
        if mask is not None:
            files["mask"] = [to_media_file(mask, "the mask")]
        request = OperationRequest(
            name="images.edit",
            texts={"prompt": prompt},
            values=options,
            files=files,
            extra=extra or {},
        )
        result, call = self._run(request, timeout, fallbacks)
        return self._read(result, call, format)

    def vary(
        self,
        image: MediaLike,
        count: int | None = None,
        *,
        size: str | None = None,
        timeout: float | None = None,
    ) -> ImageResponse:
        """Return variations of an image, where a model makes them without a prompt.

        Raises as `edit`.
        """
        request = OperationRequest(
            name="images.vary",
            values={"count": count, "size": size},
            files={"images": [to_media_file(image, "the image")]},
        )
        result, call = self._run(request, timeout)
        return self._read(result, call, None)

    def stream(
        self,
        prompt: str,
        *,
        previews: int | None = None,
        size: str | None = None,
        aspect_ratio: str | None = None,
        quality: str | None = None,
        format: str | None = None,
        background: str | None = None,
        extra: JsonObject | None = None,
        timeout: float | None = None,
        cancel_token: CancelToken | None = None,
    ) -> ImageStream:
        """Return an image as it comes: `previews` unfinished ones, then the image itself.

        Nothing is sent before the first is asked for. Raises, while it is iterated, as `generate`.
        """
        options = _make_options(None, size, aspect_ratio, quality, format, background, None)
        request = OperationRequest(
            name="images.generate",
            texts={"prompt": prompt},
            values={**options, "previews": previews},
            extra=extra or {},
        )
        stream, call = self._open_stream(request, timeout, None, cancel_token)
        return ImageStream(stream, call, self._fetch)

    def _read(self, result: OperationResult, call: Call, format: str | None) -> ImageResponse:
        images = [make_image(item, result, self._fetch, format) for item in result.items]
        if result.data and not images:
            images = [GeneratedImage(self._fetch, data=result.data, media_type=result.media_type)]
        if not images:
            provider = self.provider_id
            if result.refused:
                raise ContentFiltered(
                    f"{provider} filtered every image of this prompt",
                    status_code=200,
                    body=result.document,
                    provider=provider,
                )
            raise EmptyResponse(f"{provider} sent no image", excerpt="", provider=provider)
        facts = make_facts(call, result)
        return ImageResponse(images=images, refused=result.refused, text=result.text, **facts)


class ImageStream(ResponseStream):
    """An image as it comes: each is a `GeneratedImage`, unfinished ones `is_preview`.

    Use it in a `with` block; leaving it early closes the connection.
    """

    def __init__(self, stream: OperationStream, call: Call, fetch: Fetch) -> None:
        super().__init__(stream, call)
        self._fetch = fetch
        self._images: list[GeneratedImage] = []

    def __next__(self) -> GeneratedImage:
        while not self._images:
            piece = self._stream.__next__()
            for item in piece.items:
                facts = {**item, "is_partial": piece.is_partial}
                self._images.append(make_image(facts, self._stream.result(), self._fetch, None))
        return self._images.pop(0)

    def response(self) -> ImageResponse:
        """Return the facts of the response so far, with its finished images."""
        result = self._stream.result()
        images = [make_image(item, result, self._fetch, None) for item in result.items]
        return ImageResponse(images=images, **make_facts(self._call, result))


def make_image(
    item: JsonDict, result: OperationResult, fetch: Fetch, format: str | None
) -> GeneratedImage:
    """Return an image of what was read of it."""
    text = find_text(item, "data")
    if text is not None and text.startswith("data:"):
        text = text.partition(",")[2]
    data = decode_data(text, "base64", "the provider") if text else None
    made_format = find_text(result.facts, "format") or format
    media_type = find_text(item, "media_type") or ""
    if not media_type and data is None and made_format:
        media_type = to_media_type(made_format, "image")
    return GeneratedImage(
        fetch, data=data, url=find_text(item, "url"), media_type=media_type, facts=item
    )


def _make_options(
    count: int | None,
    size: str | None,
    aspect_ratio: str | None,
    quality: str | None,
    format: str | None,
    background: str | None,
    seed: int | None,
) -> JsonDict:
    return {
        "count": count,
        "size": size,
        "aspect_ratio": aspect_ratio,
        "quality": quality,
        "format": format,
        "background": background,
        "seed": seed,
    }
