"""The forms in which models write calls into their text: how each begins, ends and is read.

The markers are those of the chat templates of open models, which inference servers have parsers
for.
"""

# https://docs.vllm.ai/en/latest/features/tool_calling/

import re
from collections.abc import Callable, Sequence
from functools import partial
from typing import Final, Literal, NamedTuple

from ai_lib.pipeline.text_calls.brace_calls import read_brace_calls
from ai_lib.pipeline.text_calls.call import (
    ARGUMENT_KEYS,
    CALL_KEYS,
    NAME_KEYS,
    TextCall,
    TextCallContext,
    decode_all,
    decode_first,
    parse_object,
    read_calls,
)
from ai_lib.pipeline.text_calls.elements import (
    CALL_ELEMENTS,
    ELEMENT,
    MARK,
    Element,
    read_attributes,
    read_element,
    read_named_function,
)
from ai_lib.pipeline.text_calls.python_calls import read_python_calls
from ai_lib.types.json import JsonValue

Reader = Callable[[str, TextCallContext], list[TextCall]]
Verdict = Literal["yes", "no", "open"]


class OpeningTag(NamedTuple):
    """Where a call may begin: `start` and `end` are offsets in the text.

    One of `closings` ends it; with `to_end`, the end of the text does too. `may_begin` says of what
    follows whether it can be a call.
    """

    start: int
    end: int
    closings: Sequence[str]
    to_end: bool
    read: Reader
    is_element: bool = False
    may_begin: Callable[[str, TextCallContext], Verdict] | None = None


class _CallFormat(NamedTuple):
    opening: str
    closings: tuple[str, ...]
    read: Reader
    to_end: bool = False
    may_begin: Callable[[str, TextCallContext], Verdict] | None = None


def read_json_calls(body: str, context: TextCallContext) -> list[TextCall]:
    """Return the calls in JSON values behind each other; none when one is no call."""
    del context
    calls = [call for value in decode_all(body) for call in read_calls(value)]
    return [] if None in calls else [call for call in calls if call is not None]


def read_offered_json(body: str, context: TextCallContext) -> list[TextCall]:
    """Return the calls in JSON without a marker: of offered tools, with members of calls alone."""
    values = decode_all(body)
    if not all(map(_has_only_call_keys, values)):
        return []
    calls = [call for value in values for call in read_calls(value)]
    name_match = [call for call in calls if call is not None and context.is_offered(call.name)]
    return name_match if len(name_match) == len(calls) else []


def _has_only_call_keys(value: JsonValue) -> bool:
    if isinstance(value, list):
        return all(map(_has_only_call_keys, value))
    if not isinstance(value, dict) or not CALL_KEYS.issuperset(value):
        return False
    inner = [value[key] for key in value if key not in ARGUMENT_KEYS]
    return all(_has_only_call_keys(item) for item in inner if isinstance(item, (dict, list)))


def _read_json_or_python(body: str, context: TextCallContext) -> list[TextCall]:
    return read_json_calls(body, context) or read_python_calls(body, context)


_NAMED_JSON: Final = re.compile(
    r"\s*([\w.-]+)(?:\[CALL_ID\][\w-]*)?(?:\[ARGS\])?\s*(?=\{)|\s*\[TOOL_CALLS\]"
)


def _read_named_json(body: str, context: TextCallContext) -> list[TextCall]:
    """Return calls that are a name and an object each, or a list of objects."""
    if body.lstrip().startswith("["):
        value, _ = _decode_leading(body)
        return [call for call in read_calls(value) if call is not None]
    calls: list[TextCall] = []
    position = 0
    while name_match := _NAMED_JSON.match(body, position):
        position = name_match.end()
        if name_match[1] is None:
            continue
        value, position = _decode_leading(body, position)
        if not isinstance(value, dict):
            return []
        calls.append(TextCall(name_match[1], value))
    return calls


def _decode_leading(body: str, position: int = 0) -> tuple[JsonValue, int]:
    start = position + len(body[position:]) - len(body[position:].lstrip())
    try:
        return decode_first(body, start)
    except ValueError:
        return None, position


_SEPARATOR: Final = "<\uff5ctool\u2581sep\uff5c>"


def _read_separated(body: str, context: TextCallContext) -> list[TextCall]:
    """Return the call in `name<sep>{...}`, or `function<sep>name` with the object in a fence."""
    del context
    parts = body.split(_SEPARATOR)
    if parts[0].strip() == "function":
        parts = parts[1:]
        name, _, remaining = "".join(parts).partition("\n")
    else:
        name, remaining = parts[0], "".join(parts[1:])
    arguments = parse_object(remaining.strip().removeprefix("```json").removesuffix("```"))
    return [TextCall(name.strip(), arguments)] if name.strip() and arguments is not None else []


