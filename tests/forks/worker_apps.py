"""What gunicorn, uvicorn and Celery serve in these tests: a client that was used before the fork.

`ECHO_URL` is the address of the provider, `BROKER` a folder for Celery's messages.
"""

import asyncio
import os
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest

import ai_lib
import ai_lib_sync

pytestmark = pytest.mark.async_only  # no test: it has both packages

URL = os.environ["ECHO_URL"]
client = ai_lib_sync.AiClient.create("openai/m", api_key="k", base_url=URL, timeout=20)
assert client.chat().user("before").execute().content == "before"


def make_flask_app() -> Any:
    """Return the application for gunicorn."""
    from flask import Flask, request

    app = Flask(__name__)

    @app.get("/")
    def ask() -> dict[str, object]:
        text = request.args["text"]
        return {"pid": os.getpid(), "content": client.chat().user(text).execute().content}

    return app


async def _make_async_client() -> ai_lib.AiClient:
    made = await ai_lib.AiClient.create("openai/m", api_key="k", base_url=URL, timeout=20)
    assert (await made.chat().user("before").execute()).content == "before"
    return made


# As an application would that warms up at import: uvicorn's loop is another one.
async_client = asyncio.new_event_loop().run_until_complete(_make_async_client())


async def asgi_app(scope: Any, receive: Any, send: Any) -> None:
    """Answer one request; the application for uvicorn."""
    import json

    if scope["type"] != "http":
        return
    text = parse_qs(scope["query_string"].decode())["text"][0]
    response = await async_client.chat().user(text).execute()
    body = json.dumps({"pid": os.getpid(), "content": response.content}).encode()
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": body})


def make_celery_app() -> Any:
    """Return the application for Celery, whose broker is a folder."""
    from celery import Celery

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

    return app


if os.environ.get("BROKER"):
    celery_app = make_celery_app()
