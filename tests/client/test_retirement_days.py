"""A model that goes: one warning in the log, and what follows on which day."""

import logging
from collections.abc import Mapping
from datetime import date

import pytest

from ai_lib.cli.doctor_checks import examine
from ai_lib.cli.list_commands import describe_retirements
from ai_lib.client.target.retirement import add_successor, warn_of_retirement
from ai_lib.errors import codes
from ai_lib.errors.exceptions import RemoteError
from ai_lib.protocol.catalog import ManifestCatalog

DAY = date(2026, 12, 1)


def house(name: str, **models: Mapping[str, object]) -> ManifestCatalog:
    catalog = ManifestCatalog()
    catalog.register(
        {
            "id": name,
            "protocol_version": "2.0",
            "dialect": "openai_chat",
            "endpoint": {"base_url": "https://house.example/v1", "auth": {"type": "none"}},
            "capabilities": {"required": ["text"]},
            "metadata": {"source": "https://house.example/life", "models": models},
        }
    )
    return catalog


def test_a_retiring_model_warns_once(caplog: pytest.LogCaptureFixture) -> None:
    old = {"status": "deprecated", "retires_on": "2027-01-14", "successor": "new"}
    compiled = house("house-1", old={**old, "aliases": ["older"]}, new={}).load("house-1")
    with caplog.at_level(logging.WARNING, logger="ai_lib"):
        for _ in range(2):
            warn_of_retirement(compiled.find_model("old"), lambda: DAY)
            warn_of_retirement(compiled.find_model("new"), lambda: DAY)
            warn_of_retirement(compiled.find_model("unlisted"), lambda: DAY)
        warn_of_retirement(compiled.find_model("older"), lambda: date(2027, 1, 14))
    assert caplog.messages == [
        "house-1/old is deprecated and is retired on 2027-01-14; use new "
        "(https://house.example/life)",
        "house-1/older was retired on 2027-01-14; use new (https://house.example/life)",
    ]


@pytest.mark.parametrize(
    ("day", "said"),
    [
        (date(2027, 1, 13), "No"),
        (DAY.replace(2028), "No; house-2/old was retired on 2027-01-14; use new"),
    ],
)
def test_what_the_error_says_depends_on_the_day(day: date, said: str) -> None:
    compiled = house("house-2", old={"retires_on": "2027-01-14", "successor": "new"}).load(
        "house-2"
    )
    error = RemoteError("No", status_code=404, standard_code=codes.NOT_FOUND)
    assert add_successor(error, compiled.find_model("old"), lambda: day).message == said


def test_doctor_and_models_name_what_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "key")
    report, _ = examine(["openai", "anthropic"], lambda: DAY)
    gone = "openai/gpt-4o is deprecated and is retired on 2027-01-14; use gpt-6-luna"
    assert gone in report.retiring
    records = ManifestCatalog().build_registry().list_models()
    assert gone in describe_retirements(records, DAY)
    assert gone not in describe_retirements(records, date(2027, 1, 14))
