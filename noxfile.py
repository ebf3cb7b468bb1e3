"""The only list of checks: `nox` runs the core, `nox -s lint` one check, `nox -s full` the rest.

The core is what every change must pass (`.ci/run`). Its gates run in the environment nox is
installed in (`pip install -c tests/constraints.txt -e ".[dev]"`), so that one environment serves
them all; `tests` builds one for each interpreter it finds. A session with `@_full` needs a peer or
much time: each has an environment of its own, and `nox -s full` runs them all.
"""

import functools
import json
import os
import shutil
import sys
from collections.abc import Iterable
from pathlib import Path

import nox

PYTHONS = ["3.10", "3.11", "3.12", "3.13"]
CONSTRAINTS = "tests/constraints.txt"

_AI_SDK = "ai@7.0.173"  # of npm, whose parser reads what browsers get

nox.options.default_venv_backend = "venv"
nox.options.reuse_venv = "yes"
nox.options.error_on_missing_interpreters = False

_full = functools.partial(nox.session, default=False, tags=["full"])

# pyenv hides every interpreter it has not been told about.
_installed = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
if _installed.is_dir() and "PYENV_VERSION" not in os.environ:
    _versions = [path.name for path in _installed.iterdir()]
    _wanted = [name for name in _versions if name.rpartition(".")[0] in PYTHONS]
    os.environ["PYENV_VERSION"] = ":".join(_wanted)


def _tool(session: nox.Session, name: str, *arguments: str) -> None:
    session.run(str(Path(sys.executable).parent / name), *arguments, external=True)


def _module(session: nox.Session, name: str, *arguments: str) -> None:
    session.run(sys.executable, "-m", name, *arguments, external=True)


def _install(session: nox.Session, *requirements: str) -> None:
    """Install the versions that were tested."""
    session.install("-q", "-c", CONSTRAINTS, *requirements)


def _group(name: str) -> list[str]:
    """Return the requirements of a dependency group of `pyproject.toml`."""
    return list(nox.project.dependency_groups(nox.project.load_toml("pyproject.toml"), name))


# --- the core: what every change must pass ------------------------------------------------------


@nox.session(python=False)
def lint(session: nox.Session) -> None:
    """Ruff: the rules, then the format."""
    _tool(session, "ruff", "check")
    _tool(session, "ruff", "format", "--check")


@nox.session(python=False)
def types(session: nox.Session) -> None:
    """Check both packages with mypy --strict and pyright, and what users write from habit."""
    _tool(session, "mypy")
    _tool(session, "mypy", "--strict", "tests/types/closed_union.py")
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


@nox.session(python=False)
def compliance(session: nox.Session) -> None:
    """The protocol's conformance cases, through the public door."""
    if not Path("compliance").is_dir():
        session.skip("no compliance suite yet")
    _module(session, "compliance")


@nox.session(python=False)
def docs(session: nox.Session) -> None:
    """Build the documentation into a folder that is thrown away; a warning fails it.

    What the built search finds for the questions that people come with is checked as well.
    """
    extra = ("install", "-q", "-c", CONSTRAINTS, "-e", ".[docs]")
    session.run(sys.executable, "-m", "pip", *extra, external=True)
    site = session.create_tmp()
    build = ("mkdocs", "build", "--strict", "--site-dir", site)
    quiet = {"NO_MKDOCS_2_WARNING": "1"}
    session.run(sys.executable, "-m", *build, external=True, env=quiet)
    _module(session, "tests.documents.search_index", site)


@nox.session(python=PYTHONS)
def tests(session: nox.Session) -> None:
    """The tests, and the same generated text, under each interpreter there is."""
    _install(session, "-e", ".[dev]")
    session.run("python", "-m", "codegen", "--check")
    session.run("python", "-m", "pytest", "-q", "-n", "2", *session.posargs)


