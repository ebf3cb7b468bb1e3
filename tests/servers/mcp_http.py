"""The MCP server of the tests by HTTP, with sessions or without."""

import json
import threading
from typing import Any

from tests.servers.mcp_peer import NEW, Message, Peer
from tests.servers.scripted import PATIENCE, Exchange, ScriptedServer


class McpHttpServer:
    """A `Peer` on a loopback port. `token` is what it wants; `refuse` answers a request otherwise.

    `lose_session` forgets the session, with the status that says so.
    """

    def __init__(self, era: str, *, token: str | None = None) -> None:
        self.peer = Peer(era, self._send)
        self.token = token
        self.session: str | None = None
        self.sessions = 0
        self.lost_status: int | None = None
        self.redirect: str | None = None
        self.posts: list[tuple[Message, dict[str, str]]] = []
        self.deleted: list[str | None] = []
        self._said = threading.local()
        self._lock = threading.Lock()
        self._pair = threading.Barrier(2)
        self._answers: dict[object, tuple[threading.Event, list[Message]]] = {}
        self.http = ScriptedServer(self._serve)

    @property
    def url(self) -> str:
        """Its address."""
        return f"{self.http.url}/mcp"

    def close(self) -> None:
        """Stop."""
        self.http.close()

    def lose_session(self, status: int) -> None:
        """Forget the session; say so with this status."""
        self.session, self.lost_status = None, status

    def _send(self, message: Message) -> None:
        self._said.messages.append(message)

    def _serve(self, exchange: Exchange) -> None:
        received = exchange.received
        if self.redirect is not None:
            exchange.reply(status=307, headers=f"location: {self.redirect}\r\n")
            return
        if (
            self.token is not None
            and received.headers.get("authorization") != f"Bearer {self.token}"
        ):
            self._refuse(exchange)
            return
        if received.method == "DELETE":
            self.deleted.append(received.headers.get("mcp-session-id"))
            exchange.reply(status=200)
            return
        message = json.loads(received.body)
        self.posts.append((message, received.headers))
        if self.peer.era != NEW and not self._check_session(exchange, message):
            return
        self._answer(exchange, message)

    def _refuse(self, exchange: Exchange) -> None:
        parameters = 'error="invalid_token", error_description="it has ended", scope="a b"'
        metadata = f'resource_metadata="{self.http.url}/meta"'
        challenge = f"www-authenticate: Bearer {parameters}, {metadata}\r\n"
        exchange.reply(
            b"who are you, " + exchange.received.headers.get("authorization", "").encode(),
            status=401,
            headers=challenge,
        )

    def _check_session(self, exchange: Exchange, message: Message) -> bool:
        if message.get("method") == "server/discover":
            exchange.reply(b"Bad Request: no session", status=400)
            return False
        if message.get("method") == "initialize":
            self.sessions += 1
            self.session = f"session-{self.sessions}"
            return True
        if exchange.received.headers.get("mcp-session-id") != self.session:
            error = {"code": -32600, "message": "Session not found"}
            body = json.dumps({"jsonrpc": "2.0", "id": None, "error": error}).encode()
            exchange.reply(body, status=self.lost_status or 404)
            return False
        return True

    def _answer(self, exchange: Exchange, message: Message) -> None:
        tool = (message.get("params") or {}).get("name")
        if tool == "pair":  # neither is answered before both are here
            self._pair.wait(PATIENCE)
            result = {"content": [{"type": "text", "text": f"pair {message['id']}"}]}
            self._reply(exchange, {"jsonrpc": "2.0", "id": message["id"], "result": result})
            return
        if tool == "die":
            exchange.reset()
        self._said.messages = []
        with self._lock:
            answers = list(self.peer.take(message))
        if "method" not in message:
            for answer in answers:
                event, said = self._answers.pop(answer["id"])
                said.append(answer)
                event.set()
            exchange.reply(status=202)
        elif "id" not in message:
            exchange.reply(status=202)
        elif not self._said.messages:
            self._reply(exchange, answers[0])
        else:
            self._stream(exchange, message["id"], [*self._said.messages, *answers])

    def _reply(self, exchange: Exchange, answer: Message) -> None:
        headers = "content-type: application/json\r\n"
        if self.session is not None:
            headers += f"mcp-session-id: {self.session}\r\n"
        status = {-32601: 404, -32602: 400, -32022: 400}.get(
            answer.get("error", {}).get("code"), 200
        )
        exchange.reply(json.dumps(answer).encode(), status, headers)

    def _stream(self, exchange: Exchange, number: object, messages: list[Message]) -> None:
        asked = messages[-1].get("method") not in (None, "notifications/progress")
        waiting: tuple[threading.Event, list[Message]] = (threading.Event(), [])
        if asked:
            self._answers[number] = waiting
        exchange.begin("content-type: text/event-stream\r\n")
        for message in messages:
            exchange.chunk(_event(message))
        if asked:
            waiting[0].wait(PATIENCE)
            for message in waiting[1]:
                exchange.chunk(_event(message))
        elif messages[-1].get("id") != number:
            exchange.stall()
            return
        exchange.chunk(b"")


def _event(message: Any) -> bytes:
    return b": hello\n\nevent: message\ndata: " + json.dumps(message).encode() + b"\n\n"
