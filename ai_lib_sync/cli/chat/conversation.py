# Generated from ai_lib/cli/chat/conversation.py by codegen; do not edit.
"""A conversation from the command line: sends questions, shows responses, keeps both."""

from __future__ import annotations

import functools
import json
import sys
from pathlib import Path

from ai_lib.cli.chat.attachments import attach_files
from ai_lib.cli.chat.repl import run_repl
from ai_lib.cli.chat.state import ConversationState
from ai_lib.cli.chat.tool_file import load_functions
from ai_lib.cli.chat.writer import MarkdownWriter, Writer, make_writer
from ai_lib.cli.launch import run
from ai_lib.cli.options import ChatOptions
from ai_lib.cli.output import write_note, write_problem
from ai_lib.cli.user.log import find_log
from ai_lib.client.tools.functions import ToolLike
from ai_lib.errors.exceptions import RequestError
from ai_lib.structured.output import StructuredOutput
from ai_lib.structured.schema_problems import schema_problems
from ai_lib.types.display import summary_parts
from ai_lib.types.events import PartialContentDelta
from ai_lib.types.json import JsonObject, JsonValue
from ai_lib.types.message import Message
from ai_lib.types.response import ChatResponse

from ...client import AiClient, ChatRequestBuilder, ChatStream
from ...transport import HttpTransport


def run_chat(options: ChatOptions) -> int:
    """Ask one question, or hold a conversation; return the exit code.

    Raises:
        AiLibError: a question can't be sent, or the only one got no response.
    """
    conversation = Conversation(options)
    if options.question is not None:
        return run(functools.partial(conversation.ask, options.question))

    def ask(message: Message) -> object:
        return run(functools.partial(conversation.ask_message, message))

    return run_repl(conversation.state, ask, lambda: conversation.keep_partial_response())


