"""Cases that contradict the data beside them, each with the reason.

A case listed here must fail; when it passes, its reason is out of date and the run fails.
"""

from typing import Final

CONTRADICTIONS: Final[dict[str, str]] = {
    "generative-capabilities/gen-001": (
        "it expects `reasoning`, `structured_output` and feature flags of fixtures/providers/"
        "mock-openai.yaml, whose capabilities are a list that has none of them"
    ),
}
