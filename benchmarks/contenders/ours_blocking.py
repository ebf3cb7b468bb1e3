"""`ai_lib_sync`, as a user would call it; concurrency is threads."""

import time

from ai_lib_sync import AiClient, PartialContentDelta
from ai_lib_sync.transport import HttpTransport, PoolConfig, TransportOptions


class AiLibSync:
    """One client a model, over one transport."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._transport = HttpTransport(TransportOptions(pool=PoolConfig.high_throughput()))
        self._clients: dict[str, AiClient] = {}

    def _client(self, model: str) -> AiClient:
        client = self._clients.get(model)
        if client is None:
            builder = AiClient.builder().model(f"openai/{model}").api_key("benchmark")
            client = builder.base_url(self._url).transport(self._transport).build()
            self._clients[model] = client
        return client

    def plain(self, model: str) -> int:
        return len(self._client(model).chat().user("Hello").execute().content)

    def stream(self, model: str) -> int:
        pieces = []
        with self._client(model).chat().user("Hello").stream() as events:
            for event in events:
                if isinstance(event, PartialContentDelta):
                    pieces.append(event.content)
        return len("".join(pieces))

    def arguments(self, model: str) -> int:
        with self._client(model).chat().user("Hello").stream() as events:
            for _ in events:
                pass
        document = events.response().tool_calls[0].arguments["document"]
        assert isinstance(document, str)
        return len(document)

    def first(self, model: str) -> float:
        client = self._client(model)
        began, spent = time.perf_counter(), 0.0
        with client.chat().user("Hello").stream() as events:
            for event in events:
                if not spent and isinstance(event, PartialContentDelta):
                    spent = time.perf_counter() - began
        return spent
