"""The rivals, on asyncio, each as its own documentation says to call it, without retries.

Each is imported where it is made: an environment holds only one of them.
"""

import json
import time
from collections.abc import AsyncIterator

_CHAT = [{"role": "user", "content": "Hello"}]


class Rival:
    """What they share: a stream is an iterator of pieces of text, or of arguments."""

    async def plain(self, model: str) -> int:
        raise NotImplementedError

    def pieces(self, model: str) -> AsyncIterator[str]:
        """Return an iterator over the pieces of a streamed answer."""
        raise NotImplementedError

    async def stream(self, model: str) -> int:
        return len("".join([piece async for piece in self.pieces(model)]))

    async def arguments(self, model: str) -> int:
        text = "".join([piece async for piece in self.pieces(model)])
        return len(json.loads(text)["document"])

    async def first(self, model: str) -> float:
        began, spent = time.perf_counter(), 0.0
        async for piece in self.pieces(model):
            if piece and not spent:
                spent = time.perf_counter() - began
        return spent


def _chat_piece(chunk: object) -> str:
    """Return what a chunk of an OpenAI-like stream adds."""
    if not chunk.choices:  # type: ignore[attr-defined]
        return ""
    delta = chunk.choices[0].delta  # type: ignore[attr-defined]
    if delta.tool_calls:
        return delta.tool_calls[0].function.arguments or ""
    return delta.content or ""


class OpenAi(Rival):
    def __init__(self, url: str) -> None:
        from openai import AsyncOpenAI

        self._client = AsyncOpenAI(api_key="benchmark", base_url=url, max_retries=0)

    async def plain(self, model: str) -> int:
        reply = await self._client.chat.completions.create(model=model, messages=_CHAT)
        return len(reply.choices[0].message.content)

    async def pieces(self, model: str) -> AsyncIterator[str]:
        completions = self._client.chat.completions
        async with await completions.create(model=model, messages=_CHAT, stream=True) as chunks:
            async for chunk in chunks:
                yield _chat_piece(chunk)


class Anthropic(Rival):
    def __init__(self, url: str) -> None:
        from anthropic import AsyncAnthropic

        url = url.removesuffix("/v1")
        self._client = AsyncAnthropic(api_key="benchmark", base_url=url, max_retries=0)

    async def plain(self, model: str) -> int:
        reply = await self._client.messages.create(model=model, messages=_CHAT, max_tokens=1024)
        return len(reply.content[0].text)

    async def pieces(self, model: str) -> AsyncIterator[str]:
        async with await self._client.messages.create(
            model=model, messages=_CHAT, max_tokens=1024, stream=True
        ) as events:
            async for event in events:
                if event.type == "content_block_delta":
                    yield getattr(event.delta, "text", None) or event.delta.partial_json


class LiteLlm(Rival):
    def __init__(self, url: str) -> None:
        import litellm

        self._complete = litellm.acompletion
        self._to = {"api_base": url, "api_key": "benchmark", "messages": _CHAT, "num_retries": 0}

    async def plain(self, model: str) -> int:
        reply = await self._complete(model=f"openai/{model}", **self._to)
        return len(reply.choices[0].message.content)

    async def pieces(self, model: str) -> AsyncIterator[str]:
        async for chunk in await self._complete(model=f"openai/{model}", stream=True, **self._to):
            yield _chat_piece(chunk)


class AnyLlm(Rival):
    def __init__(self, url: str) -> None:
        from any_llm import AnyLLM

        self._client = AnyLLM.create("openai", api_key="benchmark", api_base=url)

    async def plain(self, model: str) -> int:
        reply = await self._client.acompletion(model=model, messages=_CHAT)
        return len(reply.choices[0].message.content)

    async def pieces(self, model: str) -> AsyncIterator[str]:
        async for chunk in await self._client.acompletion(model=model, messages=_CHAT, stream=True):
            yield _chat_piece(chunk)


class PydanticAi(Rival):
    """Its model layer, without the agent loop around it."""

    def __init__(self, url: str) -> None:
        from pydantic_ai import direct
        from pydantic_ai.messages import ModelRequest
        from pydantic_ai.models.openai import OpenAIChatModel
        from pydantic_ai.providers.openai import OpenAIProvider

        self._direct = direct
        self._model = OpenAIChatModel
        self._provider = OpenAIProvider(base_url=url, api_key="benchmark")
        self._question = [ModelRequest.user_text_prompt("Hello")]

    def _named(self, model: str) -> object:
        return self._model(model, provider=self._provider)

    async def plain(self, model: str) -> int:
        reply = await self._direct.model_request(self._named(model), self._question)
        return len(reply.parts[0].content)

    async def stream(self, model: str) -> int:
        return len((await self._whole(model)).content)

    async def arguments(self, model: str) -> int:
        return len((await self._whole(model)).args_as_dict()["document"])

    async def _whole(self, model: str):
        asked = self._direct.model_request_stream(self._named(model), self._question)
        async with asked as events:
            async for _ in events:
                pass
            return events.get().parts[0]

    async def pieces(self, model: str) -> AsyncIterator[str]:
        asked = self._direct.model_request_stream(self._named(model), self._question)
        async with asked as events:
            async for event in events:
                found = getattr(event, "delta", None) or getattr(event, "part", None)
                yield getattr(found, "content_delta", None) or getattr(found, "content", "")
