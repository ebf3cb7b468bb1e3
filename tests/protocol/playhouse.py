"""The provider of `playhouse.yaml`, written by hand: a server that knows nothing of the library."""

import json
from pathlib import Path
from typing import Any

from tests.servers.scripted import Exchange, ScriptedServer

MANIFEST = Path(__file__).with_name("playhouse.yaml")
TICKET = "A-7"
SEASON = {"season": {"plays": ["hamlet", "faust/part-1"]}}


class Playhouse:
    """Performs what its script asks for; keeps every request body as it came."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []
        self.paths: list[str] = []
        self.server = ScriptedServer(self._perform)

    def __enter__(self) -> "Playhouse":
        return self

    def __exit__(self, *_: object) -> None:
        self.server.close()

    def _perform(self, exchange: Exchange) -> None:
        received = exchange.received
        self.paths.append(f"{received.method} {received.target}")
        if received.headers.get("x-ticket") != f"Row {TICKET}":
            _say(exchange, {"hiss": {"kind": "no_ticket", "shout": "Your ticket?"}}, 470)
        elif received.target == "/programme":
            _say(exchange, SEASON)
        else:
            body = json.loads(received.body)
            self.asked.append(body)
            live = received.target.endswith("/live")
            assert live == (body.get("audience") == "present")
            self._answer(exchange, body, live)

    def _answer(self, exchange: Exchange, body: dict[str, Any], live: bool) -> None:
        speaker, acts = body["script"][-1]
        line = "".join(act.get("line", "") for act in acts)
        if line == "Tickets!":
            shout = {"kind": "sold_out", "shout": "Full, come back in 3 minutes", "seat": "R-12"}
            _say(exchange, {"hiss": shout}, 471)
        elif line == "Burn!" and live:
            line = {"on": "line", "said": "The cur"}
            _live(exchange, [line, {"on": "hiss", "kind": "curtain", "shout": "Fire!"}])
        elif line == "Break!" and live:
            _live(exchange, [{"on": "line", "said": "To be"}], end=False)
        elif speaker == "prompter":
            lines_heard = " and ".join(act[kind]["heard"] for act in acts for kind in act)
            _speak(exchange, live, f"They said: {lines_heard}")
        elif body.get("props"):
            _cue(exchange, live)
        else:
            _speak(exchange, live, f"You said {line!r}")


def _speak(exchange: Exchange, live: bool, text: str) -> None:
    takings = {"heard": {"fresh": 5, "remembered": 7}, "spoken": 4}
    if not live:
        acts = [{"aside": "Hmm."}, {"line": text[:5]}, {"line": text[5:]}]
        _say(exchange, {"show": _show(), "acts": acts, "exit": "fin", "takings": takings})
        return
    frames = [{"on": "show", "show": _show()}, {"on": "aside", "said": "Hmm."}]
    frames += [{"on": "line", "said": text[:5]}, {"on": "cough"}, {"on": "line", "said": text[5:]}]
    frames += [{"on": "exit", "because": "fin"}, {"on": "takings", **takings}]
    _live(exchange, frames)


def _cue(exchange: Exchange, live: bool) -> None:
    if not live:
        cues = [
            {"cue": {"slip": "s1", "act": "weather", "notes": {"city": "Köln"}}},
            {"cue": {"slip": "s2", "act": "clock", "notes": {}}},
        ]
        _say(exchange, {"show": _show(), "acts": cues, "exit": "cue"})
        return
    frames = [
        {"on": "cue", "slip": "s1", "act": "weather"},
        {"on": "cue", "slip": "s2", "act": "clock"},
        {"on": "notes", "slip": "s1", "scrap": '{"city":'},
        {"on": "notes", "slip": "s2", "scrap": "{}"},
        {"on": "notes", "slip": "s1", "scrap": '"Köln"}'},
        {"on": "exit", "because": "cue"},
    ]
    _live(exchange, frames)


def _show() -> dict[str, str]:
    return {"number": "show-1", "play": "hamlet"}


def _say(exchange: Exchange, body: object, status: int = 200) -> None:
    exchange.reply(json.dumps(body).encode(), status, "content-type: application/json\r\n")


def _live(exchange: Exchange, frames: list[Any], end: bool = True) -> None:
    exchange.begin("content-type: application/x-ndjson\r\n")
    for frame in [*frames, *(["curtain"] if end else [])]:
        line = json.dumps(frame, ensure_ascii=False).encode() + b"\n"
        exchange.chunk(line[:7])
        exchange.chunk(line[7:])
    exchange.chunk(b"")
