"""The only list of checks: `nox` runs them all, `nox -s lint` one of them.

The gates run in the environment nox is installed in (`pip install -e ".[dev]"`), so that
one environment serves them all; `tests` builds one for each interpreter it finds.
"""

import os
import sys
from pathlib import Path

import nox

PYTHONS = ["3.10", "3.11", "3.12", "3.13"]

nox.options.default_venv_backend = "venv"
nox.options.reuse_venv = "yes"
nox.options.error_on_missing_interpreters = False

# pyenv hides every interpreter it has not been told about.
_installed = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
if _installed.is_dir() and "PYENV_VERSION" not in os.environ:
    found = [path.name for path in _installed.iterdir()]
    wanted = [name for name in found if name.rpartition(".")[0] in PYTHONS]
    os.environ["PYENV_VERSION"] = ":".join(wanted)


def _tool(session: nox.Session, name: str, *arguments: str) -> None:
    session.run(str(Path(sys.executable).parent / name), *arguments, external=True)


def _module(session: nox.Session, name: str, *arguments: str) -> None:
    session.run(sys.executable, "-m", name, *arguments, external=True)


@nox.session(python=False)
def lint(session: nox.Session) -> None:
    """Ruff: the rules, then the format."""
    _tool(session, "ruff", "check")
    _tool(session, "ruff", "format", "--check")


@nox.session(python=False)
def types(session: nox.Session) -> None:
    """Check both packages with mypy --strict and pyright."""
    _tool(session, "mypy")
    _tool(session, "pyright", "--pythonpath", sys.executable)


@nox.session(python=False)
def twins(session: nox.Session) -> None:
    """The blocking twin, the room tables and the compiled data are what the source says."""
    _module(session, "codegen", "--check")


@nox.session(python=False)
def contracts(session: nox.Session) -> None:
    """Imports point down, without cycles."""
    _tool(session, "lint-imports", "--no-cache")


@nox.session(python=False)
def numbers(session: nox.Session) -> None:
    """The numbers this house is built to."""
    _module(session, "benchmarks.numbers", "--check")


@nox.session(python=False, default=False)
def bench(session: nox.Session) -> None:
    """Compare with the floor and the rivals: `nox -s bench -- QUESTION ... --quick`."""
    _module(session, "benchmarks.rivals")
    _module(session, "benchmarks", *session.posargs)


@nox.session(python=False)
def compliance(session: nox.Session) -> None:
    """The protocol's conformance cases, through the public door."""
    if not Path("compliance").is_dir():
        session.skip("no compliance suite yet")
    _module(session, "compliance")


@nox.session(python=False)
def docs(session: nox.Session) -> None:
    """Build the documentation into a folder that is thrown away; a warning fails it."""
    extra = ("install", "-q", "-e", ".[docs]")
    session.run(sys.executable, "-m", "pip", *extra, external=True)
    build = ("mkdocs", "build", "--strict", "--site-dir", session.create_tmp())
    quiet = {"NO_MKDOCS_2_WARNING": "1"}
    session.run(sys.executable, "-m", *build, external=True, env=quiet)


@nox.session(python=PYTHONS)
def tests(session: nox.Session) -> None:
    """The tests, and the same generated text, under each interpreter there is."""
    session.install("-q", "-e", ".[dev]")
    session.run("python", "-m", "codegen", "--check")
    session.run("python", "-m", "pytest", "-q", "-n", "2", *session.posargs)


@nox.session(python=False, default=False)
def coverage(session: nox.Session) -> None:
    """How much of the library the tests reach, in one process."""
    _module(session, "coverage", "run", "-m", "pytest", "-q", *session.posargs)
    _module(session, "coverage", "report")


@nox.session(python=False, default=False)
def soak(session: nox.Session) -> None:
    """Send 50,000 calls (or as many as asked: `nox -s soak -- 5000`) through a chaotic network."""
    calls = session.posargs[0] if session.posargs else "50000"
    arguments = ("-q", "-s", "tests/soak", "tests/_sync/soak")
    session.run(sys.executable, "-m", "pytest", *arguments, external=True, env={"SOAK": calls})
