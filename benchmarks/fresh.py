"""Code in a fresh interpreter, on the client's core: how long it takes from its first line."""

import compileall
import json
import subprocess
import textwrap
from functools import lru_cache

from benchmarks.crew import ContenderFailed, Measure, environment
from benchmarks.machine import ROOT, pinned

_TIMED = """\
import os, sys, time
core = {core}
if core is not None:
    os.sched_setaffinity(0, {{core}})
wall, cpu = time.perf_counter(), time.process_time()
{code}
cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
sys.__stdout__.write('\\n{{"cpu": %r, "wall": %r}}\\n' % (cpu, wall))
sys.__stdout__.flush()
os._exit(0)
"""


def timed(python: str, code: str) -> Measure:
    """Run code in an interpreter and return the seconds it took, CPU and clock.

    Raises:
        ContenderFailed: the code raised.
    """
    _compile_ours()
    script = _TIMED.format(core=pinned().get("client"), code=textwrap.dedent(code))
    command = [python, "-c", script]
    done = subprocess.run(
        command, cwd=ROOT, env=environment(), capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise ContenderFailed(done.stderr.strip().rpartition("\n")[2])
    found: Measure = json.loads(done.stdout.strip().rpartition("\n")[2])
    return found


@lru_cache(maxsize=1)
def _compile_ours() -> None:
    """Compile our files to bytecode, as an installer does with every package's."""
    for folder in ("ai_lib", "ai_lib_sync", "benchmarks"):
        compileall.compile_dir(ROOT / folder, quiet=2)