# What no older Python changes: the sources, their words and numbers, the data, and decoders that do
# nothing but arithmetic on bytes. A twin's lines are those of its source.
_SAME = ("house", "documents", "benchmarks", "codegen", "compliance", "mutants", "wire", "torture")
_SAME_TWINS = ("batch", "cache", "embeddings", "plugins", "protocol", "request", "resilience")


@nox.session(python=PYTHONS[0], default=False)
def oldest(session: nox.Session) -> None:
    """The tests that the oldest Python may fail, on asyncio and in the blocking package."""
    _install(session, "-e", ".[dev]")
    folders = (*_SAME, *(f"_sync/{name}" for name in (*_SAME_TWINS, "torture", "wire")))
    left_out = [f"--ignore=tests/{folder}" for folder in folders]
    arguments = ("-q", "-n", "2", "-k", "not trio", *left_out, *session.posargs)
    session.run("python", "-m", "pytest", *arguments)


# --- full: what needs a peer or much time -------------------------------------------------------


@nox.session(python=False, default=False)
def full(session: nox.Session) -> None:
    """Run every session with `@_full`; the others still run when one fails."""
    for name, function in nox.registry.get().items():
        if "full" in function.tags:
            session.notify(name)


@_full()
def slow(session: nox.Session) -> None:
    """The tests that are marked `slow`: endurance, bombs, bursts, every recording over sockets."""
    _install(session, "-e", ".[dev]")
    session.run("python", "-m", "pytest", "-q", "-n", "2", "-m", "slow", *session.posargs)


@_full()
def thorough(session: nox.Session) -> None:
    """Every test with all the rows and examples of which the core tries a part."""
    _install(session, "-e", ".[dev]")
    session.run("python", "-m", "pytest", "-q", "-n", "2", env={"THOROUGH": "1"})


@_full()
def sdk_types(session: nox.Session) -> None:
    """The request bodies against the types of the vendors' own packages."""
    _install(session, "-e", ".[dev]", *_group("sdk"))
    names = ("request/test_published_types", "request/test_hosted_tools", "client/test_approvals")
    files = (f"tests/{name}.py" for name in names)
    session.run("python", "-m", "pytest", "-q", "-n", "2", *files)


@_full()
def doubles(session: nox.Session) -> None:
    """The vendors' own clients against the mock provider."""
    _install(session, "-e", ".[dev]", *_group("sdk"))
    session.run("python", "-m", "pytest", "-q", "-n", "0", "tests/testing/test_sdk_callers.py")


@_full()
def parameters(session: nox.Session) -> None:
    """The parameters of smaller vendors against the sources of their own packages."""
    _install(session, "-e", ".[dev]")
    folder = session.create_tmp()
    session.install("-q", "--no-deps", "--upgrade", "--target", folder, *_group("parameters"))
    files = ("-m", "slow", "-rs", "tests/request/test_vendor_packages.py")
    session.run("python", "-m", "pytest", "-q", *files, env={"VENDOR_PACKAGES": folder})


@_full()
def clouds(session: nox.Session) -> None:
    """Signatures, frames, bodies and credentials against the packages of the clouds."""
    _install(session, "-e", ".[dev]", *_group("clouds"), *_group("sdk"))
    names = (
        "tests/request/test_cloud_peers.py",
        "tests/request/test_cloud_bodies.py",
        "tests/testing/test_cloud_callers.py",
        "tests/transport/test_cloud_packages.py",
        "tests/wire/test_cloud_replay.py",
        "tests/_sync/wire/test_cloud_replay.py",
    )
    every = ("-n", "2", "-rs")
    session.run("python", "-m", "pytest", "-q", *every, *names, env={"THOROUGH": "1"})


@_full()
def prices(session: nox.Session) -> None:
    """Our prices against those that others keep: a report, which never fails."""
    _install(session, "-e", ".[dev]", *_group("prices"))
    session.run("python", "-m", "codegen", "prices")


