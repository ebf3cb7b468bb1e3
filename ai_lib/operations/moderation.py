"""ModerationClient: says whether content breaks rules, and which."""

from __future__ import annotations

from collections.abc import Sequence

from ai_lib.errors.exceptions import EmptyResponse, RequestError
from ai_lib.operations.response import ModerationResponse, make_facts, make_moderation
from ai_lib.request.operations.media import MediaFile, to_media_file
from ai_lib.request.operations.request import OperationRequest
from ai_lib.types.content import ImageBlock, TextBlock
from ai_lib.types.json import JsonObject, JsonValue

from .client import OperationClient

Content = str | TextBlock | ImageBlock


class ModerationClient(OperationClient):
    """Says whether content breaks a provider's rules, with one model.

        async with await ModerationClient.create("provider/model") as client:
            response = await client.moderate("a text")

    A client may be used from any number of tasks and threads at once.
    """

    async def moderate(
        self,
        content: Content | Sequence[Content],
        *,
        extra: JsonObject | None = None,
        timeout: float | None = None,
        fallbacks: Sequence[str] | None = None,
    ) -> ModerationResponse:
        """Return one result for each text; images belong to one input together with its texts.

        `timeout` is in seconds; `fallbacks` are models to ask when this one fails.

        Raises:
            InvalidInput: a text is empty. Nothing was sent.
            RequestError: there is no content, or the model does not moderate. Nothing was sent.
            TransportError: bytes could not be exchanged.
            RemoteError: the provider answered with an error.
            ResponseError: the response can't be used.
        """
        request = OperationRequest(
            name="moderate", texts={"inputs": _write_inputs(content)}, extra=extra or {}
        )
        result, call = await self._run(request, timeout, fallbacks)
        if not result.items:
            raise EmptyResponse(
                f"{self.provider_id} gave no result", excerpt="", provider=self.provider_id
            )
        results = [make_moderation(item) for item in result.items]
        return ModerationResponse(results=results, **make_facts(call, result))


def _write_inputs(content: Content | Sequence[Content]) -> JsonValue:
    if isinstance(content, str):
        return content
    parts = [content] if isinstance(content, TextBlock | ImageBlock) else list(content)
    if not parts:
        raise RequestError("there is nothing to moderate")
    if all(isinstance(part, str | TextBlock) for part in parts):
        return [part.text if isinstance(part, TextBlock) else part for part in parts]
    return [_write_part(part) for part in parts]


def _write_part(part: Content) -> JsonValue:
    if isinstance(part, ImageBlock):
        file: MediaFile = to_media_file(part, "the image")
        return {"type": "image_url", "image_url": {"url": file.make_values()["address"]}}
    return {"type": "text", "text": part if isinstance(part, str) else part.text}
