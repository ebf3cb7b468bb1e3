"""The parameters of smaller vendors are those that their own packages take (`nox -s parameters`).

The packages' sources are read and not imported, so that nothing they depend on is needed.
"""

import ast
import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from ai_lib.protocol.catalog import ManifestCatalog

pytestmark = pytest.mark.slow
FOLDER = Path(os.environ.get("VENDOR_PACKAGES", "/nowhere"))
# What has a method of its own, says how the call is made, or is another name of `max_tokens`.
ELSEWHERE = {
    *("self", "messages", "model", "stream", "stream_options", "tools", "tool_choice", "functions"),
    *("function_call", "response_format", "max_tokens", "max_completion_tokens", "headers"),
    *("extra_headers", "extra_query", "extra_body", "http_headers", "timeout", "timeout_ms"),
    *("retries", "server_url", "prompt", "idempotency_key", "reasoning", "reasoning_effort"),
}


class Vendor(NamedTuple):
    """Where a package has its parameters: a file, and in it a function or a class."""

    provider: str
    path: str
    name: str
    left_out: set[str]


VENDORS = [
    # Penalties and `n` were refused with 400 by what its documentation said.
    Vendor(
        "cerebras",
        "cerebras/cloud/sdk/resources/chat/completions.py",
        "create",
        {
            *("frequency_penalty", "presence_penalty", "n", "min_completion_tokens"),
            *("cf_ray", "x_amz_cf_id", "x_delay_time"),
        },
    ),
    # "Not yet supported by any of our models"; `n` may only be 1.
    Vendor(
        "groq",
        "groq/resources/chat/completions.py",
        "create",
        {"logit_bias", "logprobs", "top_logprobs", "n"},
    ),
    Vendor("together", "together/resources/chat/completions.py", "create", set()),
    Vendor("fireworks", "fireworks/resources/chat/completions.py", "create", set()),
    Vendor("mistral", "mistralai/client/chat.py", "complete", set()),
    Vendor("zhipu", "zai/api_resource/chat/completions.py", "create", {"extra"}),
    Vendor("huggingface", "huggingface_hub/inference/_client.py", "chat_completion", set()),
    Vendor(
        "openrouter",
        "openrouter/components/chatrequest.py",
        "ChatRequest",
        {"debug", "deferred_tools", "stop_server_tools_when"},
    ),
]


def read_names(vendor: Vendor) -> set[str]:
    """Give the names of a vendor's parameters, as its source has them."""

    def find(tree: ast.AST) -> Iterator[set[str]]:
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef) and node.name == vendor.name:
                yield {argument.arg for argument in (*node.args.args, *node.args.kwonlyargs)}
            elif isinstance(node, ast.ClassDef) and node.name == vendor.name:
                fields = (item for item in node.body if isinstance(item, ast.AnnAssign))
                yield {field.target.id for field in fields if isinstance(field.target, ast.Name)}

    source = (FOLDER / vendor.path).read_text(encoding="utf-8")
    return max(find(ast.parse(source)), key=len)  # the last of the overloads has them all


@pytest.mark.skipif(not FOLDER.is_dir(), reason="needs the packages (`nox -s parameters`)")
def test_a_vendors_parameters_are_known() -> None:
    unknown: dict[str, set[str]] = {}
    for vendor in VENDORS:
        shape = ManifestCatalog().load(vendor.provider).dialect.request
        sent = {path.partition(".")[0] for path in shape.parameters.values() if path}
        missing = read_names(vendor) - sent - vendor.left_out - ELSEWHERE
        if missing:
            unknown[vendor.provider] = missing
    assert not unknown