@_full()
def numbering(session: nox.Session) -> None:
    """Phone numbers and accounts against the plans and the registry that other packages have."""
    _install(session, "-e", ".[dev]", *_group("numbering"))
    session.run("python", "-m", "pytest", "-q", "-rs", "tests/guardrails/test_pii.py")


@_full()
def web_frameworks(session: nox.Session) -> None:
    """Our types in FastAPI, and streams for browsers by the packages of their protocols."""
    _install(session, "-e", ".[dev]", *_group("web_frameworks"))
    folder = session.create_tmp()
    if shutil.which("npm"):
        session.run("npm", "install", "--silent", "--prefix", folder, _AI_SDK, external=True)
    names = ("tests/types/test_pydantic.py", "tests/serving", "tests/_sync/serving")
    names += ("tests/documents/test_web_frameworks.py",)
    every = ("-m", "slow or not slow", "-rs")
    session.run("python", "-m", "pytest", "-q", *every, *names, env={"AI_SDK_FOLDER": folder})


@_full()
def moving(session: nox.Session) -> None:
    """Each row of docs/moving.md by the client it speaks of, all of them apart from each other."""
    _install(session, "-e", ".[dev]")
    for requirement in _group("moving"):
        name = requirement.partition("==")[0]
        folder = str(Path(session.create_tmp()) / name)
        session.install("-q", "--upgrade", "--target", folder, requirement)
        which = "earlier" if name == "ai-lib-python" else f"both_clients and {name}"
        arguments = ("-q", "-s", "-m", "slow", "-W", "ignore", "-k", which)
        environment = {"PYTHONPATH": folder, "LITELLM_LOCAL_MODEL_COST_MAP": "True"}
        files = ("tests/documents/test_moving.py",)
        session.run("python", "-m", "pytest", *arguments, *files, env=environment)


@_full()
def browser(session: nox.Session) -> None:
    """The page of `ai-lib ui` in a real Chromium, where the machine has one."""
    if not (shutil.which("chromium") or shutil.which("chromium-browser")):
        session.skip("there is no Chromium on this machine")
    _install(session, "-e", ".[dev]")
    session.run("python", "-m", "pytest", "-q", "-rs", "tests/cli/test_page.py")


@_full()
def workers(session: nox.Session) -> None:
    """Clients under gunicorn, uvicorn, Celery and multiprocessing: workers and their parents."""
    _install(session, "-e", ".[dev]", *_group("workers"))
    session.run("python", "-m", "pytest", "-q", "-m", "slow", "tests/forks/test_workers.py")


@_full()
def mcp(session: nox.Session) -> None:
    """MCP servers and clients that others wrote, those of npm where Node is."""
    _install(session, "-e", ".[dev]", *_group("mcp"))
    names = ("tests/{}mcp/test_real_peers.py", "tests/{}mcp/test_published_types.py")
    twins = (name.format(room) for name in names for room in ("", "_sync/"))
    files = (*twins, "tests/mcp/test_their_clients.py")
    session.run("python", "-m", "pytest", "-q", "-m", "slow or not slow", "-rs", *files)


@_full()
def networks(session: nox.Session) -> None:
    """Calls by httpcore's successor, behind nginx and through squid, where the machine has them."""
    _install(session, "-e", ".[dev]", *_group("networks"))
    names = ("tests/{}transport/test_httpcore2.py", "tests/{}transport/test_real_peers.py")
    files = (names[0].format(""), names[1].format(""), names[1].format("_sync/"))
    every = ("-m", "slow or not slow", "-rs")
    session.run("python", "-m", "pytest", "-q", *every, *files)


@_full()
def shared_state(session: nox.Session) -> None:
    """Limits, circuits, cache and budgets of four processes in a real Valkey or Redis server."""
    _install(session, "-e", ".[dev]", *_group("shared_state"))
    folders = ("tests/distributed", "tests/_sync/distributed")
    every = ("-m", "slow or not slow", "-rs", "-s")
    session.run("python", "-m", "pytest", "-q", *every, *folders)


