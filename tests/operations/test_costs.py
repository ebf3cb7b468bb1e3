"""What operations cost, unit by unit, at the bundled prices; and what a budget makes of that."""

from __future__ import annotations

import base64
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import pytest

from ai_lib import AiClient, EmbeddingClient
from ai_lib.errors import BudgetExceeded
from ai_lib.operations import (
    ImageClient,
    ModerationClient,
    OcrClient,
    OperationClient,
    OperationResponse,
    RerankClient,
    SpeechClient,
    TranscriptionClient,
    VideoClient,
)
from ai_lib.tokens import Budget
from ai_lib.types import CostBounds
from tests.operations.conftest import Serve
from tests.operations.recorded import reply_json
from tests.servers.scripted import Exchange

Answer = Awaitable[OperationResponse]
PIXEL = base64.b64encode(b"\x89PNG\r\n\x1a\n").decode()
GPT_USAGE = {
    "input_tokens": 100,
    "output_tokens": 1000,
    "total_tokens": 1100,
    "input_tokens_details": {"text_tokens": 60, "image_tokens": 40},
}


async def speak(client: Any) -> OperationResponse:
    return await client.speak("Hello", voice="v")  # type: ignore[no-any-return]


async def transcribe(client: Any) -> OperationResponse:
    return await client.transcribe(b"RIFF0000WAVE" + bytes(8000))  # type: ignore[no-any-return]


async def paint(client: Any) -> OperationResponse:
    return await client.generate("an otter", 2)  # type: ignore[no-any-return]


async def rank(client: Any) -> OperationResponse:
    return await client.rerank("q", ["a", "b"])  # type: ignore[no-any-return]


async def judge(client: Any) -> OperationResponse:
    return await client.moderate("a text")  # type: ignore[no-any-return]


async def read(client: Any) -> OperationResponse:
    return await client.read(b"%PDF-1.4", [0, 1, 2])  # type: ignore[no-any-return]


# The model, what is asked, the reply, and the cost by the vendor's prices for it.
PAID: list[tuple[str, type[OperationClient], Callable[[Any], Answer], Any, float]] = [
    ("openai/tts-1", SpeechClient, speak, b"\xff\xfbsound", 5 * 15e-6),
    (
        "deepgram/nova-3",
        TranscriptionClient,
        transcribe,
        {"metadata": {"duration": 10.0}},
        7.167e-4,
    ),
    (
        "openai/whisper-1",
        TranscriptionClient,
        transcribe,
        {"text": "hi", "usage": {"type": "duration", "seconds": 9}},
        9 * 0.006 / 60,
    ),
    (
        "gemini/imagen-4.0-generate-001",
        ImageClient,
        paint,
        {"predictions": [{"bytesBase64Encoded": PIXEL, "mimeType": "image/png"}] * 2},
        0.08,
    ),
    (
        "openai/gpt-image-2",
        ImageClient,
        paint,
        {"data": [{"b64_json": PIXEL}], "usage": GPT_USAGE},
        (60 * 5 + 40 * 8 + 1000 * 30) / 1e6,
    ),
    (
        "xai/grok-imagine-image",
        ImageClient,
        paint,
        {"data": [{"url": "https://a/b"}] * 2, "usage": {"cost_in_usd_ticks": 400000000}},
        0.04,
    ),
    (
        "mistral/mistral-ocr-2512",
        OcrClient,
        read,
        {"pages": [{"index": 0, "markdown": "a"}], "usage_info": {"pages_processed": 3}},
        0.006,
    ),
    (
        "cohere/rerank-v3.5",
        RerankClient,
        rank,
        {
            "results": [{"index": 0, "relevance_score": 1}],
            "meta": {"billed_units": {"search_units": 1}},
        },
        0.002,
    ),
    (
        "voyage/rerank-2.5",
        RerankClient,
        rank,
        {"data": [{"index": 0, "relevance_score": 1}], "usage": {"total_tokens": 26}},
        26 * 0.05 / 1e6,
    ),
    (
        "openai/omni-moderation-latest",
        ModerationClient,
        judge,
        {"results": [{"flagged": False, "categories": {}, "category_scores": {}}]},
        0.0,
    ),
]


def reply_with(answer: object) -> Callable[[Exchange], None]:
    if isinstance(answer, bytes):
        return lambda exchange: exchange.reply(answer, headers="content-type: audio/mpeg\r\n")
    return lambda exchange: reply_json(exchange, answer)