class Conversation:
    """One conversation; its state is shared by both packages.

    Each question makes its own client, because each call may run on its own event loop.
    """

    def __init__(self, options: ChatOptions) -> None:
        self._options = options
        self._schema = _load_schema(options.schema)
        self._functions = load_functions(options.tools) if options.tools else []
        self._log = find_log(is_wanted=options.is_logged)
        self.state = ConversationState(options.model, options.system, options.files)
        self._stream: ChatStream | None = None

    def ask(self, question: str) -> int:
        """Send a question with the files, show the response, and keep both; return 0.

        Raises:
            AiLibError: the question can't be sent, or got no response.
        """
        content = attach_files(question, self.state.files, self._options.context)
        return self.ask_message(Message.user(content))

    def ask_message(self, question: Message) -> int:
        """Send a question, show the response, and keep both; return 0. Raises as `ask`."""
        state = self.state
        with self._build_client() as client:
            request = client.chat().messages([*state.messages, question])
            for name, value in self._options.parameters:
                request.param(name, value)
            state.files.clear()
            state.messages.append(question)
            if self._options.mcp is not None or self._functions:
                response = self._run_tools(request)
                response_message = response.to_message()
            elif self._schema is None:
                response = self._execute(request)
                response_message = response.to_message()
            else:
                output = self._execute_typed(request, self._schema)
                response, response_message = output.response, Message.assistant(output.raw)
        state.messages.append(response_message)
        state.add_response(response)
        self._report(question, response)
        return 0

    def _report(self, question: Message, response: ChatResponse) -> None:
        """Log the answer where that is asked for, and show its figures."""
        if self._log is not None:
            try:
                self._log.add(self.state.make_entry(question, response))
            except RequestError as error:  # the answer came; that it is not logged is said
                write_problem(error)
        if self._options.verbose or sys.stderr.isatty():
            write_note(f"{format_summary(response)}\n")
        if self._options.verbose:
            for adaptation in response.adaptations:
                write_note(f"[adapted: {adaptation}]\n")

    def keep_partial_response(self) -> None:
        """Keep the part of an interrupted response that came, or else drop its question."""
        stream, self._stream = self._stream, None
        partial = stream.response() if stream is not None else None
        self.state.keep_partial(partial.content if partial is not None else "")

    def _build_client(self) -> AiClient:
        options = self._options
        builder = AiClient.builder().model(self.state.model)
        if options.base_url is not None:
            builder.base_url(options.base_url)
        if options.timeout is not None:
            builder.timeout(options.timeout)
        if options.cassette is not None:
            builder.transport(_make_recorder(options.cassette))
        return builder.build()

    def _execute(self, request: ChatRequestBuilder) -> ChatResponse:
        if not self._options.stream:
            response = request.execute()
            writer = make_writer(plain=self._options.plain)
            _write_text(writer, response.content)
            return response
        with request.stream() as stream:
            self._stream = stream
            first_event = stream.__next__()  # nothing is shown before the first event
            writer = make_writer(plain=self._options.plain)
            try:
                _write_event(writer, first_event)
                for event in stream:
                    _write_event(writer, event)
            finally:
                writer.finish()
            self._stream = None
            return stream.response()

    def _run_tools(self, request: ChatRequestBuilder) -> ChatResponse:
        """Ask with functions and the tools of MCP servers; keep the rounds before the last one."""
        from ..mcp_command import ask_consent, open_servers

        hook = None if self._options.allow_tools else ask_consent
        if self._options.mcp is None:
            run = request.run_tools(self._functions, on_tool_call=hook)
        else:
            with open_servers(self._options.mcp) as servers:
                tools: list[ToolLike] = [*self._functions, *servers.tools()]
                run = request.run_tools(tools, on_tool_call=hook)
        self.state.messages[:] = run.messages[:-1]
        _write_text(make_writer(plain=self._options.plain), run.content)
        return run.response

    def _execute_typed(
        self, request: ChatRequestBuilder, schema: JsonObject
    ) -> StructuredOutput[JsonValue]:
        """Ask until the response fits the schema, then show it as JSON."""
        try:
            if self._options.stream:
                with request.stream_as(schema) as stream:
                    for _ in stream:
                        pass
                    output = stream.output()
            else:
                output = request.execute_structured(schema)
        except TypeError as error:
            raise RequestError(str(error)) from error
        _write_json(make_writer(plain=self._options.plain), output.data)
        return output


def format_summary(response: ChatResponse) -> str:
    """Return model, usage, cost if known, time and finish reason in one line."""
    parts = summary_parts(response.model, response.total_usage, response.attempts, response.cost)
    return f"[{'; '.join([*parts, response.finish_reason or 'no finish reason'])}]"


def _make_recorder(path: str) -> HttpTransport:
    from ...testing import record

    return record(path)


def _write_event(writer: Writer, event: object) -> None:
    if isinstance(event, PartialContentDelta) and event.candidate == 0:
        writer.write(event.text)


def _write_text(writer: Writer, text: str) -> None:
    try:
        writer.write(text)
    finally:
        writer.finish()


def _write_json(writer: Writer, data: JsonValue) -> None:
    if sys.stdout.isatty():
        text = json.dumps(data, ensure_ascii=False, indent=2)
        _write_text(writer, f"```json\n{text}\n```" if isinstance(writer, MarkdownWriter) else text)
    else:
        _write_text(writer, json.dumps(data, ensure_ascii=False))


def _load_schema(schema: str | None) -> JsonObject | None:
    if schema is None:
        return None
    try:
        text = schema if schema.lstrip().startswith("{") else Path(schema).read_text("utf-8")
        document = json.loads(text)
        if isinstance(document, dict):
            schema_problems(None, document)
    except OSError as error:
        raise RequestError(f"the schema {schema} can't be read: {error.strerror}") from error
    except ValueError as error:
        raise RequestError(f"the schema {schema} is not JSON: {error}") from error
    except TypeError as error:
        raise RequestError(f"{schema}: {error}") from error
    if not isinstance(document, dict):
        raise RequestError(f"the schema {schema} is not a JSON object")
    return document
