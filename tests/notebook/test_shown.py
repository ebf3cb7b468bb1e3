"""What people see in a notebook, in both packages: cells that run in a real kernel."""

from __future__ import annotations

import html
import json
import re
import warnings

import pytest

pytest.importorskip("nbclient")
pytest.importorskip("ipykernel")

from tests.notebook.cells import Shown, executed

_EVIL = "<script>alert(1)</script>"

# The cells of the blocking package are these without `await`.
_CELLS = {
    "start": """
import dataclasses
import json
from IPython.display import display
from PACKAGE import AiClient, Message, ToolDefinition
from PACKAGE.batch import BatchConfig, BatchExecutor
from PACKAGE.embeddings import EmbeddingClient
from PACKAGE.routing import create_openai_models
from PACKAGE.telemetry import MetricsCollector
from PACKAGE.testing import MockProvider, Reply

mock = MockProvider().start()
metrics = MetricsCollector()
client = await (
    AiClient.builder().model("openai/gpt-4o").api_key("sk-canary")
    .base_url(mock.base_url("openai")).metrics(metrics).build()
)
drawn = []
publish = get_ipython().display_pub.publish
def counted(data, *args, **options):
    drawn.append(options.get("update", False))
    return publish(data, *args, **options)
get_ipython().display_pub.publish = counted
""",
    "response": f"""
mock.enqueue(Reply(thinking="Let me see.", text="Some **bold** words. {_EVIL}"))
reply = await client.chat().user("Hello").execute()
reply
""",
    "retried": """
mock.enqueue(Reply(status=503, error="Busy.", headers={"retry-after": "0"}), Reply(text="Now."))
await client.chat().user("Hello").execute()
""",
    "calls": """
mock.enqueue(Reply(tool_calls=[("get_weather", {"city": "Lisbon"})]))
await client.chat().user("Weather?").execute()
""",
    "stats": """
_, stats = await client.chat().user("Hello").execute_with_stats()
display(stats)
reply.usage
""",
    "show": """
mock.enqueue(Reply(thinking="Hm.", text="one two three four five six seven eight", pause=0.06))
drawn.clear()
shown = await client.chat().user("Count").stream().show()
shown
""",
    "draws": """
print(json.dumps(drawn), shown.content)
""",
    "later": """
shown
""",
    "broken": """
mock.enqueue(Reply(text="so far so good", truncate=4))
from PACKAGE.errors import StreamTruncated
try:
    await client.chat().user("Break").stream().show()
except StreamTruncated:
    print("raised")
""",
    "tools": """
def get_weather(city: str) -> str:
    "Tell the weather in a city."
    return "21 degrees & <b>sunny</b>"

await client.chat().user("Use get_weather for Lisbon").stream_tools([get_weather]).show()
""",
    "tool_run": """
await client.chat().user("Use get_weather for Lisbon").run_tools([get_weather])
""",
    "structured": """
@dataclasses.dataclass
class Person:
    name: str
    age: int

mock.enqueue(Reply(text='{"name": "<b>Ann</b>", "age": 3}'))
await client.chat().user("Who?").execute_structured(Person)
""",
    "typed_show": """
mock.enqueue(Reply(text=['{"name": ', '"Ann", ', '"age": 3}']))
person = await client.chat().user("Who?").stream_as(Person).show()
person
""",
    "explain": """
client.explain(client.chat().user("What is <this>?").build())
""",
    "models": """
create_openai_models().list_models()
""",
    "metrics": """
metrics.get_snapshot()
""",
    "batch": """
async def ask(word):
    if word == "bad":
        raise ValueError("<no>")
    return await client.chat().user(word).execute()

import sys
widgets = sys.modules.pop("ipywidgets", None)
sys.modules["ipywidgets"] = None  # hidden, so that the bar is HTML whatever is installed
batch = await BatchExecutor(ask).execute_with_progress(["one", "bad", "three"])
del sys.modules["ipywidgets"]
if widgets is not None:
    sys.modules["ipywidgets"] = widgets
batch
""",
    "batch_with_widgets": """
await BatchExecutor(ask).execute_with_progress(["four"])
""",
    "embeddings": """
vectors = await EmbeddingClient.create(
    "openai/text-embedding-3-small", api_key="sk-canary", base_url=mock.base_url("openai")
)
answer = await vectors.embed_batch(["one", "two"])
await vectors.close()
answer
""",
    "end": """
await client.close()
mock.stop()
import sys
print("nest_asyncio" in sys.modules)
""",
}


def cells_of(package: str) -> dict[str, str]:
    """Return the cells as a user of a package writes them."""
    cells = {name: source.replace("PACKAGE", package) for name, source in _CELLS.items()}
    if package == "ai_lib":
        return cells
    return {name: re.sub(r"\b(await|async) ", "", source) for name, source in cells.items()}


