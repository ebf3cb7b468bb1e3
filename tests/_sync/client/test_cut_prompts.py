# Generated from tests/client/test_cut_prompts.py by codegen; do not edit.
"""A server that read far less than was sent is not believed in silence."""

import logging

import pytest

from ai_lib_sync.testing import MockProvider, Reply
from ai_lib_sync.types import Usage

WORDS = " ".join(["The quick brown fox jumps over the lazy dog."] * 1000)  # some 10,000 tokens
LOCAL = {
    "ollama/m": "OLLAMA_CONTEXT_LENGTH",
    "llamacpp/m": "--ctx-size",
    "lmstudio/m": "context length",
    "vllm/m": "--max-model-len",
    "sglang/m": "--context-length",
    "tgi/m": "--max-input-tokens",
}


@pytest.mark.parametrize("streamed", [False, True])
def test_a_cut_prompt_is_told_once_with_the_setting(
    streamed: bool, caplog: pytest.LogCaptureFixture
) -> None:
    reply = Reply(text="Yes.", usage=Usage(prompt_tokens=2048, completion_tokens=2))
    with MockProvider([reply] * 2 * len(LOCAL)) as mock:
        for model, setting in LOCAL.items():
            caplog.clear()
            with caplog.at_level(logging.WARNING, logger="ai_lib"):
                with mock.client(model) as client:
                    for _ in range(2):
                        chat = client.chat().user(WORDS)
                        if streamed:
                            _ = [event for event in chat.stream()]
                        else:
                            chat.execute()
            (message,) = [record.getMessage() for record in caplog.records]
            assert model in message
            assert "2048 tokens" in message
            assert setting in message
            assert WORDS[:20] not in message


@pytest.mark.parametrize(
    ("model", "prompt", "tokens"),
    [
        ("ollama/m", WORDS, 10_000),
        ("ollama/m", WORDS, 6_000),  # another tokenizer
        ("ollama/m", WORDS, 0),  # nothing was said
        ("ollama/m", "Hello", 1),
        ("openai/gpt-4o", WORDS, 2048),
    ],
)
def test_nothing_is_told_of_a_prompt_that_was_read(
    model: str, prompt: str, tokens: int, caplog: pytest.LogCaptureFixture
) -> None:
    reply = Reply(text="Yes.", usage=Usage(prompt_tokens=tokens, completion_tokens=2))
    with MockProvider([reply]) as mock, mock.client(model) as client:
        with caplog.at_level(logging.WARNING, logger="ai_lib"):
            client.chat().user(prompt).execute()
    assert [record.getMessage() for record in caplog.records] == []
