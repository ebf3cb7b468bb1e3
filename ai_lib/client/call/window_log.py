"""Warns of prompts that a server has cut to its context window without a word."""

from typing import Final

from ai_lib._log import LOG
from ai_lib.client.call.prepared_request import PreparedRequest
from ai_lib.types.content import join_text
from ai_lib.types.message import Message
from ai_lib.types.response import ChatResponse

_FEWEST_CHARACTERS: Final = 2048  # no window is so small that fewer are cut
_LEAST_PART: Final = 0.5  # of the fewest tokens that the request has


def warn_of_cut_prompt(
    response: ChatResponse, prepared: PreparedRequest, logged_paths: set[str]
) -> None:
    """Log a warning when a server says that it read less than half of the fewest tokens sent.

    It is logged once for a model and a client: `logged_paths` has what was logged.
    """
    read, request, target = response.usage.prompt_tokens, prepared.request, prepared.target
    key = f"window of {target.model_id}"
    if not read or request is None or key in logged_paths:
        return
    character_count = sum(map(_count_characters, request.messages))
    if character_count < max(_FEWEST_CHARACTERS, read):
        return
    from ai_lib.client.call.tokens import make_counter

    count = make_counter(target).count_request(request)
    least = int(count.tokens * (1 - count.error_bound))
    if read >= least * _LEAST_PART:
        return
    logged_paths.add(key)
    LOG.warning(
        "%s read %d tokens of a prompt that has at least %d: the rest was cut off; raise %s",
        target.model_id,
        read,
        least,
        target.compiled.dialect.request.window_setting,
    )


def _count_characters(message: Message) -> int:
    return len(message.content if isinstance(message.content, str) else join_text(message.content))
