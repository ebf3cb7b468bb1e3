"""The rooms that have mutants, with the tests that may notice them."""

from typing import Final

# By room: the folders of tests. Their sum of mutants is the standing set.
ROOMS: Final = {
    "cache": (
        "tests/cache",
        "tests/client/test_cache_interceptor.py",
        "tests/forks/test_forked_state.py",
    ),
    "errors": (
        "tests/errors",
        "tests/pipeline",
        "tests/resilience/test_retry.py",
        "tests/client/test_remedies.py",
        "tests/transport/test_faults.py",
        "tests/mcp",
    ),
    "_runtime": (
        "tests/backend",
        "tests/transport",
        "tests/_sync/transport",
        "tests/forks",
        "tests/mcp",
        "tests/_sync/mcp",
    ),
    "types": (
        "tests/types",
        "tests/request",
        "tests/structured",
        "tests/examples/test_habits_messages.py",
    ),
    "protocol": ("tests/protocol",),
    "request": ("tests/request", "tests/types"),
    "transport": ("tests/transport",),
    "pipeline": ("tests/pipeline", "tests/torture"),
    "resilience": ("tests/resilience", "tests/client/test_too_long.py"),
    "routing": (
        "tests/routing",
        "tests/client/test_routing.py",
        "tests/forks/test_forked_state.py",
        "tests/notebook",
    ),
    "tokens": (
        "tests/tokens",
        "tests/client/test_budget_bounds.py",
        "tests/client/test_budget_interceptor.py",
        "tests/client/test_costs_agree.py",
        "tests/client/test_one_model.py",
    ),
    "telemetry": (
        "tests/telemetry",
        "tests/client/test_logging_interceptor.py",
        "tests/client/test_metrics_interceptor.py",
        "tests/client/test_tracing.py",
        "tests/client/test_feedback.py",
    ),
    "guardrails": ("tests/guardrails", "tests/client/test_guardrail_interceptor.py"),
    "structured": (
        "tests/structured",
        "tests/client/test_typed.py",
        "tests/client/test_typed_stream.py",
        "tests/client/test_lenient.py",
        "tests/client/test_one_reader.py",
        "tests/client/test_refusals.py",
        "tests/client/test_exact_arguments.py",
        "tests/client/test_numbers_beyond.py",
        "tests/client/test_constrain.py",
        "tests/types/test_type_reader.py",
    ),
    "client": ("tests/client",),
    "batch": ("tests/batch", "tests/client/test_files.py"),
    "embeddings": ("tests/embeddings",),
    "dialects": ("tests/wire", "tests/protocol/test_bundled_wire.py"),
}
COUNT: Final = 25  # mutants of each room
FOLDERS: Final = {"dialects": "ai_lib/protocol/dialects"}


def find_folder(room: str) -> str:
    """Return the folder of a room's source."""
    return FOLDERS.get(room, f"ai_lib/{room}")