async def test_each_unit_costs_what_the_vendor_asks(serve: Serve) -> None:
    offenders: list[str] = []
    server = serve(lambda exchange: exchange.reply())
    for model, kind, ask, answer, expected in PAID:
        server.script = reply_with(answer)
        budget = Budget(1.0)
        builder = kind.builder().model(model).api_key("k").base_url(server.url).budget(budget)
        async with await builder.build() as client:
            response = await ask(client)
        total = response.cost.total_cost if response.cost else None
        if total != pytest.approx(expected) or budget.spent != pytest.approx(expected):
            offenders.append(f"{model} cost {total}, the budget {budget.spent}, not {expected}")
    assert not offenders, "\n".join(offenders)


async def test_a_small_budget_sends_nothing(serve: Serve) -> None:
    server = serve(lambda exchange: exchange.reply())
    offenders: list[str] = []
    for model, kind, ask, _, expected in PAID:
        if not expected:
            continue
        builder = kind.builder().model(model).api_key("k").base_url(server.url)
        async with await builder.budget(Budget(expected / 20)).build() as client:
            try:
                await ask(client)
            except BudgetExceeded:
                continue
            offenders.append(model)
    assert not offenders
    assert not server.received


async def test_a_video_costs_its_seconds_and_asking_for_it_nothing(serve: Serve) -> None:
    def reply(exchange: Exchange) -> None:
        if exchange.received.method == "POST":
            reply_json(exchange, {"id": "video_1", "status": "queued"})
        elif exchange.received.target.endswith("/content"):
            exchange.reply(b"\0\0\0\x18ftypisom", headers="content-type: video/mp4\r\n")
        else:
            reply_json(exchange, {"id": "video_1", "status": "completed", "seconds": "4"})

    budget = Budget(1.0)
    builder = VideoClient.builder().model("openai/sora-2").api_key("k").base_url(serve(reply).url)
    async with await builder.budget(budget).build() as client:
        job = await client.generate("a wave", seconds=4)
        response = await job.wait(poll_seconds=0)

    assert response.usage.units == {"seconds": 4}
    assert response.cost is not None
    assert response.cost.total_cost == pytest.approx(0.4)
    assert budget.spent == pytest.approx(0.4)


class Reservation:
    """What a budget of several machines has set aside."""

    def __init__(self, ledger: list[object]) -> None:
        self.ledger = ledger

    async def settle(self, cost: float | None) -> None:
        self.ledger.append(cost)


class FarBudget:
    """A budget whose methods have to be waited for."""

    currency = "USD"

    def __init__(self) -> None:
        self.ledger: list[object] = []

    async def take(
        self, bounds: CostBounds, metadata: Mapping[str, object] | None, lease_seconds: float
    ) -> Reservation:
        self.ledger.append(bounds.upper)
        return Reservation(self.ledger)


async def test_a_budget_that_is_waited_for_holds_every_operation(serve: Serve) -> None:
    def reply(exchange: Exchange) -> None:
        if exchange.received.target.endswith("/speech"):
            exchange.reply(b"\xff\xfbsound", headers="content-type: audio/mpeg\r\n")
        else:
            reply_json(
                exchange,
                {
                    "data": [{"index": 0, "embedding": [1.0, 0.0]}],
                    "usage": {"prompt_tokens": 100, "total_tokens": 100},
                },
            )

    server = serve(reply)
    speech_budget, vector_budget, raw_budget = FarBudget(), FarBudget(), FarBudget()
    speech = SpeechClient.builder().model("openai/tts-1").api_key("k").base_url(server.url)
    async with await speech.budget(speech_budget).build() as speaker:
        await speaker.speak("Hello", voice="v")
        async with speaker.stream("Hello", voice="v") as stream:
            assert [piece async for piece in stream]
    model = "openai/text-embedding-3-small"
    vectors = EmbeddingClient.builder().model(model).api_key("k").base_url(server.url)
    async with await vectors.budget(vector_budget).build() as embedder:
        await embedder.embed("one")
    raw = AiClient.builder().model(model).api_key("k").base_url(server.url)
    async with await raw.budget(raw_budget).build() as client:
        await client.invoke("embeddings", {"input": "one", "model": "text-embedding-3-small"})

    cost = 5 * 15e-6
    assert speech_budget.ledger == pytest.approx([cost] * 4)
    assert vector_budget.ledger[1:] == pytest.approx([100 * 0.02 / 1e6])
    assert raw_budget.ledger[1:] == pytest.approx([100 * 0.02 / 1e6])
