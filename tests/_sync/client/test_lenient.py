# Generated from tests/client/test_lenient.py by codegen; do not edit.
"""Answers and arguments in nearly the right form, where they may be."""

import msgspec
import pytest

from ai_lib_sync.cache import CacheManager
from ai_lib_sync.errors import InvalidOutput
from ai_lib_sync.testing import MockProvider, Reply


class Person(msgspec.Struct):
    name: str
    age: int
    tags: list[str] = []


NEARLY = [
    '{"name": "Ada", "age": "36"}',
    '{"name": "Ada", "age": 36, "tags": null}',
    '{"name": "Ada", "age": 36, "tags": "[\\"x\\"]"}',
    '```json\n{"name": "Ada", "age": 36,} // done\n```',
    "{'name': 'Ada', 'age': 36, 'tags': ['it\\'s', 'a \"b\"',]}",
    "{\u201cname\u201d: \u201cAda\u201d, /* old */ \u201cage\u201d: 36}",
    '{"name": "Ada\n", "age": 36, "tags": []}',
    "Here: {name: 'Ada', age: 36, tags: None}",
]


@pytest.mark.parametrize("text", NEARLY)
def test_a_lenient_reading_takes_what_is_meant(text: str) -> None:
    with MockProvider([Reply(text=text)] * 3) as mock:
        with mock.client("openai/gpt-4o") as client:
            output = client.chat().user("?").execute_structured(Person, coerce=True)
            with pytest.raises(InvalidOutput):
                client.chat().user("?").execute_as(Person, max_reasks=0)
            stream = client.chat().user("?").stream_as(Person, coerce=True)
            *_, last = [partial for partial in stream]
    assert (output.value.name.strip(), output.value.age, output.asks) == ("Ada", 36, 1)
    assert output.response.adaptations
    assert last == output.value


@pytest.mark.parametrize("text", NEARLY)
def test_the_target_says_whether_it_is_lenient(text: str) -> None:
    with MockProvider([Reply(text=text)] * 2) as mock:
        with mock.client("ollama/llama3.1") as client:
            person = client.chat().user("?").execute_as(Person, max_reasks=0)
            with pytest.raises(InvalidOutput):
                client.chat().user("?").execute_as(Person, max_reasks=0, coerce=False)
    assert person.age == 36


def test_what_fits_strictly_is_never_bent() -> None:
    with MockProvider([Reply(text='{"name": "36", "age": 1}')]) as mock:
        with mock.client("ollama/llama3.1") as client:
            output = client.chat().user("?").execute_structured(Person)
    assert (output.value.name, output.response.adaptations) == ("36", ())


def test_arguments_that_are_nearly_json_are_mended_and_listed() -> None:
    seen: list[object] = []

    def count(limit: int, tags: list[str] = []) -> str:  # noqa: B006
        seen.append((limit, tags))
        return "ok"

    calls = ["{'limit': 5, 'tags': ['x',]}", '{"limit": "6", "tags": null}']
    replies = [*(Reply(tool_calls=[("count", text)]) for text in calls), Reply(text="done")]
    for streamed in (False, True):
        seen.clear()
        with MockProvider(replies) as mock, mock.client("openai/gpt-4o") as client:
            chat = client.chat().user("?")
            if streamed:
                stream = chat.stream_tools([count], coerce=True)
                assert [event for event in stream]
                run = stream.result()
            else:
                run = chat.run_tools([count], coerce=True)
        assert seen == [(5, ["x"]), (6, [])]
        assert run.responses[0].adaptations == ("the arguments of count were mended to be JSON",)
        assert run.responses[1].adaptations == (
            "count: /limit: '6' was read as 6",
            "count: /tags: null was read as absent",
        )


def test_only_what_fits_is_kept_in_a_cache() -> None:
    wrong, right = Reply(text='{"name": "Ada"}'), Reply(text='{"name": "Ada", "age": 36}')
    manager = CacheManager()
    with MockProvider([wrong, right, right]) as mock:
        builder = mock.builder("openai/gpt-4o").cache(manager)
        with builder.build() as client:
            chat = client.chat().user("?")
            with pytest.raises(InvalidOutput):
                chat.execute_as(Person, max_reasks=0)
            assert chat.execute_as(Person, max_reasks=0) == Person("Ada", 36)
            assert chat.execute_as(Person, max_reasks=0) == Person("Ada", 36)
            sent_count = len(mock.requests)
            # What one type takes, another may not.
            strict = {"type": "object", "required": ["city"]}
            with pytest.raises(InvalidOutput):
                chat.execute_as(strict, max_reasks=0)
    assert sent_count == 2
