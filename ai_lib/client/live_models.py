"""A provider's own list of models, and its own counts of tokens."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping
from datetime import datetime, timezone
from typing import Final

import msgspec

from ai_lib.client.target.arguments import check_request
from ai_lib.client.target.target import Target
from ai_lib.errors.exceptions import DecodeError, RequestError
from ai_lib.protocol.dialect.listing import ListingShape
from ai_lib.protocol.query.path import compile_path, find_first
from ai_lib.request.chat import build_chat
from ai_lib.types.json import JsonObject, JsonValue, as_size, is_number
from ai_lib.types.request import ChatRequest

_MOST_PAGES: Final = 100


class LiveModel(msgspec.Struct, frozen=True, kw_only=True):
    """One model as its provider lists it now; what the provider does not say is None or empty.

    `id` is the wire name, sizes are tokens, `raw` is the element of the list as it came.
    """

    id: str
    created: datetime | None = None
    owner: str = ""
    display_name: str = ""
    context_window: int | None = None
    max_output_tokens: int | None = None
    raw: JsonObject = {}


class ModelService:
    """What a provider itself says of its models, by the client's key and under its protection."""

    def __init__(self, target: Target, invoke: Callable[..., Awaitable[JsonValue]]) -> None:
        self._target = target
        self._invoke = invoke

    async def list(self, *, timeout: float | None = None) -> tuple[LiveModel, ...]:
        """Return the models that the provider lists for this key, those of all its pages.

        `timeout` is in seconds, for each page.

        Raises:
            RequestError: the provider has no such list.
            DecodeError: the response is no list.
            TransportError, RemoteError: as `AiClient.invoke`.
        """
        compiled = self._target.compiled
        shape = compiled.dialect.models
        manifest = compiled.manifest
        if shape is None or "list_models" not in {**manifest.endpoints, **manifest.services}:
            raise RequestError(
                f"{compiled.id} has no list of models; `ai-lib models --provider {compiled.id}` "
                "shows those its manifest lists",
                provider=compiled.id,
            )
        models: dict[str, LiveModel] = {}
        page: str | None = None
        for _ in range(_MOST_PAGES):
            values = {} if page is None else {"page": page}
            response = await self._invoke("list_models", timeout=timeout, **values)
            if not isinstance(response, list | Mapping):
                raise DecodeError(f"{compiled.id} answered with no list of models", excerpt="")
            known_count = len(models)
            models.update((model.id, model) for model in read_models(shape, response))
            page = find_next_page(shape, response)
            if page is None or len(models) == known_count:
                break
        return tuple(models.values())

    async def count_tokens(self, request: ChatRequest, *, timeout: float | None = None) -> int:
        """Return the input tokens of a request, as the provider counts them; this is one call.

        `request` is what a builder's `build()` returns. `AiClient.count_tokens` counts without a
        call. `timeout` is in seconds.

        Raises:
            RequestError: the provider does not count, or can't be asked this.
            DecodeError: there is no number in the response.
            TransportError, RemoteError: as `AiClient.invoke`.
        """
        target = self._target
        compiled = target.compiled
        shape = compiled.dialect.counting
        if shape is None or compiled.find_endpoint("count_tokens") is None:
            raise RequestError(
                f"{compiled.id} counts no tokens by {compiled.dialect.dialect}; "
                "client.count_tokens() estimates them here",
                provider=compiled.id,
            )
        built = build_chat(
            check_request(request) or request,
            compiled,
            model=target.listed,
            credential=target.key,
            base_url=target.base_url,
            fit_media=target.fit_media,
        )
        body = shape.make_body(dict(built.body), target.model)
        response = await self._invoke("count_tokens", body, timeout=timeout)
        tokens = compile_path(shape.tokens).first(response)
        if not isinstance(tokens, int) or isinstance(tokens, bool):
            raise DecodeError(f"{compiled.id} answered without {shape.tokens}", excerpt="")
        return tokens


def find_next_page(shape: ListingShape, response: JsonValue) -> str | None:
    """Return what asks for the page after this one, or None when this is the last."""
    if shape.next is None or (shape.more and compile_path(shape.more).first(response) is not True):
        return None
    page = compile_path(shape.next).first(response)
    return page if isinstance(page, str) and page else None


def read_models(shape: ListingShape, response: JsonValue) -> Iterator[LiveModel]:
    """Yield the models of a list; an element without an id is passed over."""
    # A service of the manifest may have named the list in the response.
    is_list = isinstance(response, list) and shape.each.startswith("$.")
    for element in response if is_list else compile_path(shape.each).select(response):
        if not isinstance(element, Mapping):
            continue
        name = compile_path(shape.id).first(element)
        if isinstance(name, str) and name:
            yield LiveModel(
                id=name.removeprefix(shape.id_prefix),
                created=_read_time(find_first(shape.created, element)),
                owner=_read_text(find_first(shape.owner, element)),
                display_name=_read_text(find_first(shape.display_name, element)),
                context_window=as_size(find_first(shape.context_window, element)),
                max_output_tokens=as_size(find_first(shape.max_output_tokens, element)),
                raw=element,
            )


def _read_text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _read_time(value: object) -> datetime | None:
    """Return a time from seconds since 1970 or RFC 3339, None for anything else."""
    try:
        if isinstance(value, str):
            return datetime.fromisoformat(value.replace("Z", "+00:00"))
        if is_number(value) and value > 0:
            return datetime.fromtimestamp(value, timezone.utc)
    except (ValueError, OverflowError, OSError):
        return None
    return None
