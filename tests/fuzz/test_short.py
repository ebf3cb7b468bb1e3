"""Every fuzzer, the same cases each time; `python -m tests.fuzz` is the long form."""

import os
import random

import pytest

from tests.fuzz import engine
from tests.fuzz.names import FUZZERS

# FUZZ=20 runs twenty times as many.
TIMES = float(os.environ.get("FUZZ", "1"))
FEW = {
    "manifests": 4,
    "caches": 12,
    "costs": 12,
    "journals": 150,
    "cassettes": 150,
    "dialects": 900,
}
USUAL = 600


@pytest.mark.parametrize("name", FUZZERS)
def test_nothing_is_found(name: str) -> None:
    for seed in range(int(FEW.get(name, USUAL) * TIMES)):
        engine.once(name, FUZZERS[name], seed)


def test_a_failure_says_how_to_see_it_again() -> None:
    def fails(chance: random.Random) -> None:
        assert chance.random() < 0

    with pytest.raises(engine.Failed, match="fuzz some --seed 3"):
        engine.once("some", fails, 3)


def test_chance_that_is_read_off_bytes_is_what_they_say() -> None:
    assert engine.Guided(b"\x07\x01\xff").getrandbits(8) == 7
    assert engine.Guided(b"\x00" * 40).choice("abc") == "a"
    assert engine.Guided(b"x").random() == engine.Guided(b"x").random()
