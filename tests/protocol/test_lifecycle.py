"""A model's life: what a manifest states of it, and what follows on a given day."""

from datetime import date

import pytest

from ai_lib.protocol.bundle import list_bundled_names
from ai_lib.protocol.catalog import ManifestCatalog
from ai_lib.protocol.manifest.lifecycle import ModelLifecycle
from ai_lib.protocol.manifest.models import ModelRecord, read_manifest_models, read_model_file

DAY = date(2026, 12, 1)
BUNDLED = ManifestCatalog().build_registry().list_models()


def read(**entry: object) -> ModelLifecycle:
    models = {"m": entry}
    metadata = {"as_of": "2026-12-01", "source": "https://p", "models": models}
    document = {"id": "p", "metadata": metadata}
    (record,) = read_manifest_models(document, "here")  # type: ignore[arg-type]
    return record.lifecycle


def test_what_is_stated_is_read_with_its_source() -> None:
    life = read(
        status="deprecated",
        release_date="2025-01-02",
        deprecated_on="2026-11-23",
        retires_on="2027-01-22",
        successor="n",
    )
    assert life == ModelLifecycle(
        status="deprecated",
        released_on=date(2025, 1, 2),
        deprecated_on=date(2026, 11, 23),
        retires_on=date(2027, 1, 22),
        successor="n",
        source="https://p",
        as_of=DAY,
    )
    own = read(source="https://own", as_of="2026-11-30", retired_on="2026-01-02")
    assert (own.source, own.as_of, own.retires_on) == (
        "https://own",
        date(2026, 11, 30),
        date(2026, 1, 2),
    )


def test_what_makes_no_sense_counts_as_not_stated() -> None:
    assert read(status=3, retires_on="soon", release_date=7, successor=["n"]) == ModelLifecycle(
        source="https://p", as_of=DAY
    )


def test_a_model_file_states_it_too() -> None:
    models = {"m": {"provider": "p", "model_id": "m", "retired_on": "2026-01-02"}}
    (record,) = read_model_file({"models": models}, "here")  # type: ignore[arg-type]
    assert record.lifecycle.is_retired(DAY)


@pytest.mark.parametrize(
    ("lifecycle", "said"),
    [
        (ModelLifecycle(), ""),
        (ModelLifecycle(status="active", retires_on=date(2027, 5, 7)), ""),
        (
            ModelLifecycle(status="active", retires_on=date(2027, 1, 7)),
            "m is retired on 2027-01-07",
        ),
        (ModelLifecycle(status="deprecated"), "m is deprecated"),
        (
            ModelLifecycle(status="deprecated", retires_on=date(2027, 5, 7), successor="n"),
            "m is deprecated and is retired on 2027-05-07; use n",
        ),
        (ModelLifecycle(status="retired", successor="n"), "m was retired; use n"),
        (
            ModelLifecycle(status="deprecated", retires_on=DAY, successor="n"),
            "m was retired on 2026-12-01; use n",
        ),
    ],
)
def test_what_is_said_of_a_model_depends_on_the_day(lifecycle: ModelLifecycle, said: str) -> None:
    assert lifecycle.describe("m", DAY) == said
    assert lifecycle.is_retired(DAY) == ("was retired" in said)
    assert lifecycle.is_retiring(DAY) == (bool(said) and "was retired" not in said)


def test_without_a_day_only_the_status_counts() -> None:
    assert not ModelLifecycle(retires_on=date(2000, 1, 1)).is_retired()
    assert ModelLifecycle(status="retired").is_retired()


def test_every_bundled_statement_has_a_source_and_a_day() -> None:
    unsourced = [
        record.full_name
        for record in BUNDLED
        if (record.status or record.quality)
        and not (record.lifecycle.source and record.lifecycle.as_of)
    ]
    assert unsourced == []


def test_a_bundled_successor_is_a_listed_model_that_lives() -> None:
    records = {record.full_name: record for record in BUNDLED}
    wrong = [
        f"{record.full_name} -> {record.lifecycle.successor}"
        for record in BUNDLED
        if record.lifecycle.successor
        and not lives(records.get(f"{record.provider}/{record.lifecycle.successor}"))
    ]
    assert wrong == []


def lives(record: ModelRecord | None) -> bool:
    return record is not None and not record.lifecycle.is_retired(record.lifecycle.as_of)


def test_a_bundled_status_and_its_days_agree() -> None:
    wrong = [
        record.full_name
        for record in BUNDLED
        if record.lifecycle.as_of is not None
        and record.lifecycle.is_retired() != record.lifecycle.is_retired(record.lifecycle.as_of)
    ]
    assert wrong == []


@pytest.mark.parametrize("provider", list_bundled_names("manifests"))
def test_the_best_of_each_provider_is_no_retired_model(provider: str) -> None:
    ranked = [record for record in BUNDLED if record.provider == provider and record.quality]
    best = max(ranked, key=lambda record: record.quality or 0, default=None)
    assert best is None or lives(best)
