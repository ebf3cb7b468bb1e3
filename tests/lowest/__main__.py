"""`python -m tests.lowest`: uses every dependency in the three runtimes (`nox -s lowest`)."""

import sys
import tempfile
from functools import partial
from pathlib import Path

import anyio

import tests._sync.lowest.smoke
import tests.lowest.smoke

for backend in ("asyncio", "trio"):
    with tempfile.TemporaryDirectory() as name:
        anyio.run(partial(tests.lowest.smoke.use_everything, Path(name)), backend=backend)
    sys.stdout.write(f"{backend} works\n")
with tempfile.TemporaryDirectory() as name:
    tests._sync.lowest.smoke.use_everything(Path(name))
sys.stdout.write("blocking works\n")