_ARGUMENTS: Final = "<|tool_call_argument_begin|>"


def _read_numbered(body: str, context: TextCallContext) -> list[TextCall]:
    """Return the call in `functions.name:0<argument begin>{...}`."""
    del context
    name, _, remaining = body.partition(_ARGUMENTS)
    name = name.strip().removeprefix("functions.").partition(":")[0]
    arguments = parse_object(remaining)
    return [TextCall(name, arguments)] if name and arguments is not None else []


_RECIPIENT: Final = re.compile(r"(?:functions\.)?([\w.-]+)[^{]*<\|message\|>", re.DOTALL)


def _read_channel(body: str, context: TextCallContext) -> list[TextCall]:
    """Return the call in a message to a function on a channel of its own."""
    del context
    recipient = _RECIPIENT.match(body)
    arguments = parse_object(body[recipient.end() :]) if recipient else None
    return [TextCall(recipient[1], arguments)] if recipient and arguments is not None else []


_FIRST_KEY: Final = re.compile(r'[\[{\s]*"((?:[^"\\]|\\.)*)"\s*[:,}\]]')
_FIRST_NAME: Final = re.compile(r"[\[\s(]*(?:print\()?((?:\w+\.)*\w+)\s*(\(?)")
_MOST_UNDECIDED: Final = 4096


def judge_json(text: str, context: TextCallContext) -> Verdict:
    """Say whether a text can begin with a call in JSON."""
    text = text.lstrip()
    if text and text[0] not in "[{":
        return "no"
    key = _FIRST_KEY.match(text)
    if key is None:
        is_open = not text.lstrip("[{ \t\r\n") or text.lstrip("[{ \t\r\n")[0] == '"'
        return "open" if is_open and len(text) < _MOST_UNDECIDED else "no"
    if key[1] not in CALL_KEYS:
        return "no"
    if any(f'"{name}"' in text for name in context.offered or ()):
        return "yes"
    is_named = key[1] in NAME_KEYS and key[1] != "function" and '"' in text[key.end() :].strip()[1:]
    return "no" if is_named or len(text) >= _MOST_UNDECIDED else "open"


def judge_python(text: str, context: TextCallContext) -> Verdict:
    """Say whether a text can begin with a call in Python."""
    text = text.lstrip()
    name = _FIRST_NAME.match(text)
    if name is None:
        return "no" if len(text) >= _MOST_UNDECIDED or text.strip("[ \t\r\n") else "open"
    tail = name[1].rpartition(".")[2]
    is_whole = name.end() < len(text)
    if context.is_offered(name[1]) or context.is_offered(tail):
        return "yes" if name[2] else "no" if is_whole else "open"
    if is_whole:
        return "no"
    names = (*(context.offered or ()), "print", "default_api")
    return "open" if any(literal.startswith(name[1]) for literal in names) else "no"


def judge_bare(text: str, context: TextCallContext) -> Verdict:
    """Say whether a text can be a call and nothing else."""
    verdicts = (judge_json(text, context), judge_python(text, context))
    return "yes" if "yes" in verdicts else "open" if "open" in verdicts else "no"


