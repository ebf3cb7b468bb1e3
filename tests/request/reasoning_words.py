"""What each listed model takes for its thinking, by its vendor's pages; no word of it is ours.

https://developers.openai.com/api/docs/guides/reasoning and each model's page;
https://platform.claude.com/docs/en/build-with-claude/effort and /adaptive-thinking;
https://ai.google.dev/gemini-api/docs/thinking; https://console.groq.com/docs/reasoning;
https://docs.x.ai/docs/guides/reasoning; https://docs.mistral.ai/capabilities/reasoning;
https://api-docs.deepseek.com/guides/thinking_mode; https://docs.z.ai/guides/capabilities/thinking;
https://platform.moonshot.ai/docs; https://help.aliyun.com/zh/model-studio/deep-thinking;
https://www.volcengine.com/docs/82379/1449737; https://docs.cohere.com/docs/reasoning
"""

import re
from typing import NamedTuple


class Words(NamedTuple):
    """The words of the effort, the types of `thinking`, tokens from and to, whether it can stop."""

    efforts: frozenset[str] = frozenset()
    types: frozenset[str] = frozenset()
    tokens: tuple[int, int] = (0, 0)
    stops: bool = False


def _words(
    efforts: str = "", types: str = "", tokens: tuple[int, int] = (0, 0), *, stops: bool = False
) -> Words:
    return Words(frozenset(efforts.split()), frozenset(types.split()), tokens, stops)


_O = _words("low medium high")
_GPT5 = _words("minimal low medium high")
_GPT52 = _words("none low medium high xhigh", stops=True)
_GPT56 = _words("none low medium high xhigh max", stops=True)
_GPT62 = _words("low medium high xhigh max")
_CLAUDE5 = _words("low medium high xhigh max", "adaptive")
_CLAUDE48 = _words("low medium high xhigh max", "adaptive disabled", stops=True)
_CLAUDE46 = _words("low medium high max", "adaptive enabled disabled", (1024, 128000), stops=True)
_CLAUDE4 = _words("", "enabled disabled", (1024, 63999), stops=True)
_GEMINI3 = _words("minimal low medium high")
_GEMINI4 = _words("low medium high")
_NONE = _words()

ACCEPTED: dict[str, Words] = {
    "openai/o": _O,
    "openai/gpt-5": _GPT5,
    "openai/gpt-5.1": _words("none low medium high", stops=True),
    **{f"openai/gpt-5.{minor}": _GPT52 for minor in (2, 3, 4, 5)},
    "openai/gpt-5.6": _GPT56,
    "openai/gpt-6-": _GPT56,
    "openai/gpt-6.1-terra": _GPT56,
    "openai/gpt-6.1-sol": _GPT62,
    "openai/gpt-6.2": _GPT62,
    "anthropic/claude-fable": _CLAUDE5,
    "anthropic/claude-opus-5-5": _CLAUDE5,
    "anthropic/claude-sonnet-5-5": _CLAUDE5,
    "anthropic/claude-haiku-5-5": _CLAUDE48,
    "anthropic/claude-opus-5": _CLAUDE48,
    "anthropic/claude-sonnet-5": _CLAUDE48,
    "anthropic/claude-opus-4-8": _CLAUDE48,
    "anthropic/claude-opus-4-7": _CLAUDE48,
    "anthropic/claude-opus-4-6": _CLAUDE46,
    "anthropic/claude-sonnet-4-6": _CLAUDE46,
    "anthropic/claude-opus-4-5": _words(
        "low medium high", "enabled disabled", (1024, 63999), stops=True
    ),
    "anthropic/claude-": _CLAUDE4,
    "gemini/gemini-4": _GEMINI4,
    "gemini/gemini-3": _GEMINI3,
    "gemini/gemini-3.1-pro": _GEMINI4,
    "gemini/gemini-3.7-flash": _GEMINI4,
    "gemini/gemini-2.5-pro": _words(tokens=(128, 32768)),
    "gemini/gemini-2.5-flash": _words(tokens=(1, 24576), stops=True),
    "gemini/gemini-2.5-flash-lite": _words(tokens=(512, 24576), stops=True),
    "groq/openai/gpt-oss": _O,
    "groq/qwen/": _words("none default", stops=True),
    "cerebras/gpt-oss": _O,
    "cerebras/zai-glm": _words("none", stops=True),
    "fireworks/accounts/fireworks/models/gpt-oss": _O,
    "together/openai/gpt-oss": _O,
    "nvidia/openai/gpt-oss": _O,
    "xai/grok-4.7": _words("low medium high xhigh"),
    "xai/grok-4.6": _words("low medium high xhigh"),
    "xai/grok-4.5": _O,
    "xai/grok-4.3": _words("none low medium high", stops=True),
    "xai/grok-3-mini": _words("low high"),
    "mistral/mistral-large-4": _words("none high", stops=True),
    "mistral/mistral-medium-3-5": _words("none high", stops=True),
    "mistral/mistral-small-2603": _words("none high", stops=True),
    "deepseek/deepseek-v4": _words("low high max", "enabled disabled", stops=True),
    "deepseek/deepseek-flash": _words("low high max", "enabled disabled", stops=True),
    "qwen/qwen": _words(tokens=(1, 81920), stops=True),
    "zhipu/glm-4": _words("", "enabled disabled", stops=True),
    "zhipu/glm-5": _words("", "enabled disabled", stops=True),
    "zhipu/glm-5.2": _words("low high max", "enabled disabled", stops=True),
    "zhipu/glm-5.3": _words("low high max", "enabled"),
    "moonshot/kimi-k3": _words("low high max"),
    "moonshot/kimi-k2.5": _words("", "enabled disabled", stops=True),
    "moonshot/kimi-k2.6": _words("", "enabled disabled", stops=True),
    "minimax/MiniMax-M3": _words("", "adaptive disabled", stops=True),
    "doubao/doubao-seed": _words("minimal low medium high", "enabled disabled auto", stops=True),
    "cohere/command-a-reasoning": _words("", "enabled disabled", (1, 31000), stops=True),
    "cohere/command-a-plus": _words("", "enabled disabled", (1, 31000), stops=True),
    "perplexity/sonar-deep-research": _GPT5,
    # https://docs.aws.amazon.com/nova/latest/nova2-userguide/extended-thinking.html
    "bedrock/*amazon.nova-2": _words("low medium high", "enabled disabled", stops=True),
}
"""What is taken, by the beginning of `provider/model`; the longest counts."""


_CLOUDS = re.compile(
    r"(?:bedrock|bedrock_mantle|vertex)/\*?(?:[a-z-]+\.)?(?=anthropic\.|claude|gemini|openai)"
)


def find_words(name: str) -> Words:
    """Return what a model takes; nothing, when no page says so. A cloud's model is its vendor's."""
    name = _CLOUDS.sub("", name)
    for start, vendor in (
        ("anthropic.", "anthropic/"),
        ("claude", "anthropic/claude"),
        ("gemini-", "gemini/gemini-"),
        ("openai.gpt-oss", "groq/openai/gpt-oss"),
    ):
        if name.startswith(start):
            name = vendor + name[len(start) :]
    return ACCEPTED.get(
        max((key for key in ACCEPTED if name.startswith(key)), key=len, default=""), _NONE
    )
