"""Recorded exchanges of operations: the requests in standard terms, and a server that replies."""

import base64
import hashlib
import json
from collections.abc import Mapping
from email.parser import BytesParser
from email.policy import HTTP
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from tests.servers.scripted import Exchange, Received

FOLDER = Path(__file__).resolve().parents[3] / "shared" / "wire" / "operations"
needs_recordings = pytest.mark.skipif(not FOLDER.is_dir(), reason="the recordings are not here")


def rows(*families: str) -> list[Any]:
    """Every recorded exchange of these families, as parameters of a test."""
    found: list[Any] = []
    for family in families:
        path = FOLDER / f"{family}.jsonl"
        lines = path.read_text().splitlines() if path.is_file() else []
        for number, line in enumerate(lines):
            row = json.loads(line)
            name = f"{family}-{number}-{row['provider']}-{row['operation']}"
            found.append(pytest.param(row, id=name))
    return found or [pytest.param(None, marks=pytest.mark.skip("the recordings are not here"))]


def answer(row: dict[str, Any]) -> Any:
    """The script of a server that gives the recorded response."""
    reply = row["response"]
    body = base64.b64decode(reply["base64"]) if "base64" in reply else reply["body"].encode()
    headers = {**reply["headers"]}
    if reply["content_type"]:
        headers["content-type"] = reply["content_type"]
    text = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return lambda exchange: exchange.reply(body, reply["status"], text)


def body_of(row: dict[str, Any]) -> dict[str, Any]:
    """The recorded body as JSON, however the row has it; forms as their fields."""
    request = row["request"]
    if "body" in request:
        return dict(request["body"])
    if "form" in request:
        return {
            part["name"]: part.get("value") for part in request["form"] if "filename" not in part
        }
    if "base64" in request:
        try:
            return dict(json.loads(base64.b64decode(request["base64"])))
        except ValueError:
            return {}
    return {}


def file_of(row: dict[str, Any], number: int = 0) -> bytes:
    """A recorded file of a form, or the body where it is the file."""
    request = row["request"]
    parts = [part for part in request.get("form", ()) if "filename" in part]
    if not parts:
        return base64.b64decode(request["base64"])
    part = parts[number]
    return base64.b64decode(part["base64"]) if "base64" in part else part["value"].encode()


def sent(received: Received) -> dict[str, Any]:
    """A request as it came: its path, its query, and its body as JSON, fields or a digest."""
    target = urlsplit(received.target)
    seen: dict[str, Any] = {
        "method": received.method,
        "path": target.path,
        "query": dict(parse_qsl(target.query)),
    }
    content_type = received.headers.get("content-type", "")
    if content_type.startswith("multipart/"):
        seen["fields"], seen["files"] = read_form(content_type, received.body)
    elif "json" in content_type:
        seen["body"] = json.loads(received.body)
    elif received.body:
        seen["digest"] = hashlib.sha256(received.body).hexdigest()
    return seen


def read_form(content_type: str, body: bytes) -> tuple[dict[str, str], list[tuple[str, str]]]:
    """The fields of a form, and each file by its field's name and its digest."""
    message = BytesParser(policy=HTTP).parsebytes(
        b"Content-Type: " + content_type.encode() + b"\r\n\r\n" + body
    )
    fields: dict[str, str] = {}
    files: list[tuple[str, str]] = []
    for part in message.iter_parts():  # type: ignore[attr-defined]
        name = part.get_param("name", header="content-disposition")
        data = part.get_payload(decode=True)
        if part.get_filename() is None:
            fields[name] = data.decode()
        else:
            files.append((name, hashlib.sha256(data).hexdigest()))
    return fields, files


def recorded(row: dict[str, Any]) -> dict[str, Any]:
    """The recorded request in the form that `sent` gives; a null member says nothing."""
    request = row["request"]
    seen: dict[str, Any] = {
        "method": request["method"],
        "path": request["path"],
        "query": dict(request.get("query") or {}),
    }
    if "form" in request:
        parts = [part for part in request["form"] if "filename" in part]
        seen["fields"] = body_of(row)
        seen["files"] = [
            (part["name"], hashlib.sha256(file_of(row, number)).hexdigest())
            for number, part in enumerate(parts)
        ]
        return seen
    body = body_of(row)
    if body:
        seen["body"] = {name: value for name, value in body.items() if value is not None}
    elif "base64" in request:
        seen["digest"] = hashlib.sha256(base64.b64decode(request["base64"])).hexdigest()
    return seen


def digest(data: bytes) -> str:
    """The first half of a digest, as the expectations have it."""
    return hashlib.sha256(data).hexdigest()[:16]


def check_usage(usage: Any, expected: Mapping[str, Any]) -> None:
    """Compare a usage with what a recording expects of it."""
    names = {"input_tokens": "prompt_tokens", "output_tokens": "completion_tokens"}
    for name, value in expected.items():
        if name in ("input_tokens", "output_tokens", "total_tokens"):
            assert usage[names.get(name, name)] == value, name
        elif name == "cost":
            assert usage.reported_cost == pytest.approx(value)
        elif name == "usd_ticks":
            assert usage.reported_cost == pytest.approx(value * 1e-10)
        elif name != "type":
            assert usage.units.get(name) == value, name


def reply_json(exchange: Exchange, body: Any, status: int = 200, headers: str = "") -> None:
    """Reply with JSON."""
    head = f"content-type: application/json\r\n{headers}"
    exchange.reply(json.dumps(body).encode(), status, head)
