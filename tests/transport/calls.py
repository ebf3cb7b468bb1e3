"""The requests the transport's tests send."""

from ai_lib.types.wire import HttpRequest, TimeoutOptions
from tests.servers.scripted import ScriptedServer

CANARY = "canary-7f3a"
PATIENT = TimeoutOptions()


def ask(server: ScriptedServer, path: str = "/chat", body: bytes = b"{}") -> HttpRequest:
    """A request that carries a secret in a header and in its address."""
    return ask_url(f"{server.url}{path}", body)


def ask_url(url: str, body: bytes = b"{}") -> HttpRequest:
    """The same, to any address."""
    return HttpRequest(
        url=f"{url}?key={CANARY}",
        headers=(("Authorization", f"Bearer {CANARY}"), ("Content-Type", "application/json")),
        body=body,
        secrets=frozenset({"authorization"}),
    )
