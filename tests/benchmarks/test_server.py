"""The loopback provider says what it is asked for, and is never what is measured."""

import http.client
import json
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from benchmarks.crew import Crew
from benchmarks.frames import ARGUMENT_BYTES, length_of
from benchmarks.server import running

FLOORS = ["floor", "floor-trio", "floor-blocking", "floor-messages"]
BUSY = [
    {"verb": "plain", "model": "plain", "count": 200},
    {"verb": "stream", "model": "bulk-5000"},
    {"verb": "stream", "model": "framed-2000"},
    {"verb": "arguments", "model": "arguments-4000"},
    {"verb": "stream", "model": "paced-20-5", "count": 40, "at_once": 40},
]


@pytest.fixture(scope="module")
def crew() -> Iterator[Crew]:
    with running() as url:
        crew = Crew(url)
        yield crew
        crew.dismiss()


def _busy_seconds(url: str) -> float:
    address = urlsplit(url)
    connection = http.client.HTTPConnection(address.hostname or "", address.port)
    connection.request("GET", f"{address.path}/cpu")
    seconds = float(json.loads(connection.getresponse().read()))
    connection.close()
    return seconds


@pytest.mark.parametrize("floor", FLOORS)
def test_both_dialects_send_what_the_name_of_the_model_says(crew: Crew, floor: str) -> None:
    def results(verb: str, model: str) -> object:
        return crew.do(floor, {"verb": verb, "model": model})["results"]

    assert results("plain", "plain") == [len("word " * 120)]
    assert results("plain", "slow-1") == [len("word " * 120)]
    assert results("stream", "bulk-100") == [length_of(100)]
    assert results("stream", "framed-100") == [length_of(100)]
    assert results("stream", "paced-3-1") == [len(" word0 word1 word2")]
    assert results("arguments", "arguments-7") == [ARGUMENT_BYTES - 16]


def test_the_cheapest_client_works_harder_than_the_provider(crew: Crew) -> None:
    for order in BUSY:
        crew.do("floor-blocking", order)
        before = _busy_seconds(crew.url)
        client = crew.do("floor-blocking", order)["cpu"]
        assert isinstance(client, float)
        assert _busy_seconds(crew.url) - before < client, order
