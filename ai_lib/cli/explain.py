"""`ai-lib explain`: shows the request to a model and what applies to it, without sending it."""

from __future__ import annotations

import argparse

from ai_lib.cli.options import parse_parameter
from ai_lib.cli.output import write_problem, write_text
from ai_lib.client.call.tokens import explain_with_cost
from ai_lib.client.target.settings import ClientSettings
from ai_lib.errors.exceptions import AiLibError
from ai_lib.types.message import Message
from ai_lib.types.request import ChatRequest

from ..client.loading import load_settings

_USAGE_ERROR = 2


async def run_explain(parsed: argparse.Namespace) -> int:
    """Write the explanation to standard output; return the exit code."""
    settings = ClientSettings(model=parsed.model, base_url=parsed.base_url)
    try:
        request = _make_request(parsed)
        loaded_settings = await load_settings(settings)
        target = loaded_settings.make_target(needs_key=False)
        write_text(f"{explain_with_cost(target, request)}\n")
    except (AiLibError, ValueError) as error:
        write_problem(error)
        return _USAGE_ERROR
    return 0


def _make_request(parsed: argparse.Namespace) -> ChatRequest:
    messages = [Message.user(parsed.question)]
    if parsed.system:
        messages.insert(0, Message.system(parsed.system))
    parameters = dict(map(parse_parameter, parsed.param))
    return ChatRequest(messages=messages, parameters=parameters, stream=parsed.stream)
