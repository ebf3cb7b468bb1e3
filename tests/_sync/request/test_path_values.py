# Generated from tests/request/test_path_values.py by codegen; do not edit.
"""A model's name stays in its place in a path."""

import pytest

from ai_lib_sync.errors import RequestError
from ai_lib_sync.testing import MockProvider


@pytest.mark.parametrize("model", ["../files", "a/../../files", "..", "a\\..\\b", "./x"])
def test_dot_segments_in_a_model_s_name_are_refused(model: str) -> None:
    with MockProvider() as mock, mock.client(f"gemini/{model}") as client:
        with pytest.raises(RequestError, match="segment"):
            client.chat().user("?").execute()
        with pytest.raises(RequestError, match="segment"):
            for _ in client.chat().user("?").stream():
                pass
        assert mock.requests == []


@pytest.mark.parametrize("model", ["a/b", "a?b=c", "a#b", "a%2e%2e", "%2f"])
def test_no_character_of_a_model_s_name_ends_its_segment(model: str) -> None:
    with MockProvider() as mock, mock.client(f"gemini/{model}") as client:
        curl = client.explain(client.chat().user("?").build()).curl
    path = curl.partition("/models/")[2].partition(":generateContent")[0]
    assert path
    assert not {"/", "#", "?"} & set(path)
