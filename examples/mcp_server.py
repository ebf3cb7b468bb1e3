"""An MCP server of one tool, in plain Python: it reads and writes lines of JSON."""

import json
import sys

TOOL = {
    "name": "get_weather",
    "description": "Get the current weather of a city.",
    "inputSchema": {
        "type": "object",
        "properties": {"city": {"type": "string"}},
        "required": ["city"],
    },
}


def answer(method: str, params: dict[str, object]) -> dict[str, object]:
    """Give the result of a request."""
    if method == "initialize":
        info = {"name": "weather", "version": "1.0"}
        tools: dict[str, object] = {"tools": {}}
        return {"protocolVersion": "2025-11-25", "capabilities": tools, "serverInfo": info}
    if method == "tools/list":
        return {"tools": [TOOL]}
    if method == "tools/call":
        arguments = params["arguments"]
        assert isinstance(arguments, dict)
        return {"content": [{"type": "text", "text": f"22 degrees in {arguments['city']}"}]}
    raise NotImplementedError(method)


def main() -> None:
    for line in sys.stdin:
        request = json.loads(line)
        if "id" not in request:
            continue
        response = {"jsonrpc": "2.0", "id": request["id"]}
        try:
            response["result"] = answer(request["method"], request.get("params", {}))
        except NotImplementedError as error:
            response["error"] = {"code": -32601, "message": f"there is no method {error}"}
        print(json.dumps(response), flush=True)


if __name__ == "__main__":
    main()
