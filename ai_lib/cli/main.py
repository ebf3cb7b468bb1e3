"""The console script `ai-lib`."""

from __future__ import annotations

import functools
import os
import sys
from argparse import Namespace
from collections.abc import Sequence

from ai_lib.cli.launch import run, run_demos
from ai_lib.cli.options import make_chat_options, parse_arguments
from ai_lib.cli.output import write_note, write_problem
from ai_lib.cli.plain_commands import run_command

USAGE_ERROR, PROVIDER_ERROR, INTERRUPTED = 2, 1, 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code.

    0 is success, 1 a provider's error or a finding, 2 a wrong argument or a missing key, 130 an
    interruption.
    """
    parsed = parse_arguments(arguments)
    try:
        if parsed.command == "demo":
            return run_demos()
        if parsed.command == "completion":
            from ai_lib.cli.completion import write_completion

            return write_completion(parsed.shell)
        if parsed.command == "mock" and parsed.ui:
            return _serve_page(parsed)
        if (exit_code := run_command(parsed)) is not None:
            return exit_code
        if parsed.command == "models":
            return _run_live_list(parsed)
        if parsed.command in ("explain", "doctor", "update", "mcp"):
            return run(functools.partial(_run_waiting_command, parsed))
        return _run_chat(parsed)
    except KeyboardInterrupt:
        write_note("\n")
        return INTERRUPTED
    except BrokenPipeError:
        # The reader of standard output is gone; what is still buffered must not fail again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return PROVIDER_ERROR


def _serve_page(parsed: Namespace) -> int:
    from ai_lib.errors.exceptions import AiLibError

    from .mock.page_api import serve_page

    try:
        return serve_page(parsed)
    except AiLibError as error:
        return _report_error(error, USAGE_ERROR)


async def _run_waiting_command(parsed: Namespace) -> int:
    if parsed.command == "explain":
        from .explain import run_explain

        return await run_explain(parsed)
    if parsed.command == "mcp":
        from .mcp_command import run_mcp

        return await run_mcp(parsed)
    if parsed.command == "update":
        from .update_command import run_update

        return await run_update(parsed)
    from .doctor import run_doctor

    return await run_doctor(parsed)


def _run_live_list(parsed: Namespace) -> int:
    from ai_lib.errors.exceptions import AiLibError, CredentialError, ProtocolError, RequestError

    from .live_commands import list_live_models

    task = functools.partial(
        list_live_models, parsed.live, base_url=parsed.base_url, as_json=parsed.json
    )
    try:
        return run(task)
    except (CredentialError, ProtocolError, RequestError) as error:
        return _report_error(error, USAGE_ERROR)
    except AiLibError as error:
        return _report_error(error, PROVIDER_ERROR)


def _run_chat(parsed: Namespace) -> int:
    from ai_lib.errors.exceptions import AiLibError, CredentialError, ProtocolError, RequestError

    from .chat.conversation import run_chat

    try:
        return run_chat(make_chat_options(parsed))
    except (CredentialError, ProtocolError, RequestError, ValueError) as error:
        return _report_error(error, USAGE_ERROR)
    except AiLibError as error:
        return _report_error(error, PROVIDER_ERROR)


def _report_error(error: Exception, code: int) -> int:
    write_problem(error)
    return code


if __name__ == "__main__":
    sys.exit(main())
