"""What a model costs by where it is called, and models that another manifest lists."""

from pathlib import Path

import pytest

from ai_lib import AiClient
from ai_lib.protocol.catalog import ManifestCatalog
from ai_lib.protocol.manifest.regional_pricing import read_regional_pricing
from ai_lib.testing import MockProvider, Reply
from ai_lib.types.usage import Usage

BEDROCK = {"region": "eu-west-1"}
GLOBAL, EUROPE = ({"project": "my-project", "location": place} for place in ("global", "eu"))
ARN = "bedrock/arn:aws:bedrock:eu-west-1:123456789012:inference-profile/"
# The price of a million tokens of input, by the vendors' pages.
PRICES = [
    ("bedrock/global.anthropic.claude-opus-5", BEDROCK, 5),
    ("bedrock/us.anthropic.claude-opus-5", BEDROCK, 5.5),
    ("bedrock/anthropic.claude-opus-5", BEDROCK, 5.5),
    (f"{ARN}global.anthropic.claude-opus-5", BEDROCK, 5),
    (f"{ARN}us.anthropic.claude-opus-5", BEDROCK, 5.5),
    ("bedrock/global.amazon.nova-2-lite-v1:0", BEDROCK, 0.3),
    ("bedrock/us.amazon.nova-2-lite-v1:0", BEDROCK, 0.33),
    ("bedrock/us.amazon.nova-lite-v1:0", BEDROCK, 0.06),
    ("bedrock/openai.gpt-oss-120b-1:0", BEDROCK, 0.15),
    ("vertex/claude-opus-5", GLOBAL, 5),
    ("vertex/claude-opus-5", EUROPE, 5.5),
    ("vertex/gemini-3.5-flash", GLOBAL, 1.5),
    ("vertex/gemini-3.5-flash", EUROPE, 1.65),
    ("vertex/gemini-2.5-flash-lite", EUROPE, 0.1),
]


async def test_a_price_is_that_of_the_place() -> None:
    wrong = []
    for model, variables, price in PRICES:
        builder = AiClient.builder().model(model).api_key("key-of-nobody")
        async with await builder.variable(**variables).build() as client:
            info = client.explain().model_info
        if info is None or info.prices.input != price:
            wrong.append((model, variables, info and info.prices.input))
    assert wrong == []


async def test_long_calls_cost_more_there_as_well() -> None:
    builder = AiClient.builder().model("bedrock/eu.anthropic.claude-haiku-5-5")
    async with await builder.api_key("k").variable(**BEDROCK).build() as client:
        info = client.explain().model_info
    assert info is not None
    assert (info.prices.output, info.prices.cache_write) == (0.55, 0.1375)
    long_prices = info.prices.apply_tier(200_000)
    assert (long_prices.input, long_prices.cache_read) == (0.55, 0.055)


async def test_a_call_costs_what_the_place_costs() -> None:
    usage = Usage(prompt_tokens=1_000_000, completion_tokens=100_000, total_tokens=1_100_000)
    async with MockProvider([Reply(text="Hi", usage=usage)] * 2) as mock:
        costs = []
        for location in ("global", "europe-west1"):
            builder = mock.builder("vertex/claude-opus-5").variable(location=location)
            async with await builder.build() as client:
                response = await client.chat().user("Hi").execute()
            costs.append(response.cost and response.cost.total_cost)
    assert costs == [pytest.approx(5 + 2.5), pytest.approx(5.5 + 2.75)]


def test_the_registry_knows_the_price_by_the_name() -> None:
    models = ManifestCatalog().build_registry()
    prices = {}
    for name in ("us.anthropic.claude-opus-5", "global.anthropic.claude-opus-5"):
        record = models.get("bedrock", name)
        assert record is not None
        prices[name] = record.prices.input
    assert prices == {"us.anthropic.claude-opus-5": 5.5, "global.anthropic.claude-opus-5": 5}


RESELLER = """
id: reseller
protocol_version: "2.0"
dialect: anthropic_messages
endpoint: { base_url: "https://reseller.example", auth: { type: bearer, token_env: RESELLER_KEY } }
endpoints: { chat: { path: /v1/messages } }
capabilities: { required: [text, streaming] }
error_classification: {}
metadata:
  models_of:
    - { provider: anthropic, models: ["claude-opus-*"] }
    - { provider: nobody, models: ["*"] }
  regional_pricing: [{ models: ["claude-*"], factor: 2 }]
  models:
    claude-opus-5: { max_output_tokens: 1000 }
    our-own: { context_window: 5 }
"""


async def test_a_manifest_may_refer_to_the_models_of_another(tmp_path: Path) -> None:
    path = tmp_path / "reseller.yaml"
    path.write_text(RESELLER)
    infos = {}
    for name in ("claude-opus-5", "claude-opus-4-1-20250805", "our-own", "claude-haiku-5-5"):
        builder = AiClient.builder().model(f"reseller/{name}").protocol_dir(path).api_key("k")
        async with await builder.build() as client:
            infos[name] = client.explain().model_info
            if name == "claude-opus-5":
                levels = client.explain(client.chat().user("Hi").reasoning("low").build()).body
    opus = infos["claude-opus-5"]
    assert opus is not None
    assert (opus.max_output_tokens, opus.context_window, opus.prices.input) == (1000, 1_000_000, 10)
    assert opus.lifecycle.released_on is None
    assert levels["output_config"] == {"effort": "low"}
    assert infos["our-own"] is not None
    assert infos["claude-opus-4-1-20250805"] is None  # retired
    assert infos["claude-haiku-5-5"] is None


def test_factors_in_another_form_count_as_not_stated() -> None:
    good = {"models": ["a*"], "factor": 2}
    assert len(read_regional_pricing([good, {"factor": "much"}, 3, {"models": []}])) == 1
    assert read_regional_pricing("much") == ()
