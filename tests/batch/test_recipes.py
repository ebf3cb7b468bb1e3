"""The recipes of the documentation for columns of prompts, on Ray's data sets and Dask's frames."""

from __future__ import annotations

import importlib
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from ai_lib_sync.client import AiClient, AiClientBuilder
from ai_lib_sync.resilience import RetryConfig
from tests.batch.test_real_engines import Echo

pytestmark = [pytest.mark.slow, pytest.mark.async_only, pytest.mark.timeout(300),
              pytest.mark.filterwarnings("default")]  # fmt: skip

COUNT = 200
PROMPTS = [f"prompt {number}" for number in range(COUNT)]


@pytest.fixture
def server() -> Iterator[Echo]:
    """A provider that says the prompt."""
    echo = Echo()
    yield echo
    echo.close()


@pytest.fixture
def recipe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The module of the documentation, which workers can import as well."""
    page = (Path(__file__).parents[2] / "docs/batch.md").read_text("utf-8")
    pattern = r'```py-other title="prompts_column.py"\n(.*?)```'
    (source,) = re.findall(pattern, page, re.DOTALL)
    (tmp_path / "prompts_column.py").write_text(source, "utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}:{Path.cwd()}")
    monkeypatch.setenv("OPENAI_API_KEY", "k")
    monkeypatch.setenv("RAY_AUTH_MODE", "disabled")
    monkeypatch.delitem(sys.modules, "prompts_column", raising=False)
    return importlib.import_module("prompts_column")


def builder(server: Echo) -> AiClientBuilder[AiClient]:
    """Return the builder that travels."""
    made = AiClient.builder().model("openai/gpt-4o").base_url(server.url)
    return made.with_retry(RetryConfig.no_retry())


def check(frame: Any, server: Echo) -> None:
    """Check the columns, and that each prompt was sent once."""
    assert list(frame["text"]) == list(frame["prompt"])
    assert sorted(frame["prompt"]) == sorted(PROMPTS)
    assert set(frame["error"]) == {""}
    assert (frame["tokens"] > 0).all()
    assert (frame["cost"] > 0).all()
    assert set(server.asked.values()) == {1}
    assert len(server.asked) == COUNT


def test_a_data_set_of_ray(server: Echo, recipe: ModuleType) -> None:
    ray = pytest.importorskip("ray")
    data = pytest.importorskip("ray.data")
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False)
    try:
        rows = [{"prompt": prompt} for prompt in PROMPTS]
        dataset = data.from_items(rows).repartition(4)
        check(recipe.answer_dataset(dataset, builder(server)).to_pandas(), server)
    finally:
        ray.shutdown()


def test_a_frame_of_dask(server: Echo, recipe: ModuleType) -> None:
    distributed = pytest.importorskip("distributed")
    dataframe = pytest.importorskip("dask.dataframe")
    pandas = pytest.importorskip("pandas")
    cluster = distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None
    )
    with cluster, distributed.Client(cluster):
        frame = dataframe.from_pandas(pandas.DataFrame({"prompt": PROMPTS}), npartitions=4)
        check(recipe.answer_frame(frame, builder(server)).compute(), server)