@pytest.fixture(scope="module", params=["ai_lib", "ai_lib_sync"])
def shown(request: pytest.FixtureRequest) -> dict[str, Shown]:
    """Run the whole notebook once for each package."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return executed(cells_of(str(request.param)))[0]


def test_a_reply_shows_folded_thinking_text_and_figures_and_no_script(
    shown: dict[str, Shown],
) -> None:
    (sheet,) = shown["response"].markdown

    thought, said, figures = sheet.split("\n\n")
    assert thought == "<details><summary>Thinking</summary><div>Let me see.</div></details>"
    assert said == "Some **bold** words. &lt;script>alert(1)&lt;/script>"
    # 1 token in at 2.5 and 7 out at 10 dollars a million.
    expected = "<small>openai/gpt-4o · 1 tokens in, 7 out (3 thinking) · 0.0000725 USD · "
    assert figures.startswith(expected)
    assert "attempts" not in figures


def test_attempts_are_told_when_there_were_several(shown: dict[str, Shown]) -> None:
    assert shown["retried"].markdown[0].endswith(" · 2 attempts</small>")


def test_tool_calls_stand_below_the_text(shown: dict[str, Shown]) -> None:
    call = html.unescape(shown["calls"].markdown[0].split("\n\n")[0])
    assert call == '- <code>get_weather({"city":"Lisbon"})</code>'


def test_usage_and_the_figures_of_a_call_are_tables(shown: dict[str, Shown]) -> None:
    stats, usage = (cells(table) for table in shown["stats"].html)

    assert stats[:5] == [
        ["model", "openai/gpt-4o"],
        ["tokens in", "1"],
        ["tokens out", "3"],
        ["total", "4"],
        ["cost", "0.0000325 USD"],
    ]
    assert ["tokens out", "7"] in usage
    assert ["of them thinking", "3"] in usage


def test_a_stream_is_shown_once_in_one_area_that_is_rewritten(shown: dict[str, Shown]) -> None:
    (sheet,) = shown["show"].markdown  # and the value of the cell is not shown once more
    drawn, _, content = shown["draws"].printed.partition("] ")

    assert "\n\none two three four five six seven eight\n\n<small>" in sheet
    assert sheet.startswith("<details>")
    first, *others = json.loads(f"{drawn}]")
    assert first is False
    assert len(others) >= 2
    assert all(others)
    assert len(others) <= 9  # nine words in half a second, eight times a second, and the end
    assert content == "one two three four five six seven eight\n"
    assert shown["later"].markdown == [sheet]


def test_a_stream_that_breaks_leaves_what_came(shown: dict[str, Shown]) -> None:
    (sheet,) = shown["broken"].markdown
    assert sheet == "so far so\n\n<small>ended by StreamTruncated</small>"
    assert shown["broken"].printed == "raised\n"


@pytest.mark.parametrize("cell", ["tools", "tool_run"])
def test_a_run_of_tools_shows_calls_with_results(shown: dict[str, Shown], cell: str) -> None:
    (sheet,) = shown[cell].markdown

    call, said, figures = sheet.split("\n\n")
    made, _, result = call.partition(" → ")
    assert html.unescape(made) == '- <code>get_weather({"city":"Lisbon"})</code>'
    assert result == "<code>21 degrees &amp; &lt;b&gt;sunny&lt;/b&gt;</code>"
    assert said == "The tool answered: 21 degrees & &lt;b>sunny&lt;/b>"
    assert figures.endswith(" · 2 rounds</small>")


def test_a_typed_answer_shows_its_json(shown: dict[str, Shown]) -> None:
    (sheet,) = shown["structured"].markdown
    assert sheet.startswith('<pre><code>{\n  "name": "&lt;b&gt;Ann&lt;/b&gt;",\n  "age": 3\n}')
    assert "<small>Person · openai/gpt-4o · " in sheet
    (streamed,) = shown["typed_show"].markdown
    assert streamed.startswith('```json\n{\n  "name": "Ann",\n  "age": 3\n}\n```\n')


def test_an_explanation_shows_the_command_without_the_key(shown: dict[str, Shown]) -> None:
    (page,) = shown["explain"].html
    assert "What is &lt;this&gt;?" in page
    assert "Bearer $OPENAI_API_KEY" in page
    assert "sk-canary" not in page


def test_models_are_a_table_with_sizes_and_prices(shown: dict[str, Shown]) -> None:
    (page,) = shown["models"].html
    rows = {row[0]: row[1:5] for row in cells(page)}
    assert rows["model"] == ["context", "answer", "in / 1M", "out / 1M"]
    assert rows["openai/gpt-4o (deprecated)"] == ["128,000", "16,384", "2.5 USD", "10 USD"]


def test_metrics_batches_and_vectors_are_tables(shown: dict[str, Shown]) -> None:
    (metrics,) = shown["metrics"].html
    assert ["requests", "12 (11 succeeded, 1 failed)"] in cells(metrics)
    progress, batch = shown["batch"].html
    assert progress == '<progress value="3" max="3"></progress> 3 of 3 done'
    assert cells(batch) == [
        ["item", "state", "result"],
        ["0", "done", "You said: one"],
        ["1", "failed", "ValueError: <no>"],
        ["2", "done", "You said: three"],
    ]
    assert "2 of 3 done · 1 failed" in batch
    (vectors,) = shown["embeddings"].html
    assert [row[:2] for row in cells(vectors)[1:]] == [["0", "1,536"], ["1", "1,536"]]
    assert "openai/text-embedding-3-small · 2 vectors · 2 tokens" in vectors


def test_progress_is_a_widget_where_widgets_are_installed(shown: dict[str, Shown]) -> None:
    pytest.importorskip("tqdm")
    pytest.importorskip("ipywidgets")
    views = shown["batch_with_widgets"].of("application/vnd.jupyter.widget-view+json")
    assert len(views) == 1
    (batch,) = [page for page in shown["batch_with_widgets"].html if "<table" in page]
    assert cells(batch)[1:] == [["0", "done", "You said: four"]]


def test_no_event_loop_is_patched(shown: dict[str, Shown]) -> None:
    assert shown["end"].printed == "False\n"


def cells(page: str) -> list[list[str]]:
    """Return the texts of a table, row by row."""
    rows = re.findall("<tr>(.*?)</tr>", page)
    return [
        [html.unescape(cell) for cell in re.findall("<t[hd][^>]*>(.*?)</t[hd]>", row)]
        for row in rows
    ]
