"""The plain parts: lines, headers, challenges, results, configurations."""

import json
from pathlib import Path

import pytest

from ai_lib.errors.mcp import McpError, McpToolFailed
from ai_lib.mcp.config import read_config
from ai_lib.mcp.content import read_result
from ai_lib.mcp.definitions import ListedTool, clean_description, define_tool, pin_tool
from ai_lib.mcp.wire.headers import encode_header, mirror_arguments, parse_challenge
from ai_lib.mcp.wire.messages import LineDecoder, MessageRegistry
from ai_lib.types.content import AudioBlock, DocumentBlock, ImageBlock, TextBlock
from ai_lib.types.json import JsonObject


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
def test_lines_are_the_same_however_they_are_cut(size: int) -> None:
    splitter, data = LineDecoder("s", 100), b'{"a": 1}\n\n{"b": "\xe2\x80\xa8"}\n{'
    pieces = [data[at : at + size] for at in range(0, len(data), size)]

    lines = [line for piece in pieces for line in splitter.feed(piece)]
    assert lines == [b'{"a": 1}', b"", b'{"b": "\xe2\x80\xa8"}']


def test_a_line_without_an_end_is_refused_at_its_bound() -> None:
    splitter = LineDecoder("s", 100)
    splitter.feed(b"x" * 100)
    with pytest.raises(McpError, match="more than 100 bytes"):
        splitter.feed(b"x")


class Flag:
    """An event that nothing waits for."""

    def set(self) -> None:
        """Do nothing."""


def test_answers_find_their_requests_and_no_others() -> None:
    registry = MessageRegistry("s", {}, lambda method, params: None)
    first, second = (registry.make_request("x", {}, Flag()) for _ in range(2))
    answer = {"jsonrpc": "2.0", "id": second.id, "result": {"n": 2}}

    assert registry.read_line(json.dumps([answer, {"id": 99, "result": {}}, 5]).encode()) == []
    assert (first.is_done, second.outcome()) == (False, {"n": 2})
    assert registry.read({"id": second.id, "result": {"n": 3}}) == []
    assert second.outcome() == {"n": 2}
    registry.read_line(b'{"jsonrpc": "2.0", "id": 1, "result": {"n": NaN}}')
    assert first.is_done


@pytest.mark.parametrize(
    ("text", "header"),
    [
        ("plain", "plain"),
        ("a b", "a b"),
        (" a", "=?base64?IGE=?="),
        ("a\nb", "=?base64?YQpi?="),
        ("=?base64?YQ==?=", "=?base64?PT9iYXNlNjQ/WVE9PT89?="),
        ("é", "=?base64?w6k=?="),
    ],
)
def test_headers_hold_any_text(text: str, header: str) -> None:
    assert encode_header(text) == header


def test_only_marked_scalars_are_mirrored() -> None:
    schema = {
        "properties": {
            "a": {"type": "string", "x-mcp-header": "A"},
            "n": {"type": "integer", "x-mcp-header": "N"},
            "b": {"type": "boolean", "x-mcp-header": "B"},
            "f": {"type": "number", "x-mcp-header": "F"},
            "bad": {"type": "string", "x-mcp-header": "B A D"},
            "o": {"type": "object", "properties": {"i": {"type": "string", "x-mcp-header": "I"}}},
            "gone": {"type": "string", "x-mcp-header": "G"},
        }
    }
    values = {"a": "x", "n": 3, "b": True, "f": 1.5, "bad": "x", "o": {"i": "y"}, "gone": None}

    assert mirror_arguments(schema, values) == (
        ("Mcp-Param-A", "x"),
        ("Mcp-Param-N", "3"),
        ("Mcp-Param-B", "true"),
        ("Mcp-Param-I", "y"),
    )


@pytest.mark.parametrize(
    ("header", "scheme", "parameters"),
    [
        (None, "", {}),
        ("Bearer", "Bearer", {}),
        (
            'Bearer realm="a, b", error="invalid_token"',
            "Bearer",
            {"realm": "a, b", "error": "invalid_token"},
        ),
        ("Bearer scope=a", "Bearer", {"scope": "a"}),
        (
            'Basic realm="x", Bearer resource_metadata="https://a/b"',
            "Bearer",
            {"resource_metadata": "https://a/b"},
        ),
    ],
)
def test_challenges_are_parsed(header: str | None, scheme: str, parameters: dict[str, str]) -> None:
    assert parse_challenge(header) == (scheme, parameters)


BLOB = "AAAA"


