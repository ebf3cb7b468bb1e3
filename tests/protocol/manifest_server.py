"""A loopback server of manifests."""

from collections.abc import Callable

from tests.servers.scripted import Exchange, ScriptedServer

COMMIT = "0123456789abcdef0123456789abcdef01234567"


class ManifestServer:
    """Serves texts by path; `requested_paths` lists the paths of the requests, in order."""

    def __init__(self, serve: Callable[[Callable[[Exchange], None]], ScriptedServer]) -> None:
        self.texts: dict[str, str] = {}
        self.requested_paths: list[str] = []
        self.script: Callable[[Exchange], None] | None = None
        self._server = serve(self._answer)

    @property
    def root(self) -> str:
        """The address of a folder at one commit."""
        return f"{self.address}/owner/repository/{COMMIT}"

    @property
    def address(self) -> str:
        """The address of the server."""
        return f"http://127.0.0.1:{self._server.port}"

    def put(self, path: str, text: str) -> None:
        """Serve a text at a path of the folder."""
        self.texts[f"/owner/repository/{COMMIT}/{path}"] = text

    def _answer(self, exchange: Exchange) -> None:
        path = exchange.received.target
        self.requested_paths.append(path)
        if self.script is not None:
            self.script(exchange)
        elif path in self.texts:
            exchange.reply(self.texts[path].encode())
        else:
            exchange.reply(b"nothing here", status=404)
