"""Which recordings the manifests of the protocol's own tree speak, and what they get wrong."""

import functools
import json
from collections import Counter
from pathlib import Path
from typing import Final

from ai_lib.errors.exceptions import ProtocolError
from ai_lib.protocol.catalog import ManifestCatalog
from ai_lib.protocol.sources.folder import Version
from tests.wire.corpus import BROKEN, FAMILIES, ROWS, speaker
from tests.wire.recordings import WIRE, Recording

TREE: Final = WIRE.parent / "ai-protocol"
VERSIONS: Final[tuple[Version, ...]] = ("v1", "v2")
# The newer tree has one provider under another name.
NAMES: Final[dict[str, dict[str, str]]] = {"v1": {}, "v2": {"gemini": "google"}}
FAULTS: Final[dict[str, dict[str, str]]] = json.loads(
    Path(__file__).with_name("manifest_faults.json").read_text()
)
BROKEN_IDS: Final = {row.id for row in BROKEN}


# Providers without a manifest in the tree, and families that their manifests do not list.
ELSEWHERE = {"cerebras", "huggingface", "azure", "openrouter"}
NO_FAMILY = {"openai has no openai_responses", "deepseek has no openai_responses"}
UNSPOKEN = {
    "v1": {*ELSEWHERE, *NO_FAMILY, "zhipu"},
    "v2": {*ELSEWHERE, *NO_FAMILY, "mistral"},
}


def named(recording: Recording, version: Version) -> str:
    """Give the name under which this tree has the one who spoke in the recording."""
    provider = speaker(recording)
    return NAMES[version].get(provider, provider)


@functools.cache
def spoken(version: Version) -> tuple[list[Recording], Counter[str]]:
    """Give the recordings that this tree's manifests speak, and who can't speak the others."""
    catalog = ManifestCatalog(TREE, prefer=version)
    found, silent = [], Counter[str]()
    for recording in ROWS if TREE.is_dir() else []:
        try:
            compiled = catalog.load(named(recording, version), FAMILIES.get(recording.family))
        except ProtocolError:
            silent[f"{speaker(recording)} has no {recording.family}"] += 1
            continue
        if f"/{version}/" in compiled.manifest.source:
            found.append(recording)
        else:
            silent[speaker(recording)] += 1
    return found, silent
