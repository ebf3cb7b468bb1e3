"""The bill of materials of an installation lists what is installed, no more and no less."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.house.packages import ROOT
from tests.release.test_artifacts import list_installed


@pytest.mark.slow
def test_the_bill_of_materials_lists_what_an_installation_has(tmp_path: Path) -> None:
    tool = shutil.which("cyclonedx-py", path=str(Path(sys.executable).parent))
    if tool is None:
        pytest.skip("cyclonedx-py is not installed: `nox -s release`")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "env"], check=True)
    python = tmp_path / "env" / "bin" / "python"
    install = [sys.executable, "-m", "pip", "--python", str(python), "install", "-q"]
    constraints = ["-c", str(ROOT / "tests" / "constraints.txt")]
    subprocess.run([*install, *constraints, str(ROOT)], check=True, capture_output=True)
    written = tmp_path / "bom.json"
    subprocess.run(
        [tool, "environment", "--of", "JSON", "-o", str(written), str(python)],
        check=True,
        capture_output=True,
    )
    bom = json.loads(written.read_text(encoding="utf-8"))
    assert bom["bomFormat"] == "CycloneDX"
    versions = {
        part["name"].lower().replace("_", "-").replace(".", "-"): part["version"]
        for part in bom["components"]
    }
    assert versions.pop("ai-lib")
    assert versions.keys() == {name.replace(".", "-") for name in list_installed()}
    assert all(versions.values())