_FENCE: Final = ("```",)
_TURN_ENDS: Final = ("<|eom_id|>", "<|eot_id|>")
_FORMATS: Final = (
    _CallFormat(r"<start_function_call>", ("<end_function_call>",), read_brace_calls, to_end=True),
    _CallFormat(r"<\|tool_call>", ("<tool_call|>",), read_brace_calls, to_end=True),
    _CallFormat(r"\[TOOL_CALLS\]", (), _read_named_json, to_end=True),
    _CallFormat(r"<\|python_tag\|>", _TURN_ENDS, _read_json_or_python, to_end=True),
    _CallFormat(r"<\|tool_call\|>", ("<|/tool_call|>",), read_json_calls, to_end=True),
    _CallFormat(r"functools(?=\[\{)", (), read_json_calls, to_end=True),
    _CallFormat(
        "<\uff5ctool\u2581call\u2581begin\uff5c>",
        ("<\uff5ctool\u2581call\u2581end\uff5c>",),
        _read_separated,
        to_end=True,
    ),
    _CallFormat(r"<\|tool_call_begin\|>", ("<|tool_call_end|>",), _read_numbered, to_end=True),
    _CallFormat(
        r"<\|channel\|>(?:commentary|analysis) to=", ("<|call|>",), _read_channel, to_end=True
    ),
    _CallFormat(r"```(?:json|tool_calls?)[ \t]*\n", _FENCE, read_offered_json, False, judge_json),
    _CallFormat(r"```tool_code[ \t]*\n", _FENCE, read_python_calls, False, judge_python),
)  # fmt: skip
_MARKED: Final = re.compile(
    "|".join(
        f"(?P<format_{number}>{call_format.opening})" for number, call_format in enumerate(_FORMATS)
    )
    + r"|<function=(?P<function>[\w.-]+)>"
    + f"|(?P<element>{ELEMENT})"
)
WRAPPER: Final = re.compile(
    rf"</?{MARK}(?:tool_calls|function_calls|\w+:tool_call)>"
    r"|<\|tool_calls_section_(?:begin|end)\|>"
    "|<\uff5ctool\u2581calls\u2581(?:begin|end)\uff5c>"
)
_WRAPPERS: Final = (
    "<tool_calls>", "<function_calls>", "<|tool_calls_section_begin|>",
    "<\uff5ctool\u2581calls\u2581begin\uff5c>",
)  # fmt: skip
_LITERALS: Final = (
    "<start_function_call>", "<|tool_call>", "[TOOL_CALLS]", "<|python_tag|>", "<|tool_call|>",
    "functools[{", "<\uff5ctool\u2581call\u2581begin\uff5c>", "<|tool_call_begin|>",
    "<|channel|>commentary to=", "<|channel|>analysis to=", "<function=", "```json\n",
    "```tool_call\n", "```tool_calls\n", "```tool_code\n", *_WRAPPERS,
)  # fmt: skip
_OPEN_TAG: Final = re.compile(
    rf"<(?:[|\uff5c][^<>]{{0,24}}|\w{{1,24}}[:=][\w.-]{{0,64}}|{MARK}([\w-]*)(\s[^<>]{{0,500}})?)$"
)
_FIRST_CHARACTERS: Final = re.compile(r"[<\[`f]")
_LONGEST_LITERAL: Final = max(map(len, _LITERALS))
_LONGEST_TAIL: Final = 600
LONGEST_CLOSING: Final = 96


def find_opening(text: str, position: int, context: TextCallContext) -> OpeningTag | None:
    """Return the next place where a call with a marker may begin."""
    names = {"tool_call"} | ({*CALL_ELEMENTS, *context.dialects} if context.lenient else set())
    for opening_match in _MARKED.finditer(text, position):
        if opening_match["element"] is not None:
            opening = _open_element(opening_match, names)
            if opening is not None:
                return opening
        elif context.lenient and opening_match["function"] is not None:
            read = partial(read_named_function, opening_match["function"])
            return OpeningTag(
                opening_match.start(), opening_match.end(), ("</function>",), True, read
            )
        elif context.lenient and opening_match.lastgroup is not None:
            call_format = _FORMATS[int(opening_match.lastgroup.removeprefix("format_"))]
            return OpeningTag(
                opening_match.start(),
                opening_match.end(),
                call_format.closings,
                call_format.to_end,
                call_format.read,
                may_begin=call_format.may_begin,
            )
    return None


def _open_element(opening_match: "re.Match[str]", names: set[str]) -> OpeningTag | None:
    inner = re.match(ELEMENT, opening_match["element"])
    if inner is None or inner[2] not in names:
        return None
    mark, name, attributes = inner.groups()
    read = partial(_read_element_body, name, read_attributes(attributes))
    to_end = name == "tool_call"  # which models leave open when they end there
    closings = (f"</{mark}{name}>",)
    return OpeningTag(
        opening_match.start(), opening_match.end(), closings, to_end, read, is_element=True
    )


def _read_element_body(
    name: str, attributes: dict[str, str], body: str, context: TextCallContext
) -> list[TextCall]:
    return read_element(Element(name, attributes, body), context)


def find_partial_opening(text: str, context: TextCallContext) -> int:
    """Return where the end of a text begins that may be the beginning of an opening."""
    for opening_match in _FIRST_CHARACTERS.finditer(text, max(0, len(text) - _LONGEST_LITERAL)):
        remaining = text[opening_match.start() :]
        if any(literal.startswith(remaining) for literal in _LITERALS):
            return opening_match.start()
    tag = _OPEN_TAG.search(text, max(0, len(text) - _LONGEST_TAIL))
    return tag.start() if tag is not None and _may_be_element(tag, context) else len(text)


def _may_be_element(tag: "re.Match[str]", context: TextCallContext) -> bool:
    name, attributes = tag[1], tag[2]
    if name is None:
        return True  # a marker between bars, or a name with more behind it
    names = (*CALL_ELEMENTS, *context.dialects)
    return attributes is None or name in names
