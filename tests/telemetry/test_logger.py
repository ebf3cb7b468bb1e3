"""Structured logs keep the manners of a library."""

import logging
import subprocess
import sys

import pytest

from ai_lib.telemetry import AiLibLogger, get_logger
from tests.house.packages import ROOT


@pytest.fixture(autouse=True)
def _all_levels(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "ai_lib")


def test_fields_are_in_the_message_and_on_the_record(caplog: pytest.LogCaptureFixture) -> None:
    get_logger("my_app").info("Request started", model="gpt-4o", tokens=100, who="ann b")

    (record,) = caplog.records
    assert record.name == "ai_lib.my_app"
    assert record.getMessage() == "Request started model=gpt-4o tokens=100 who='ann b'"
    assert vars(record)["event"] == "Request started"
    assert vars(record)["tokens"] == 100
    assert record.funcName == "test_fields_are_in_the_message_and_on_the_record"


def test_names_that_a_record_uses_itself_do_no_harm(caplog: pytest.LogCaptureFixture) -> None:
    get_logger().warning("100 %", name="n", message="m", args=(1,), level="l", event="e")

    (record,) = caplog.records
    assert record.name == "ai_lib"
    assert record.getMessage() == "100 % name=n message=m args=[1] level=l event=e"
    assert vars(record)["field_name"] == "n"
    assert vars(record)["field_event"] == "e"
    assert vars(record)["event"] == "100 %"


def test_secrets_are_hidden_in_event_fields_and_traceback(
    caplog: pytest.LogCaptureFixture,
) -> None:
    logger = get_logger("x").with_secrets("canary")
    try:
        raise ValueError("the canary sings")
    except ValueError:
        logger.exception("canary", api_key="k", nested={"say": ["canary"]})

    assert "canary" not in caplog.text
    assert "ValueError: the *** sings" in caplog.text
    assert caplog.records[0].exc_info is not None


def test_bound_fields_come_with_every_event(caplog: pytest.LogCaptureFixture) -> None:
    logger = get_logger("x").bind(user=1)
    logger.debug("A")
    logger.error("B", user=2)
    logger.critical("C")
    assert [record.getMessage() for record in caplog.records] == [
        "A user=1",
        "B user=2",
        "C user=1",
    ]


def test_a_level_set_later_counts(caplog: pytest.LogCaptureFixture) -> None:
    logger = get_logger("x")
    logger.info("first")
    logging.getLogger("ai_lib.x").setLevel(logging.WARNING)
    try:
        logger.info("second")
    finally:
        logging.getLogger("ai_lib.x").setLevel(logging.NOTSET)
    assert [record.message for record in caplog.records] == ["first"]


@pytest.mark.parametrize("package", ["ai_lib", "ai_lib_sync"])
def test_whichever_module_logs_first_the_logger_has_one_handler(package: str) -> None:
    names = sorted(
        ".".join(path.with_suffix("").relative_to(ROOT).parts)
        for path in (ROOT / package).rglob("*.py")
        if "import LOG" in path.read_text(encoding="utf-8")
        or "getLogger" in path.read_text(encoding="utf-8")
    )
    assert "ai_lib._log" in names or package == "ai_lib_sync"
    for name in names:
        code = (
            f"import logging, {name}; logging.getLogger('ai_lib.any').error('Nobody listens'); "
            "assert [type(h) for h in logging.getLogger('ai_lib').handlers] == "
            "[logging.NullHandler]"
        )
        done = subprocess.run(
            [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
        )
        assert (done.returncode, done.stdout, done.stderr) == (0, "", ""), name


_ALONE = """\
import logging, sys
import structlog
from PACKAGE.telemetry import get_logger
logger = get_logger("my_app")
logger.error("Nobody listens", api_key="x")
logger.info("Nobody listens")
assert not structlog.is_configured()
assert logging.getLogger().handlers == []
assert [type(h).__name__ for h in logging.getLogger("ai_lib").handlers] == ["NullHandler"]
"""


@pytest.mark.parametrize("package", ["ai_lib", "ai_lib_sync"])
def test_without_a_handler_nothing_is_written_and_nothing_global_changes(package: str) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", _ALONE.replace("PACKAGE", package)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_filtered_event_does_not_even_import_structlog() -> None:
    code = (
        "import sys\nfrom ai_lib.telemetry import get_logger\n"
        "get_logger('x').info('hi', a=1)\nassert 'structlog' not in sys.modules"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_an_event_is_required() -> None:
    with pytest.raises(TypeError):
        AiLibLogger(logging.getLogger("x")).info()  # type: ignore[call-arg]
