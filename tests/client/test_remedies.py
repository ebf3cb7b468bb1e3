"""An error of a provider says what helps; AI_LIB_LOG shows what was sent, without the key."""

import logging
from collections.abc import Iterator

import pytest

from ai_lib._log import LOG
from ai_lib.errors import STANDARD_ERROR_CODES, RemoteError, RequestError
from ai_lib.testing import MockProvider, Reply

# For each standard code, what its remedy is about.
HELPS = {
    "invalid_request": "explain",
    "authentication": "OPENAI_API_KEY",
    "permission_denied": "OPENAI_API_KEY",
    "not_found": "ai-lib models --provider openai",
    "request_too_large": "count_tokens",
    "rate_limited": "max_retries",
    "quota_exhausted": "quota",
    "server_error": "with_fallbacks",
    "overloaded": "with_fallbacks",
    "timeout": "timeout()",
    "conflict": "again",
    "cancelled": "cancelled",
    "unknown": "error.body",
}


@pytest.mark.parametrize("code", STANDARD_ERROR_CODES, ids=str)
def test_each_code_has_a_remedy(code: object) -> None:
    error = RemoteError("no", status_code=400, standard_code=code, provider="openai")  # type: ignore[arg-type]
    error.key_source, error.page = "environment variable OPENAI_API_KEY", "https://docs.example"
    assert HELPS[error.error_class] in error.remedy
    assert str(error).startswith("no [")
    assert str(error).endswith("see https://docs.example]")


async def test_an_error_says_where_the_key_came_from(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "canary-key-of-the-environment")
    async with MockProvider([Reply(status=401, error="no")]) as mock:
        async with mock.client("openai/gpt-4o", api_key=None) as client:
            with pytest.raises(RemoteError, match="environment variable OPENAI_API_KEY") as caught:
                await client.chat().user("?").execute()
    assert "canary" not in f"{caught.value}{vars(caught.value)}"
    assert caught.value.page in str(caught.value)


async def test_an_error_says_how_long_to_wait_and_what_was_tried() -> None:
    busy = Reply(status=503, error="busy", headers={"retry-after": "0"})
    late = Reply(status=429, error="slow", headers={"retry-after": "900"})
    async with MockProvider([busy, late]) as mock, mock.client("openai/gpt-4o") as client:
        with pytest.raises(RemoteError, match="wait 900 s; it was tried 2 times; max_retries"):
            await client.chat().user("?").execute()


async def test_a_notebook_shows_the_message_and_our_frames_as_a_number() -> None:
    async with MockProvider([Reply(status=400, error="bad")]) as mock:
        async with mock.client("openai/gpt-4o") as client:
            with pytest.raises(RemoteError) as caught:
                await client.chat().user("?").execute()
    lines = caught.value._render_traceback_()
    assert lines[0].startswith("RemoteError: openai answered 400")
    assert len(lines) < 8
    assert "frames of ai_lib" in lines[-1]


@pytest.fixture
def quiet_again() -> Iterator[None]:
    """Take back what AI_LIB_LOG changed."""
    level, handlers = LOG.level, list(LOG.handlers)
    yield
    LOG.setLevel(level)
    LOG.handlers[:] = handlers


@pytest.mark.usefixtures("quiet_again")
async def test_the_variable_shows_requests_and_responses(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("AI_LIB_LOG", "debug")
    async with MockProvider([Reply(text="the answer"), Reply(status=400, error="bad")]) as mock:
        async with mock.client("openai/gpt-4o", api_key="canary-key-1234") as client:
            await client.chat().user("the question canary-key-1234").execute()
            with pytest.raises(RemoteError):
                async for _ in client.chat().user("?").stream():
                    pass
    for part in ("POST http://127.0.0.1", "the question", "the answer", "Error response", "bad"):
        assert part in caplog.text
    assert "canary" not in caplog.text
    caplog.clear()
    monkeypatch.setenv("AI_LIB_LOG", "info")
    async with MockProvider() as mock, mock.client("openai/gpt-4o") as client:
        await client.chat().user("the question").execute()
    assert "Call answered" in caplog.text
    assert "the question" not in caplog.text
    assert logging.getLogger("ai_lib").level == logging.INFO


async def test_the_variable_has_two_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AI_LIB_LOG", "loud")
    async with MockProvider() as mock:
        with pytest.raises(RequestError, match="AI_LIB_LOG is 'debug' or 'info', not 'loud'"):
            await mock.client("openai/gpt-4o")
