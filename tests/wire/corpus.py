"""The recordings sorted by what they show, and who is asked to speak as they do."""

from typing import Final

from ai_lib.protocol.bundle import list_bundled_names
from tests.wire.recordings import Recording, recorded

# Who speaks a family when a recording's own provider is none of the bundled.
SPEAKERS: Final = {
    "openai_chat": "openai",
    "openai_responses": "openai",
    "anthropic_messages": "anthropic",
    "gemini_generate": "gemini",
    "cohere_chat": "cohere",
}
FAMILIES: Final = {"openai_responses": "responses"}  # what is not the manifest's default

ALL: Final = recorded()
ROWS: Final = [row for row in ALL if row.family in SPEAKERS]
BROKEN: Final = [
    row for row in ROWS if b"\nevent: error\n" in row.body
]  # half-way, by the provider
ANSWERS: Final = [row for row in ROWS if "expect" in row.row and row not in BROKEN]
ERRORS: Final = [row for row in ROWS if "error" in row.row]
VECTORS: Final = [row for row in ALL if row.family == "embeddings" and "error" not in row.row]
VECTOR_ERRORS: Final = [row for row in ALL if row.family == "embeddings" and "error" in row.row]


def speaker(recording: Recording) -> str:
    """Give the bundled provider that speaks as the recorded one did."""
    provider = str(recording.row["provider"])
    speaks = provider in list_bundled_names("manifests")
    return provider if speaks else SPEAKERS[recording.family]
