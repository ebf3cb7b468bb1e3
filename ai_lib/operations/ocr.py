"""OcrClient: reads the text of documents and of images."""

from __future__ import annotations

from collections.abc import Sequence

from ai_lib.operations.response import OcrResponse, make_facts, make_page
from ai_lib.request.operations.media import MediaLike, to_media_file
from ai_lib.request.operations.request import OperationRequest
from ai_lib.types.json import JsonObject

from .client import OperationClient


class OcrClient(OperationClient):
    """Reads the text of documents and images, with one model.

        async with await OcrClient.create("provider/model") as client:
            response = await client.read("paper.pdf", pages=[0, 1])

    A client may be used from any number of tasks and threads at once.
    """

    async def read(
        self,
        document: MediaLike,
        pages: Sequence[int] | None = None,
        *,
        with_images: bool | None = None,
        extra: JsonObject | None = None,
        timeout: float | None = None,
        fallbacks: Sequence[str] | None = None,
    ) -> OcrResponse:
        """Return the pages of a document as Markdown.

        `document` is a path, bytes, an address, a document or image block. `pages` count from 0;
        all by default. With `with_images`, the pictures of a page come with it. `timeout` is in
        seconds; `fallbacks` are models to ask when this one fails.

        Raises:
            MediaError: the document can't be read.
            InvalidInput: it is empty or too large. Nothing was sent.
            RequestError: the model reads no documents. Nothing was sent.
            TransportError: bytes could not be exchanged.
            RemoteError: the provider answered with an error.
            ResponseError: the response can't be used.
        """
        file = to_media_file(document, "the document")
        kind = file.find_media_type() or ""
        name = "ocr.image" if kind.startswith("image/") else "ocr"
        request = OperationRequest(
            name=name,
            values={"pages": None if pages is None else list(pages), "with_images": with_images},
            files={"document": [file]},
            extra=extra or {},
        )
        result, call = await self._run(request, timeout, fallbacks)
        read_pages = [make_page(index, item) for index, item in enumerate(result.items)]
        return OcrResponse(pages=read_pages, **make_facts(call, result))