@_full()
def engines(session: nox.Session) -> None:
    """20,000 prompts on Dask and on Ray, with workers and drivers killed; columns of prompts."""
    _install(session, "-e", ".[dev,dask,ray]", *_group("engines"))
    names = ("tests/batch/test_real_engines.py", "tests/batch/test_recipes.py")
    session.run("python", "-m", "pytest", "-q", "-s", "-rs", "-m", "slow", *names)


@_full()
def release(session: nox.Session) -> None:
    """Build what is released twice, look into it, and list what it brings."""
    _install(session, "-e", ".[dev]", *_group("release"))
    every = ("-m", "slow or not slow", "-rs")
    session.run("python", "-m", "pytest", "-q", *every, "tests/release")
    installed = Path(session.create_tmp()) / "installed"
    install = ("install", "-q", "-c", CONSTRAINTS, "--target", str(installed), ".")
    session.run("python", "-m", "pip", *install)
    session.run("pip-audit", "--path", str(installed), "--skip-editable")


@_full()
def newest(session: nox.Session) -> None:
    """The tests with the newest version of every dependency, pre-releases too: only a report."""
    upgrade = ("--upgrade", "--upgrade-strategy", "eager", "--pre")
    session.install("-q", *upgrade, "-e", ".[dev]")
    listed = session.run("python", "-m", "pip", "list", "--format=json", silent=True)
    tested = Path(CONSTRAINTS).read_text(encoding="utf-8").lower().replace("_", "-").split()
    for package in json.loads(str(listed)):
        pin = f"{package['name']}=={package['version']}".lower().replace("_", "-")
        if pin not in tested:
            session.log(f"newer than tested, or not pinned: {pin}")
    arguments = ("-m", "pytest", "-q", "-n", "2", *session.posargs)
    session.run("python", *arguments, success_codes=range(256))


@_full(python=PYTHONS[-1])
def dev_mode(session: nox.Session) -> None:
    """The tests under the newest Python's development mode: no warning, nothing left open."""
    _install(session, "-e", ".[dev]")
    session.run("python", "-X", "dev", "-m", "pytest", "-q", "-n", "2", *session.posargs)


@_full(python=PYTHONS[0])
def lowest(session: nox.Session) -> None:
    """Every dependency, each in its lowest version, in the three runtimes."""
    project = nox.project.load_toml("pyproject.toml")["project"]
    extras = project["optional-dependencies"]
    names = ("vision", "audio", "embeddings", "telemetry", "tokenizer", "jupyter", "cli")
    names += ("keyring", "phone")
    lowest = [*project["dependencies"], *(pin for name in names for pin in extras[name])]
    pins = [requirement.replace(">=", "==") for requirement in lowest]
    session.install("-q", "-e", ".[http2,socks]", "trio==0.31", *pins)
    session.run("python", "-m", "tests.lowest")
    session.run("python", "-m", "compliance")
    session.run("ai-lib", "demo", silent=True)


@_full()
def soak(session: nox.Session) -> None:
    """Send 5,000 calls (or as many as asked: `nox -s soak -- 50000`) through a chaotic network."""
    calls = session.posargs[0] if session.posargs else "5000"
    _install(session, "-e", ".[dev]")
    folders = ("tests/soak", "tests/_sync/soak")
    every = ("-m", "slow or not slow")
    session.run("python", "-m", "pytest", "-q", "-s", *every, *folders, env={"SOAK": calls})


@_full()
def fuzz(session: nox.Session) -> None:
    """Feed every parser with mutated input for a short time each."""
    _install(session, "-e", ".[dev]")
    session.run("python", "-m", "tests.fuzz", *session.posargs)


@_full()
def mutants(session: nox.Session) -> None:
    """Put a standing set of faults into the source: the tests notice 90 % in every room."""
    _install(session, "-e", ".[dev]")
    session.run("python", "-m", "tests.mutants", *session.posargs)


