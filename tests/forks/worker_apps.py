"""What gunicorn, uvicorn and Celery serve in these tests: clients that were used before the fork.

`ECHO_URL` is the address of the provider, `PARENT` a folder with two pipes (`answer_questions`),
`BROKER` a folder for Celery's messages. `python -m tests.forks.worker_apps` is uvicorn's command
line, in a process that has a client of its own.
"""

import asyncio
import json
import os
import sys
import threading
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest

import ai_lib
import ai_lib_sync
from tests._sync.forks.conversation import count_wrong

pytestmark = pytest.mark.async_only  # no test: it has both packages

URL = os.environ["ECHO_URL"]
client = ai_lib_sync.AiClient.create("openai/m", api_key="k", base_url=URL, timeout=20)
assert client.chat().user("before").execute().content == "before"


def answer_questions() -> None:
    """Make calls in this process, the parent, whenever the test asks: a line "mark number".

    The answer is how many of the calls got anything but their own response.
    """
    folder = Path(os.environ["PARENT"])

    def answer() -> None:
        with (folder / "questions").open() as questions, (folder / "answers").open("w") as answers:
            for line in questions:
                mark, number = line.split()
                print(count_wrong(client, mark, int(number)), file=answers, flush=True)

    threading.Thread(target=answer, daemon=True).start()


# --- gunicorn -----------------------------------------------------------------------------------


def on_starting(_arbiter: object) -> None:
    """Gunicorn calls this in the parent, before it forks; this module is its configuration, too."""
    answer_questions()


def make_flask_app() -> Any:
    """Return the application for gunicorn."""
    from flask import Flask, request

    app = Flask(__name__)

    @app.get("/")
    def ask() -> dict[str, object]:
        text = request.args["text"]
        return {"pid": os.getpid(), "content": client.chat().user(text).execute().content}

    return app


# --- ASGI: uvicorn, and gunicorn's own worker -----------------------------------------------------


async def _make_async_client() -> ai_lib.AiClient:
    made = await ai_lib.AiClient.create("openai/m", api_key="k", base_url=URL, timeout=20)
    assert (await made.chat().user("before").execute()).content == "before"
    return made


def _warm_up() -> None:
    clients.append(asyncio.run(_make_async_client()))


# As an application does that warms up at import: the server's loop is another one, and uvicorn
# imports applications within its own.
clients: list[ai_lib.AiClient] = []
_thread = threading.Thread(target=_warm_up)
_thread.start()
_thread.join()


async def asgi_app(scope: Any, receive: Any, send: Any) -> None:
    """Answer a request with the client that was made at import, or one made in the lifespan."""
    if scope["type"] == "lifespan":
        await _live(receive, send)
        return
    query = parse_qs(scope["query_string"].decode())
    chosen = clients[len(query["text"][0]) % len(clients)]
    response = await chosen.chat().user(query["text"][0]).execute()
    body = json.dumps({"pid": os.getpid(), "content": response.content}).encode()
    headers = [(b"content-type", b"application/json")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def _live(receive: Any, send: Any) -> None:
    await receive()
    clients.append(await _make_async_client())
    await send({"type": "lifespan.startup.complete"})
    await receive()
    for made in clients:
        await made.close()
    await send({"type": "lifespan.shutdown.complete"})


# --- Celery ---------------------------------------------------------------------------------------


def make_celery_app() -> Any:
    """Return the application for Celery, whose broker is a folder."""
    from celery import Celery, signals

    folder = Path(os.environ["BROKER"])
    app = Celery("worker_apps", broker="filesystem://", backend=f"file://{folder}")
    app.conf.broker_transport_options = {
        "data_folder_in": str(folder),
        "data_folder_out": str(folder),
        "control_folder": str(folder / "control"),
    }
    app.conf.worker_prefetch_multiplier = 1

    @app.task(name="ask")
    def ask(text: str) -> dict[str, object]:
        return {"pid": os.getpid(), "content": client.chat().user(text).execute().content}

    @signals.worker_init.connect(weak=False)
    def begin(**_: object) -> None:
        answer_questions()

    return app


if os.environ.get("BROKER"):
    celery_app = make_celery_app()


if __name__ == "__main__":
    import uvicorn

    answer_questions()
    uvicorn.main(sys.argv[1:])
