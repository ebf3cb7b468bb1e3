"""Runs the commands that don't wait, and declares the arguments of those about manifests.

It imports nothing heavy.
"""

import argparse
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]

USAGE_ERROR = 2


def add_commands(commands: "Commands") -> None:
    """Add the commands about manifests and models to the console script."""
    _add_lists(commands)
    lint = commands.add_parser("lint", help="find what is wrong with manifests")
    lint.add_argument("files", nargs="+", metavar="FILE", help="a manifest, YAML or JSON")
    lint.add_argument(
        "--against",
        metavar="RECORDING",
        help="list what no rule reads in a recording; FILE may be the id of a provider",
    )
    lint.add_argument("--strict", action="store_true", help="fail on warnings too")
    explain = commands.add_parser(
        "explain", help="show the request to a model, and what applies to it"
    )
    explain.add_argument(
        "words",
        nargs="*",
        metavar="MODEL [QUESTION]",
        help="provider/model, or a listed model's name, and the question (Hello)",
    )
    explain.add_argument("--system", metavar="TEXT", help="instructions for the model")
    explain.add_argument("--stream", action="store_true", help="the streamed request")
    explain.add_argument("--base-url", metavar="URL", help="use this base URL, not the provider's")
    explain.add_argument(
        "--param", action="append", default=[], metavar="NAME=VALUE", help="a standard parameter"
    )
    _add_mcp(commands)
    _add_user_commands(commands)
    new = commands.add_parser("new", help="write a first version of a manifest")
    new.add_argument("id", metavar="ID", help="the new provider's id")
    new.add_argument(
        "--like", required=True, metavar="PROVIDER", help="the provider whose API it has"
    )
    new.add_argument("--base-url", metavar="URL", help="its base URL")
    new.add_argument("--full", action="store_true", help="with all that the other manifest says")
    update = commands.add_parser("update", help="put manifests from an address in force")
    update.add_argument("addresses", nargs="*", metavar="ADDRESS", help="the address of a manifest")
    update.add_argument(
        "--digest", action="append", default=[], metavar="SHA256", help="that of an address"
    )
    update.add_argument("--yes", action="store_true", help="put them in force without being asked")
    update.add_argument("--undo", action="store_true", help="take the last update out of force")
    diff = commands.add_parser("diff", help="show what changes from one manifest to another")
    diff.add_argument("old", metavar="OLD", help="a file, or a provider's id")
    diff.add_argument("new", metavar="NEW", help="a file, or a provider's id")


def _add_lists(commands: "Commands") -> None:
    providers = commands.add_parser("providers", help="list the providers that can be used")
    providers.add_argument(
        "name", nargs="?", default="", metavar="TEXT", help="part of an id or alias"
    )
    providers.add_argument("--json", action="store_true", help="write JSON")
    models = commands.add_parser("models", help="list models, with sizes and prices")
    models.add_argument("name", nargs="?", default="", metavar="TEXT", help="part of a name")
    models.add_argument("--provider", metavar="ID", default="", help="only models of this provider")
    models.add_argument("--json", action="store_true", help="write JSON")
    models.add_argument(
        "--default", nargs="?", const="", metavar="MODEL", help="set the default model, or show it"
    )
    models.add_argument("--live", metavar="PROVIDER", help="the provider's own list, by your key")
    models.add_argument("--base-url", metavar="URL", help="where --live asks")


def _add_mcp(commands: "Commands") -> None:
    mcp = commands.add_parser("mcp", help="list the tools of MCP servers, or call one")
    mcp.add_argument(
        "server", metavar="SERVER", help="a configuration file, an address, or a command"
    )
    mcp.add_argument("--call", metavar="TOOL", help="call this tool")
    mcp.add_argument("--arguments", metavar="JSON", help="its arguments, a JSON object")
    mcp.add_argument("--json", action="store_true", help="write JSON, with the pins")


def _add_user_commands(commands: "Commands") -> None:
    keys = commands.add_parser("keys", help="list keys, or set and remove them in the keyring")
    keys.add_argument("action", nargs="?", choices=("list", "set", "remove"), default="list")
    keys.add_argument("provider", nargs="?", metavar="PROVIDER", help="an id or an alias")
    logs = commands.add_parser("logs", help="show the conversations that `chat --log` kept")
    logs.add_argument(
        "text", nargs="?", default="", metavar="TEXT", help="in a question, answer, model or id"
    )
    logs.add_argument(
        "-n", "--number", type=int, default=20, metavar="N", help="so many of the newest (20)"
    )
    logs.add_argument("--full", action="store_true", help="questions and answers as a whole")
    logs.add_argument("--json", action="store_true", help="write JSON")
    logs.add_argument("--database", metavar="FILE", help="another file than the user's own")


def run_command(parsed: argparse.Namespace) -> int | None:
    """Run a command that does not wait and return its exit code; return None for other commands.

    0 is success, 1 a finding, 2 a wrong argument.
    """
    command = _COMMANDS.get(parsed.command)
    if command is None or getattr(parsed, "live", None):
        return None
    from ai_lib.cli.output import write_problem
    from ai_lib.errors.exceptions import AiLibError

    try:
        return command(parsed)
    except AiLibError as error:
        write_problem(error)
        return USAGE_ERROR


def _providers(parsed: argparse.Namespace) -> int:
    from ai_lib.cli.list_commands import list_providers

    return list_providers(parsed.name, as_json=parsed.json)


def _models(parsed: argparse.Namespace) -> int:
    if parsed.default is not None:
        from ai_lib.cli.user.default_model import run_default

        return run_default(parsed.default)
    from ai_lib.cli.list_commands import list_models

    return list_models(parsed.name, provider=parsed.provider, as_json=parsed.json)


def _lint(parsed: argparse.Namespace) -> int:
    from ai_lib.cli.manifest_commands import lint_manifests

    if parsed.against is not None:
        from ai_lib.cli.recorded_responses import lint_recording

        return lint_recording(parsed.against, parsed.files, strict=parsed.strict)
    return lint_manifests(parsed.files, strict=parsed.strict)


def _new(parsed: argparse.Namespace) -> int:
    from ai_lib.cli.manifest_commands import write_manifest

    return write_manifest(
        parsed.id, like=parsed.like, base_url=parsed.base_url, is_full=parsed.full
    )


def _diff(parsed: argparse.Namespace) -> int:
    from ai_lib.cli.manifest_commands import diff_manifests

    return diff_manifests(parsed.old, parsed.new)


def _keys(parsed: argparse.Namespace) -> int:
    from ai_lib.cli.user.keys import run_keys

    return run_keys(parsed)


def _logs(parsed: argparse.Namespace) -> int:
    from ai_lib.cli.user.log_command import run_logs

    return run_logs(parsed)


def _mock(parsed: argparse.Namespace) -> int:
    from ai_lib.cli.mock.commands import serve_mock

    return serve_mock(parsed)


def _replay(parsed: argparse.Namespace) -> int:
    from ai_lib.cli.mock.commands import serve_replay

    return serve_replay(parsed)


_COMMANDS: dict[str, Callable[[argparse.Namespace], int]] = {
    "providers": _providers,
    "models": _models,
    "lint": _lint,
    "new": _new,
    "diff": _diff,
    "keys": _keys,
    "logs": _logs,
    "mock": _mock,
    "replay": _replay,
}
