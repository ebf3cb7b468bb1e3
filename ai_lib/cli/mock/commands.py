"""`ai-lib mock` and `ai-lib replay`: serve responses on a port of this machine."""

import argparse
import sys
import threading
from typing import TYPE_CHECKING, Protocol

from ai_lib.cli.output import write_piece, write_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from ai_lib.testing.mock.server import Handler, ReceivedRequest, ServerResponse
    from ai_lib.testing.mock.service import Service

    Commands = argparse._SubParsersAction[argparse.ArgumentParser]

_USAGE_ERROR = 2
_PAGE_PAUSE_SECONDS = 0.06


class PageHandler(Protocol):
    """Answers the requests to a page, which lies at `path`."""

    path: str

    def respond(self, request: "ReceivedRequest") -> "ServerResponse":
        """Return the response to one request."""
        ...


def add_server_commands(commands: "Commands") -> None:
    """Add the two commands to the console script."""
    mock = commands.add_parser("mock", help="serve a mock provider on a port; no key")
    _add_port(mock)
    mock.add_argument(
        "--manifest", action="append", default=[], metavar="FILE", help="an additional provider"
    )
    mock.add_argument(
        "--say", action="append", default=[], metavar="TEXT", help="the text of the next response"
    )
    mock.add_argument(
        "--pause", type=float, default=None, metavar="SECONDS", help="seconds between words"
    )
    mock.add_argument("--ui", action="store_true", help="with a page to try it in a browser")
    page = commands.add_parser("ui", help="talk with models in a browser: yours and a mock one")
    page.add_argument("--port", type=int, default=8766, metavar="N", help="0: any free (8766)")
    page.add_argument("--replay", metavar="CASSETTE", help="offer its recordings, at their pace")
    page.add_argument(
        "--manifest", action="append", default=[], metavar="FILE", help="an additional provider"
    )
    page.add_argument("--no-open", action="store_true", help="open no browser")
    page.set_defaults(say=[], pause=None)
    replay = commands.add_parser("replay", help="serve recorded responses on a port")
    replay.add_argument("cassette", metavar="CASSETTE", help="a file that `record` has written")
    _add_port(replay)
    replay.add_argument(
        "--speed", type=float, default=None, metavar="N", help="1: as recorded; default: at once"
    )
    replay.add_argument("--once", action="store_true", help="use each recording only once")


def _add_port(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--port", type=int, default=8765, metavar="N", help="0: any free port (default 8765)"
    )


def serve_mock(
    parsed: argparse.Namespace, make_page: "Callable[[Service], PageHandler] | None" = None
) -> int:
    """Serve the mock provider until interrupted, behind the page that `make_page` makes, if any."""
    from ai_lib.testing.mock.reply import Reply
    from ai_lib.testing.mock.service import Service

    # In a browser the words shall appear one by one.
    pause = parsed.pause if parsed.pause is not None else _PAGE_PAUSE_SECONDS if make_page else 0.0
    replies = [Reply(text=text, pause=pause) for text in parsed.say]
    service = Service(replies, parsed.manifest, None, pause)
    page = make_page(service) if make_page else None
    port = _listen(page.respond if page else service.respond, parsed.port)
    if page:
        _announce_page(f"http://127.0.0.1:{port}{page.path}", opens=not _is_quiet(parsed))
    names = service.providers.names
    write_text(
        f"serving {len(names)} mocked providers; the base URL of one is\n"
        f"  http://127.0.0.1:{port}/PROVIDER\nsuch as\n"
        f"  ai-lib chat {names[0]}/any-model Hello --base-url http://127.0.0.1:{port}/{names[0]}\n"
        "with any key; Ctrl-C ends it\n"
    )
    return _wait_for_interrupt()


def _is_quiet(parsed: argparse.Namespace) -> bool:
    """Return whether no browser is to be opened: none was asked for, or nobody sees it."""
    return getattr(parsed, "no_open", True) or sys.stdout is None or not sys.stdout.isatty()


def _announce_page(address: str, *, opens: bool) -> None:
    write_text(f"the page is at\n  {address}\n")
    if opens:
        import webbrowser

        webbrowser.open(address)


def serve_replay(parsed: argparse.Namespace) -> int:
    """Serve a cassette until interrupted."""
    from ai_lib.testing.cassettes.cassette import read_cassette
    from ai_lib.testing.cassettes.server import make_replay_handler

    exchanges = read_cassette(parsed.cassette)
    handler = make_replay_handler(exchanges, speed=parsed.speed, repeat=not parsed.once)
    port = _listen(handler, parsed.port)
    paths = "".join(
        f"  {path}\n"
        for path in dict.fromkeys(f"{exchange.method} {exchange.path}" for exchange in exchanges)
    )
    write_text(
        f"replaying {len(exchanges)} exchanges at http://127.0.0.1:{port}\n{paths}Ctrl-C ends it\n"
    )
    return _wait_for_interrupt()


def _listen(handler: "Handler", port: int) -> int:
    from ai_lib.errors.exceptions import RequestError
    from ai_lib.testing.mock.server import LoopbackServer

    try:
        return LoopbackServer(handler, port).port
    except OSError as error:
        raise RequestError(f"port {port} can't be used: {error.strerror}; try --port 0") from error


def _wait_for_interrupt() -> int:
    """Wait for Ctrl-C, which `main` answers as it does everywhere."""
    write_piece("")
    threading.Event().wait()
    return 0
