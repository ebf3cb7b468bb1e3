"""What people see in a notebook, in both packages: cells that run in a real kernel."""

from __future__ import annotations

import re
import warnings
from typing import Any

import pytest

pytest.importorskip("nbclient")
pytest.importorskip("ipykernel")

from tests.notebook.cells import Shown, executed

pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::RuntimeWarning:zmq"),
]

_EVIL = "<script>alert(1)</script>"

# The cells of the blocking package are these without `await`.
_CELLS = {
    "start": """
import dataclasses
import json
import os
from IPython.display import display
import IPython.core.displaypub as displaypub
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
metrics.snapshot()
""",
    "batch": """
async def ask(word):
    if word == "bad":
        raise ValueError("<no>")
    return await client.chat().user(word).execute()

await BatchExecutor(ask).execute_with_progress(["one", "bad", "three"])
""",
    "embeddings": """
vectors = await EmbeddingClient.create(
    "openai/text-embedding-3-small", api_key="sk-canary", base_url=mock.base_url("openai")
)
answer = await vectors.embed(["one", "two"])
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


Notebook = dict[str, Shown]
