# Generated from tests/client/test_retirement.py by codegen; do not edit.
"""A model that goes: the error of a call to it names the successor."""

import pytest

from ai_lib_sync import AiClient
from ai_lib_sync.errors import RemoteError
from ai_lib_sync.testing import MockProvider, Reply


def test_the_error_of_a_retired_model_names_its_successor() -> None:
    gone = Reply(status=404, error="The model does not exist.")
    with MockProvider([gone, gone]) as mock:
        with mock.client("openai/gpt-4") as client:
            with pytest.raises(RemoteError) as caught:
                client.chat().user("Hi").execute()
            said = "openai/gpt-4 was retired on 2026-10-23; use gpt-5.6-sol"
            assert caught.value.message.endswith(f"The model does not exist.; {said}")
        with mock.client("openai/unlisted") as client:
            with pytest.raises(RemoteError) as caught:
                client.chat().user("Hi").execute()
            assert "retired" not in caught.value.message


def test_an_error_that_has_nothing_to_do_with_it_stays() -> None:
    with MockProvider([Reply(status=429, error="Too many requests.")] * 9) as mock:
        with mock.client("openai/gpt-4") as client:
            with pytest.raises(RemoteError) as caught:
                client.chat().user("Hi").execute()
            assert "retired" not in caught.value.message


def test_a_plain_client_still_makes_no_noise(caplog: pytest.LogCaptureFixture) -> None:
    with MockProvider() as mock:
        with mock.client("openai/gpt-6-luna") as client:
            assert isinstance(client, AiClient)
    assert not [message for message in caplog.messages if "gpt-6-luna" in message]
