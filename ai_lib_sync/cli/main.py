# Generated from ai_lib/cli/main.py by codegen; do not edit.
"""The console script `ai-lib`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Sequence

USAGE_ERROR, FAILURE, INTERRUPTED, CLOSED_PIPE = 2, 1, 130, 141


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code.

    0 is success, 1 a provider's error, a finding or output that can't be written, 2 a wrong
    argument or a missing key, 130 an interruption, 141 that nobody reads the output any more.
    """
    # All else is imported below, so that Ctrl-C is one line while modules are loaded, too.
    try:
        exit_code = _run_to_end(arguments)
    except KeyboardInterrupt:
        return _report_interrupt()
    return exit_code


def _run_to_end(arguments: Sequence[str] | None) -> int:
    """Run the command until all of its output is written."""
    from ai_lib.cli.output import OutputError, discard_output, flush_output, write_problem

    try:
        try:
            exit_code = _run(arguments)
        except SystemExit:  # the parser wrote its help, its version or an error
            flush_output()
            raise
        flush_output()
    except BrokenPipeError:
        discard_output()
        return CLOSED_PIPE
    except OutputError as error:
        discard_output()
        write_problem(error)
        return FAILURE
    return exit_code


def _report_interrupt() -> int:
    """Write the one line; from here on, further interrupts change nothing."""
    import signal

    from ai_lib.cli.output import discard_output, flush_output, write_note

    try:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    except ValueError:  # this is not the main thread
        pass
    try:
        flush_output()
    except Exception:  # noqa: BLE001 (an interrupted command has nothing more to report)
        discard_output()
    end = "\n" if sys.stderr is not None and sys.stderr.isatty() else ""
    write_note(f"{end}ai-lib: interrupted\n")
    return INTERRUPTED


def _run(arguments: Sequence[str] | None) -> int:
    import functools

    from ai_lib.cli.launch import run, run_demos
    from ai_lib.cli.options import parse_arguments
    from ai_lib.cli.output import OutputError
    from ai_lib.cli.plain_commands import run_command

    try:
        parsed = parse_arguments(arguments)
    except BrokenPipeError:
        raise
    except OSError as error:  # its help can't be written, which Python 3.11 tells at the flush
        raise OutputError(f"standard output can't be written: {error.strerror}") from error
    if parsed.command == "demo":
        return run_demos()
    if parsed.command == "completion":
        from ai_lib.cli.completion import write_completion

        return write_completion(parsed.shell)
    if parsed.command == "ui" or (parsed.command == "mock" and parsed.ui):
        return _serve_page(parsed)
    if (exit_code := run_command(parsed)) is not None:
        return exit_code
    if parsed.command == "models":
        return _run_live_list(parsed)
    if parsed.command in ("explain", "doctor", "update", "mcp"):
        return run(functools.partial(_run_waiting_command, parsed))
    if parsed.command in ("image", "speak", "transcribe", "rerank"):
        return _run_media(parsed)
    return _run_chat(parsed)


def _serve_page(parsed: Namespace) -> int:
    from ai_lib.errors.exceptions import AiLibError

    from .page.calls import serve_page

    try:
        return serve_page(parsed)
    except AiLibError as error:
        return _report_error(error, USAGE_ERROR)


def _run_waiting_command(parsed: Namespace) -> int:
    if parsed.command == "explain":
        from .explain import run_explain

        return run_explain(parsed)
    if parsed.command == "mcp":
        from .mcp_command import run_mcp

        return run_mcp(parsed)
    if parsed.command == "update":
        from .update_command import run_update

        return run_update(parsed)
    from .doctor import run_doctor

    return run_doctor(parsed)


def _run_media(parsed: Namespace) -> int:
    import functools

    from ai_lib.cli.launch import run
    from ai_lib.errors.exceptions import AiLibError, CredentialError, ProtocolError, RequestError

    from .media.run import run_media

    try:
        return run(functools.partial(run_media, parsed))
    except (CredentialError, ProtocolError, RequestError, ValueError) as error:
        return _report_error(error, USAGE_ERROR)
    except (AiLibError, OSError) as error:
        return _report_error(error, FAILURE)


def _run_live_list(parsed: Namespace) -> int:
    import functools

    from ai_lib.cli.launch import run
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
        return _report_error(error, FAILURE)


def _run_chat(parsed: Namespace) -> int:
    from ai_lib.cli.options import make_chat_options
    from ai_lib.errors.exceptions import AiLibError, CredentialError, ProtocolError, RequestError

    from .chat.conversation import run_chat

    try:
        return run_chat(make_chat_options(parsed))
    except (CredentialError, ProtocolError, RequestError, ValueError) as error:
        return _report_error(error, USAGE_ERROR)
    except AiLibError as error:
        return _report_error(error, FAILURE)


def _report_error(error: Exception, code: int) -> int:
    from ai_lib.cli.output import write_problem

    write_problem(error)
    return code


if __name__ == "__main__":
    sys.exit(main())
