"""When two request bodies ask for the same: how each dialect lets one thing be written two ways."""

import json
from typing import Any

# One vendor takes its names in snake case as well.
_NAMES = {
    "inline_data": "inlineData",
    "mime_type": "mimeType",
    "parameters_json_schema": "parametersJsonSchema",
}


def normal(node: object) -> Any:
    """Give a body in one way of writing it.

    Nothing said is null, false or empty, or one candidate; one text is a string, alone or in a list
    of one; the arguments of a call are what they mean; neighbouring turns of one speaker are one;
    an image is seen in the detail that the vendor chooses when nobody asks.
    `stream_options` is left out: we always ask for usage.
    """
    if isinstance(node, list):
        return [normal(item) for item in node]
    if not isinstance(node, dict):
        return node
    found = {_NAMES.get(name, name): _value(name, value) for name, value in node.items()}
    return {
        name: value
        for name, value in found.items()
        if value not in (None, False, [], {}, "")
        and name != "stream_options"
        and (name, value) not in (("n", 1), ("detail", "auto"))
    }


def _value(name: str, value: object) -> Any:
    if name == "arguments" and isinstance(value, str):
        return ["arguments", json.loads(value or "{}")]
    if name in ("content", "system", "output") and isinstance(value, list) and len(value) == 1:
        only = value[0]
        if isinstance(only, dict) and set(only) == {"type", "text"}:
            return only["text"]
    if name == "systemInstruction" and isinstance(value, dict):
        return [part["text"] for part in value["parts"]]
    if name == "input" and isinstance(value, str):
        return [{"role": "user", "content": value}]
    if (name, value) == ("tool_choice", "any"):
        return "required"  # two words of one vendor for the same
    if name in ("messages", "contents") and isinstance(value, list):
        return _joined([normal(turn) for turn in value])
    if name == "tools" and isinstance(value, list):
        return normal([{**_typed(tool)} for tool in value])
    return normal(value)


def _joined(turns: list[Any]) -> list[Any]:
    found: list[Any] = []
    for turn in turns:
        key = next((k for k in ("content", "parts") if isinstance(turn.get(k), list)), None)
        last = found[-1] if found else None
        if key and last and last["role"] == turn["role"] and isinstance(last.get(key), list):
            last[key] += turn[key]
        else:
            found.append(turn)
    return found


def _typed(tool: dict[str, Any]) -> dict[str, Any]:
    return {"type": "function", **tool} if "function" in tool else tool


def difference(left: object, right: object, place: str = "$") -> str | None:
    """Give the first place at which two bodies differ, and how; None when they do not."""
    if isinstance(left, dict) and isinstance(right, dict):
        for name in sorted({*left, *right}):
            if name not in left or name not in right:
                return f"{place}.{name} is {'missing' if name not in right else 'too many'}"
            if found := difference(left[name], right[name], f"{place}.{name}"):
                return found
        return None
    if isinstance(left, list) and isinstance(right, list) and len(left) == len(right):
        pairs = enumerate(zip(left, right, strict=True))
        places = (difference(a, b, f"{place}[{n}]") for n, (a, b) in pairs)
        return next((found for found in places if found), None)
    return None if left == right else f"{place} is {str(right)[:80]!r}, not {str(left)[:80]!r}"
