"""A provider's own list of models, and its own counts of tokens."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from datetime import datetime, timezone
from typing import Final

import msgspec

from ai_lib.client.target.arguments import check_request
from ai_lib.errors.exceptions import DecodeError, RequestError
from ai_lib.protocol.dialect.listing import CountingShape, ListingShape
from ai_lib.protocol.query.path import compile_path, find_first
from ai_lib.request.chat import build_chat
from ai_lib.request.operations.request import OperationRequest
from ai_lib.types.json import JsonDict, JsonObject, JsonValue, as_size, is_number
from ai_lib.types.request import ChatRequest

from .execution.provider_runner import ProviderRunner

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

    def __init__(
        self, operations: ProviderRunner, invoke: Callable[..., Awaitable[JsonValue]]
    ) -> None:
        self._operations = operations
        self._target = operations.target
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
        shape = self._find_listing()
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

    async def get(self, id: str, *, timeout: float | None = None) -> LiveModel:
        """Return one model as the provider describes it now. `timeout` is in seconds.

        Raises:
            RequestError: the provider has no such list.
            DecodeError: the response describes no model.
            TransportError: bytes could not be exchanged.
            RemoteError: the provider answered with an error, such as that there is no such model.
        """
        shape = self._find_listing()
        request = OperationRequest(name="models.get", values={"id": id})
        result = await self._operations.run(request, timeout)
        for model in _read_each(shape, [result.document]):
            return model
        raise DecodeError(
            f"{self._operations.provider_id} described no model",
            excerpt=str(result.document)[:200],
            provider=self._operations.provider_id,
        )

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
        body = self._write_count(shape, check_request(request) or request)
        response = await self._invoke("count_tokens", body, timeout=timeout)
        tokens = compile_path(shape.tokens).first(response)
        if isinstance(tokens, list):
            return len(tokens)
        if not isinstance(tokens, int) or isinstance(tokens, bool):
            raise DecodeError(f"{compiled.id} answered without {shape.tokens}", excerpt="")
        return tokens

    def _write_count(self, shape: CountingShape, request: ChatRequest) -> JsonDict:
        """Return the body that counts a request, whether it is a chat there or a text."""
        target = self._target
        chat_body: JsonDict = {}
        if shape.body is None:
            built = build_chat(
                request,
                target.compiled,
                model=target.listed,
                credential=target.key,
                base_url=target.base_url,
                fit_media=target.fit_media,
            )
            chat_body = dict(built.body)
        return shape.make_body(chat_body, target.model, join_texts(request))

    def _find_listing(self) -> ListingShape:
        compiled = self._target.compiled
        shape, manifest = compiled.dialect.models, compiled.manifest
        if shape is None or "list_models" not in {**manifest.endpoints, **manifest.services}:
            raise RequestError(
                f"{compiled.id} has no list of models; `ai-lib models --provider {compiled.id}` "
                "shows those its manifest lists",
                provider=compiled.id,
            )
        return shape


def find_next_page(shape: ListingShape, response: JsonValue) -> str | None:
    """Return what asks for the page after this one, or None when this is the last."""
    if shape.next is None or (shape.more and compile_path(shape.more).first(response) is not True):
        return None
    page = compile_path(shape.next).first(response)
    return page if isinstance(page, str) and page else None


def read_models(shape: ListingShape, response: JsonValue) -> Iterator[LiveModel]:
    """Yield the models of a list; an element without an id is passed over."""
    # A service of the manifest may have named the list in the response.
    is_list = isinstance(response, list) and str(shape.each).startswith("$.")
    yield from _read_each(shape, response if is_list else _select(shape, response))


def _select(shape: ListingShape, response: JsonValue) -> list[JsonValue]:
    paths = (shape.each,) if isinstance(shape.each, str) else shape.each
    return [element for path in paths for element in compile_path(path).select(response)]


def _read_each(shape: ListingShape, elements: Iterable[JsonValue]) -> Iterator[LiveModel]:
    for element in elements:
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


def join_texts(request: ChatRequest) -> str:
    """Return the texts of a request, one below the other, for providers that count a text."""
    return "\n".join(text for message in request.messages if (text := message.text))


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
