"""The documented examples run as they are written, in both packages."""

import subprocess
import sys

import pytest

_COUNTING = """
from PACKAGE import Message
from PACKAGE.tokens import TokenCounter, estimate_cost, get_model_pricing

# Count tokens
counter = TokenCounter.for_model("gpt-4o")
token_count = counter.count("Hello, how are you?")
print(f"Token count: {token_count}")

# Count message tokens
messages = [Message.user("Hello!"), Message.assistant("Hi there!")]
total_tokens = counter.count_messages(messages)

# Estimate cost
cost = estimate_cost(input_tokens=1000, output_tokens=500, model="gpt-4o")
print(f"Estimated cost: ${cost.total_cost:.4f}")

# Get model pricing info
pricing = get_model_pricing("gpt-4o")
print(f"Input: ${pricing.input_price_per_1k}/1K tokens")
print(f"Context window: {pricing.context_window} tokens")
"""
_ROUTING = """
from PACKAGE.routing import (
    ModelManager, ModelInfo, create_openai_models, create_anthropic_models,
    CostBasedSelector, QualityBasedSelector,
)

# Create a model manager with pre-configured models
manager = create_openai_models()
manager.merge(create_anthropic_models())

# Select model by capability
code_models = manager.filter_by_capability("code_generation")
print(f"Code models: {[m.name for m in code_models]}")

# Select cheapest model
selector = CostBasedSelector()
cheapest = selector.select(manager.list_models())
print(f"Cheapest: {cheapest.name} @ ${cheapest.pricing.input_cost_per_1k}/1K")

# Select highest quality model
quality_selector = QualityBasedSelector()
best = quality_selector.select(manager.list_models())
print(f"Best quality: {best.name}")

# Recommend model for use case
recommended = manager.recommend_for("chat")
"""


def run(code: str, package: str) -> str:
    """Run it with sockets refused, and return what it prints."""
    blocked = (
        "import sys\n"
        "def hook(event, arguments):\n"
        "    if event.startswith('socket.'): raise SystemExit(event)\n"
        "sys.addaudithook(hook)\n"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", blocked + code.replace("PACKAGE", package)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


@pytest.mark.parametrize("package", ["ai_lib", "ai_lib_sync"])
def test_tokens_and_costs_as_documented(package: str) -> None:
    said = run(_COUNTING, package).split("\n")
    assert said[0] in ("Token count: 6", "Token count: 7")
    assert said[1:4] == [
        "Estimated cost: $0.0075",
        "Input: $0.0025/1K tokens",
        "Context window: 128000 tokens",
    ]


@pytest.mark.parametrize("package", ["ai_lib", "ai_lib_sync"])
def test_routing_as_documented(package: str) -> None:
    said = run(_ROUTING, package)
    assert "'gpt-4o'" in said
    assert "'claude-sonnet-4-6'" in said
    assert "Cheapest: gpt-5-nano @ $5e-05/1K" in said
    assert "Best quality: gpt-6.2-astra" in said