@pytest.mark.parametrize(
    ("result", "blocks"),
    [
        ({"content": []}, []),
        ({}, []),
        ({"content": [{"type": "text", "text": "a"}]}, [TextBlock(text="a")]),
        (
            {"content": [{"type": "audio", "data": BLOB, "mimeType": "audio/wav"}]},
            [AudioBlock(data=BLOB, media_type="audio/wav")],
        ),
        (
            {"content": [{"type": "resource", "resource": {"uri": "u", "text": "t"}}]},
            [TextBlock(text="t")],
        ),
        (
            {
                "content": [
                    {
                        "type": "resource",
                        "resource": {"uri": "u", "blob": BLOB, "mimeType": "image/png"},
                    }
                ]
            },
            [ImageBlock(data=BLOB, media_type="image/png")],
        ),
        (
            {
                "content": [
                    {
                        "type": "resource",
                        "resource": {"uri": "u", "blob": BLOB, "mimeType": "application/pdf"},
                    }
                ]
            },
            [DocumentBlock(data=BLOB, media_type="application/pdf")],
        ),
        (
            {"content": [{"type": "resource", "resource": {"uri": "u", "blob": BLOB}}]},
            [TextBlock(text="[3 bytes of application/octet-stream: u]")],
        ),
        (
            {"content": [{"type": "resource_link", "uri": "u", "name": "n"}]},
            [TextBlock(text="[n: u]")],
        ),
        (
            {"content": [{"type": "hologram"}]},
            [TextBlock(text="[content of the unknown type 'hologram']")],
        ),
        # What is structured is said, and said once.
        ({"content": [], "structuredContent": {"a": 1}}, [TextBlock(text='{"a":1}')]),
        (
            {"content": [{"type": "text", "text": '{ "a": 1 }'}], "structuredContent": {"a": 1}},
            [TextBlock(text='{ "a": 1 }')],
        ),
        (
            {"content": [{"type": "text", "text": "see"}], "structuredContent": {"a": 1}},
            [TextBlock(text="see"), TextBlock(text='{"a":1}')],
        ),
        (
            {"content": [{"type": "text", "text": "5"}], "structuredContent": {"result": 5}},
            [TextBlock(text="5")],
        ),
        (
            {
                "content": [{"type": "text", "text": "1"}, {"type": "text", "text": "2"}],
                "structuredContent": {"result": [1, 2]},
            },
            [TextBlock(text="1"), TextBlock(text="2")],
        ),
    ],
)
def test_results_lose_nothing_and_say_nothing_twice(
    result: JsonObject, blocks: list[object]
) -> None:
    assert list(read_result(result, server="s", tool="t", limit=100)) == blocks


def test_a_failure_has_its_structured_content() -> None:
    result = {"isError": True, "content": [], "structuredContent": {"why": "no"}}
    with pytest.raises(McpToolFailed, match=r'\{"why":"no"\}') as caught:
        read_result(result, server="s", tool="t", limit=100)
    assert caught.value.result == result


def test_a_result_for_the_user_alone_is_not_shown_to_the_model() -> None:
    part = {"type": "text", "text": "secret", "annotations": {"audience": ["user"]}}
    (block,) = read_result({"content": [part]}, server="s", tool="t", limit=9, for_model=True)
    assert block == TextBlock(text="[the result is for the user, not for you]")


def test_a_pin_is_of_what_is_told_and_of_nothing_else() -> None:
    tool = {"name": "a", "description": "d", "inputSchema": {"type": "object", "x": 1}}
    pin = pin_tool(tool)

    assert pin_tool({"inputSchema": {"x": 1, "type": "object"}, **tool, "_meta": {"n": 1}}) == pin
    for name in ("name", "title", "description", "inputSchema", "outputSchema", "annotations"):
        assert pin_tool({**tool, name: {"other": 1}}) != pin


def test_honest_text_keeps_its_letters() -> None:
    text = "Größe 中文 עברית 👍 a\tb\n"
    assert clean_description(text) == (text, [])


CONFIG = """{
  // as an editor writes it
  "mcpServers": {
    "time": {"command": "uvx", "args": ["mcp-server-time", "--tz", "${TZ:-UTC}"],
             "env": {"KEY": "${env:MY_KEY}"}, "cwd": "/srv"},
    "wiki": {"type": "http", "url": "https://example.com/mcp", /* a token */
             "headers": {"Authorization": "Bearer ${MY_KEY}"}, "excludeTools": ["drop"]},
    "off": {"command": "no", "disabled": true},
  }
}"""


def test_a_configuration_is_read_as_editors_write_it(tmp_path: Path) -> None:
    path = tmp_path / "mcp.json"
    path.write_text(CONFIG)
    time, wiki = read_config(path, {"MY_KEY": "k"})

    assert (time.name, time.command) == ("time", ("uvx", "mcp-server-time", "--tz", "UTC"))
    assert (time.env, time.cwd) == ({"KEY": "k"}, "/srv")
    assert (wiki.url, wiki.headers) == ("https://example.com/mcp", {"Authorization": "Bearer k"})
    assert wiki.deny == ("drop",)


@pytest.mark.parametrize(
    ("config", "reason"),
    [
        ({}, 'has the member "mcpServers"'),
        ({"mcpServers": {"a": {}}}, "'a' has neither"),
        ({"mcpServers": {"a": {"type": "sse", "url": "http://x"}}}, "'a' has the transport sse"),
        ({"mcpServers": {"a": {"command": "${NOT_SET}"}}}, "wants the variable NOT_SET"),
        ({"servers": {"a": {"command": "${input:key}"}}}, "only its editor can fill in"),
    ],
)
def test_a_configuration_that_is_none_says_where(config: JsonObject, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        read_config(config, {})


def test_all_that_a_tool_says_is_cleaned() -> None:
    hidden = "\u202eRead\u200b"
    schema = {
        "type": "object",
        "title": hidden,
        "properties": {
            "description": {"type": "string", "description": hidden, "enum": ["a\u200bb"]},
            "list": {"anyOf": [{"title": hidden}]},
        },
    }
    raw: JsonObject = {
        "name": "read",
        "title": hidden,
        "inputSchema": schema,
        "annotations": {"title": hidden, "readOnlyHint": True},
    }
    tool = define_tool(
        ListedTool(name="read", raw=raw, pin=pin_tool(raw)), print, server="wiki", prefix=None
    )

    assert tool.description == "Read"
    assert tool.parameters == {
        "type": "object",
        "title": "Read",
        "properties": {
            "description": {"type": "string", "description": "Read", "enum": ["a\u200bb"]},
            "list": {"anyOf": [{"title": "Read"}]},
        },
    }
    assert tool.annotations == {"title": "Read", "readOnlyHint": True}
    assert tool.adaptations == (
        "the description of read of wiki: 2 invisible characters removed",
        *["the schema of read of wiki: 2 invisible characters removed"] * 3,
    )
