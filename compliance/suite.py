"""The cases: YAML files of documents as the protocol's `tests/compliance/schema.json` has them."""

import os
from pathlib import Path
from typing import Any, Final

import msgspec
from ruamel.yaml import YAML

Json = dict[str, Any]

OWN: Final = Path(__file__).parent
_BESIDE: Final = OWN.parent.parent / "shared" / "ai-protocol" / "tests" / "compliance"


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """One case; `root` is the suite's folder, to which its paths are relative."""

    suite: str
    name: str
    id: str
    input: Json
    expected: Json
    setup: Json = {}
    root: Path
    file: str

    @property
    def type(self) -> str:
        """The kind of operation that is tested."""
        return str(self.input["type"])

    @property
    def env(self) -> dict[str, str]:
        """The environment the case runs in."""
        return dict(self.setup.get("env") or {})

    @property
    def label(self) -> str:
        """A name that tells it from every other case: ids are used twice in the suite."""
        return f"{Path(self.file).stem}/{self.id}"

    def path(self, relative: str) -> Path:
        """Return a path of the case; those that lead out of the suite count from its file."""
        from_root = self.root / relative
        if from_root.exists():
            return from_root
        return (self.root / self.file).parent / relative

    def in_tree(self, relative: str) -> Path:
        """Return a path of the protocol's tree, in which the suite stands."""
        return self.root.parent.parent / relative


def find_suite(folder: Path | None = None) -> Path:
    """Return the suite's folder: given, `COMPLIANCE_DIR`, beside the checkout, or our own."""
    declared = os.environ.get("COMPLIANCE_DIR")
    if folder is None and declared:
        folder = Path(declared)
    if folder is not None:
        if not (folder / "cases").is_dir():
            raise SystemExit(f"there is no compliance suite in {folder}: it has no folder `cases`")
        return folder
    return _BESIDE if (_BESIDE / "cases").is_dir() else OWN


def load_cases(root: Path) -> list[Case]:
    """Return every case of a suite, by file."""
    cases: list[Case] = []
    for path in sorted((root / "cases").rglob("*.yaml")):
        for document in YAML(typ="safe", pure=True).load_all(path.read_text("utf-8")):
            if document:
                case = {**document, "root": root, "file": str(path.relative_to(root))}
                cases.append(msgspec.convert(case, Case))
    return cases
