"""The blocking package works where no event loop can be imported."""

import subprocess
import sys

from tests.house.packages import ROOT

_BLOCKED = """\
import sys

class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {"anyio", "asyncio", "trio", "sniffio"}:
            raise ModuleNotFoundError(f"{name} is blocked", name=name)

sys.meta_path.insert(0, Blocker())

import importlib, pkgutil
import ai_lib_sync

for found in pkgutil.walk_packages(ai_lib_sync.__path__, "ai_lib_sync."):
    module = importlib.import_module(found.name)
    for name in getattr(module, "__all__", ()):
        getattr(module, name)
for name in ai_lib_sync.__all__:
    getattr(ai_lib_sync, name)
"""


def test_every_name_of_the_blocking_package_loads_without_an_event_loop() -> None:
    done = subprocess.run(
        [sys.executable, "-c", _BLOCKED], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stderr
