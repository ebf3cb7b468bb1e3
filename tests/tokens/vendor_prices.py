"""What vendors charge, by their own pages; it imports nothing of the library that it checks.

https://platform.claude.com/docs/en/about-claude/pricing
https://developers.openai.com/api/docs/pricing
https://ai.google.dev/gemini-api/docs/pricing
"""

from typing import Any

MILLION = 1_000_000

# Dollars of a million tokens: input, output, cache read, cache write (5 minutes), (1 hour).
CLAUDE = {
    "claude-sonnet-4-5": (3, 15, 0.3, 3.75, 6),
    "claude-opus-4-6": (5, 25, 0.5, 6.25, 10),
    "claude-haiku-4-5": (1, 5, 0.1, 1.25, 2),
    "claude-fable-5-2": (8, 40, 0.2, 10, 16),
}
# Input, output, cached input; twice with `priority`, half with `flex`.
OPENAI = {
    "gpt-5": (1.25, 10, 0.125),
    "gpt-5-mini": (0.25, 2, 0.025),
    "gpt-4o": (2.5, 10, 1.25),
}
# Input, output, the same above 200,000 tokens of input.
GEMINI = {"gemini-2.5-pro": (1.25, 10, 2.5, 15)}


def largest_cost(model: str, body: dict[str, Any], input_tokens: int) -> float | None:
    """Return what the vendor may charge for a body at most; None where nothing bounds it."""
    if model in CLAUDE:
        return _claude(body, input_tokens)
    if model in OPENAI:
        return _openai(body, input_tokens)
    return _gemini(body, input_tokens)


def _claude(body: dict[str, Any], input_tokens: int) -> float | None:
    prices = CLAUDE.get(body["model"])
    if prices is None or body.get("container") or body.get("mcp_servers"):
        return None
    if body.get("speed", "standard") != "standard":
        return None
    price = max(prices[0], prices[4] if _keeps_an_hour(body) else prices[3])
    cost = input_tokens * price + body["max_tokens"] * prices[1]
    cost *= 1.1 if body.get("inference_geo") == "us" else 1
    fees = 0.0
    for tool in body.get("tools", ()):
        kind = tool.get("type", "custom")
        if kind.startswith("web_search"):
            if "max_uses" not in tool:
                return None
            fees += tool["max_uses"] * 10 / 1000
        elif kind != "custom":
            return None
    return cost / MILLION + fees


def _keeps_an_hour(node: object) -> bool:
    if isinstance(node, dict):
        return node.get("ttl") == "1h" or any(map(_keeps_an_hour, node.values()))
    return isinstance(node, list | tuple) and any(map(_keeps_an_hour, node))


def _openai(body: dict[str, Any], input_tokens: int) -> float | None:
    prices = OPENAI.get(body["model"])
    limits = [body[name] for name in ("max_tokens", "max_completion_tokens") if name in body]
    factors = {"auto": 1, "default": 1, "flex": 0.5, "priority": 2}
    factor = factors.get(body.get("service_tier", "default"))
    if prices is None or factor is None or "web_search_options" in body or "prediction" in body:
        return None
    longest = {"gpt-5": 128000, "gpt-5-mini": 128000, "gpt-4o": 16384}[body["model"]]
    output = max(limits, default=longest) * body.get("n", 1)
    return (input_tokens * prices[0] + output * prices[1]) * factor / MILLION


def _gemini(body: dict[str, Any], input_tokens: int) -> float | None:
    prices = GEMINI["gemini-2.5-pro"]
    config = body.get("generationConfig", {})
    if body.get("cachedContent"):
        return None
    is_long = input_tokens > 200_000
    output = config.get("maxOutputTokens", 65536) * config.get("candidateCount", 1)
    cost = (input_tokens * prices[2 * is_long] + output * prices[1 + 2 * is_long]) / MILLION
    searches = any("googleSearch" in tool for tool in body.get("tools", ()))
    return cost + (35 / 1000 if searches else 0)