# --- on demand ----------------------------------------------------------------------------------


@nox.session(python=False, default=False)
def bench(session: nox.Session) -> None:
    """Compare with the floor and the rivals: `nox -s bench -- QUESTION ... --quick`."""
    _module(session, "benchmarks.rivals")
    _module(session, "benchmarks", *session.posargs)


@nox.session(python=False, default=False)
def coverage(session: nox.Session) -> None:
    """How much of the library the tests reach, in one process."""
    _module(session, "coverage", "run", "-m", "pytest", "-q", *session.posargs)
    _module(session, "coverage", "report")


@nox.session(python="3.11", default=False)
def release_tools(session: nox.Session) -> None:
    """Write the tools of the release workflow, with their hashes, into `.github/`."""
    report = Path(session.create_tmp()) / "report.json"
    resolve = ("install", "-q", "--dry-run", "--ignore-installed", "--report", str(report))
    session.run("python", "-m", "pip", *resolve, "hatchling", "cyclonedx-bom")
    lines = []
    for package in json.loads(report.read_text(encoding="utf-8"))["install"]:
        name, version = package["metadata"]["name"], package["metadata"]["version"]
        digest = package["download_info"]["archive_info"]["hashes"]["sha256"]
        lines.append(f"{name}=={version} --hash=sha256:{digest}")
    head = "# For CPython 3.11 on Linux, x86-64. Written by `nox -s release_tools`."
    text = "\n".join((head, *sorted(lines, key=str.lower), ""))
    Path(".github/release-tools.txt").write_text(text, encoding="utf-8")


_RESOLVED: dict[str, dict[str, str]] = {}  # by interpreter: name -> version


@nox.session(python=PYTHONS, default=False)
def constraints(session: nox.Session) -> None:
    """Write the newest versions that fit into `tests/constraints.txt`, for all interpreters."""
    report = Path(session.create_tmp()) / "report.json"
    resolve = ("install", "-q", "--dry-run", "--ignore-installed", "--report", str(report))
    requirements = ("-e", ".[dev,docs]", *_group("sdk"))
    requirements += (*_group("workers"), *_group("networks"), *_group("numbering"))
    requirements += (*_group("shared_state"), *_group("mcp"), *_group("web_frameworks"))
    requirements += tuple(_group("engines"))
    session.run("python", "-m", "pip", *resolve, *requirements)
    packages = json.loads(report.read_text(encoding="utf-8"))["install"]
    found = {package["metadata"]["name"]: package["metadata"]["version"] for package in packages}
    _RESOLVED[str(session.python)] = {
        name.lower().replace("_", "-").replace(".", "-"): version
        for name, version in found.items()
        if name != "ai-lib"
    }
    if len(_RESOLVED) == len(PYTHONS):
        names = sorted({name for versions in _RESOLVED.values() for name in versions})
        lines = [line for name in names for line in _pins(name)]
        Path(CONSTRAINTS).write_text("\n".join((_HEAD, *lines, "")), encoding="utf-8")


_HEAD = """\
# The exact versions that the tests passed with: `[dev]`, `[docs]` and the groups of `nox -s full`.
# Written by `nox -s constraints`: run it after each change of a dependency."""


def _pins(name: str) -> Iterable[str]:
    """Yield the lines of one package: one, or one for each range of interpreters."""
    versions = [(python, _RESOLVED[python].get(name)) for python in PYTHONS]
    present = [(python, version) for python, version in versions if version]
    starts = [
        (python, version)
        for index, (python, version) in enumerate(present)
        if not index or present[index - 1][1] != version
    ]
    for index, (python, version) in enumerate(starts):
        bounds = [f"python_version >= '{python}'"] if index else []
        bounds += [f"python_version < '{p}'" for p, _ in starts[index + 1 : index + 2]]
        yield f"{name}=={version}" + (f"; {' and '.join(bounds)}" if bounds else "")
