"""The two packages are one library: the same program text, the same classes, no shared runtime."""

import subprocess
import sys
import textwrap

import pytest

import ai_lib
import ai_lib_sync
from ai_lib_sync.testing import MockProvider

pytestmark = pytest.mark.async_only


def test_values_and_errors_are_one_class_in_both() -> None:
    for name in ("Message", "RemoteError", "StreamingEvent", "ToolDefinition", "ResilientConfig"):
        assert getattr(ai_lib_sync, name) is getattr(ai_lib, name)
    assert ai_lib_sync.AiClient is not ai_lib.AiClient


async def test_the_blocking_client_works_inside_a_running_loop() -> None:
    with MockProvider() as mock, mock.client("openai/gpt-4o") as client:
        events = list(client.chat().user("Hello").stream())
        response = client.chat().user("Hello").execute()
    assert response.content == "You said: Hello"
    assert events[-1].is_stream_end


async def test_what_was_not_awaited_says_so() -> None:
    making = ai_lib.AiClient.create("openai/gpt-4o", api_key="k")
    with pytest.raises(AttributeError, match="no 'chat' yet: write `await` first"):
        making.chat()  # type: ignore[attr-defined]
    with pytest.raises(TypeError, match="entered with `async with"):
        with making:  # type: ignore[attr-defined]
            pass
    assert "not awaited yet" in repr(making)
    await (await making).close()


def test_the_blocking_client_needs_neither_anyio_nor_trio() -> None:
    program = """
        import sys

        class Refuse:
            def find_spec(self, name, path=None, target=None):
                if name.partition(".")[0] in {"anyio", "trio", "sniffio"}:
                    raise ModuleNotFoundError(f"{name} is blocked", name=name)

        sys.meta_path.insert(0, Refuse())
        from ai_lib_sync.testing import MockProvider

        with MockProvider() as mock, mock.client("anthropic/claude") as client:
            print(client.chat().user("Hello").execute().content)
            print("".join(e.text for e in client.chat().user("Hi").stream() if e.is_content_delta))
    """
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", textwrap.dedent(program)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.stdout, done.stderr) == ("You said: Hello\nYou said: Hi\n", "")


def test_a_blocking_client_refuses_a_storage_it_would_have_to_wait_for() -> None:
    class Waiting:
        async def load(self, name: str) -> None: ...

        async def replace(self, name: str, old: object, new: object) -> bool:
            return True

    with MockProvider() as mock:
        made = ai_lib_sync.AiClient.builder().model("openai/gpt-4o").api_key("k")
        made.base_url(mock.base_url("openai")).circuit_storage(Waiting())
        with made.build() as client:
            with pytest.raises(TypeError, match="plain functions"):
                client.chat().user("?").execute()
        assert mock.requests == []
