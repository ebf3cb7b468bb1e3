"""What a chat request can be sent for besides a plain reply: a typed answer, a run of tools."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeVar, overload

from ai_lib.client.settings import CallOptions
from ai_lib.types.request import ChatRequest
from ai_lib.types.tool import ToolDefinition

from .calls import Calls
from .cancel import CancelToken

if TYPE_CHECKING:
    from ai_lib.client.tool_run import ToolRun
    from ai_lib.client.toolbox import Function
    from ai_lib.structured.asking import Asking
    from ai_lib.structured.json_mode import JsonMode, JsonModeConfig
    from ai_lib.structured.output import StructuredOutput

    from .tool_loop import Raises, ToolLoop, ToolStream
    from .typed_stream import TypedStream

T = TypeVar("T")


class Execution:
    """The part of a request's builder that sends it for a typed answer or with tools to run."""

    _calls: Calls
    _options: CallOptions

    def build(self) -> ChatRequest:
        """Return the request as it stands, without sending it."""
        raise NotImplementedError

    @overload
    async def execute_as(
        self, kind: type[T], *, mode: JsonMode | JsonModeConfig | None = None, max_reasks: int = 1
    ) -> T: ...

    @overload
    async def execute_as(
        self, kind: object, *, mode: JsonMode | JsonModeConfig | None = None, max_reasks: int = 1
    ) -> Any: ...

    async def execute_as(
        self, kind: Any, *, mode: JsonMode | JsonModeConfig | None = None, max_reasks: int = 1
    ) -> Any:
        """Send the request and return the answer as a value of a type.

        `kind` is a struct, dataclass, TypedDict, enum, pydantic model, a type made of them such as
        `list[Person]`, or a JSON Schema. It is asked for in the strictest form the target has
        unless `mode` says otherwise. An answer that does not fit is asked for again, with what is
        wrong with it, up to `max_reasks` times. All asks share one deadline, and the retries of
        one call: a target sees at most one request for each ask, and the retries it allows. Each
        ask begins at the first target again, whoever answered the one before.

        Raises:
            InvalidOutput: no answer did fit; the last one's text and problems are with it.
            AnswerRefused: the model refused.
            AnswerCutShort: the answer ended at the limit of tokens.
            TypeError: the type has no schema.
            AiLibError: as `execute` raises.
        """
        output = await self.execute_structured(kind, mode=mode, max_reasks=max_reasks)
        return output.value

    @overload
    async def execute_structured(
        self, kind: type[T], *, mode: JsonMode | JsonModeConfig | None = None, max_reasks: int = 1
    ) -> StructuredOutput[T]: ...

    @overload
    async def execute_structured(
        self, kind: object, *, mode: JsonMode | JsonModeConfig | None = None, max_reasks: int = 1
    ) -> StructuredOutput[Any]: ...

    async def execute_structured(
        self, kind: Any, *, mode: JsonMode | JsonModeConfig | None = None, max_reasks: int = 1
    ) -> StructuredOutput[Any]:
        """Do as `execute_as`; return the value with its reply and how often it was asked for."""
        from .typed import ask_typed

        return await ask_typed(self._calls, self._asking(kind, mode, max_reasks), self._options)

    @overload
    def stream_as(
        self,
        kind: type[T],
        *,
        mode: JsonMode | JsonModeConfig | None = None,
        max_reasks: int = 1,
        cancel_token: CancelToken | None = None,
    ) -> TypedStream[T]: ...

    @overload
    def stream_as(
        self,
        kind: object,
        *,
        mode: JsonMode | JsonModeConfig | None = None,
        max_reasks: int = 1,
        cancel_token: CancelToken | None = None,
    ) -> TypedStream[Any]: ...

    def stream_as(
        self,
        kind: Any,
        *,
        mode: JsonMode | JsonModeConfig | None = None,
        max_reasks: int = 1,
        cancel_token: CancelToken | None = None,
    ) -> TypedStream[Any]:
        """Return the answer as it comes: objects as far as they are known, the value last.

        Arguments and what iterating raises are those of `execute_as`.
        """
        from .typed_stream import TypedStream

        asking = self._asking(kind, mode, max_reasks)
        return TypedStream(self._calls, asking, self._options, cancel_token)

    def _asking(
        self, kind: type[T], mode: JsonMode | JsonModeConfig | None, max_reasks: int
    ) -> Asking[T]:
        from ai_lib.structured.asking import asking_for

        return asking_for(self.build(), kind, mode, max_reasks)

    async def run_tools(
        self,
        functions: Sequence[Function | ToolDefinition] = (),
        *,
        max_rounds: int = 10,
        max_parallel: int = 8,
        raises: Raises = (),
    ) -> ToolRun:
        """Let the model call Python functions until it has its answer.

        `functions` are offered beside the tools given with `tools`, which then need functions too.
        Their arguments come as the types of their annotations. What goes wrong in a call (no such
        tool, arguments that do not fit, an exception) is told to the model, but for exceptions of
        the classes `raises`. The calls of one round are made at the same time, at most
        `max_parallel`. A round is one reply; each is a call with the timeout and retries of one,
        and begins at the first target again, whoever answered the round before.

        Plain functions run in the caller's thread where there is an event loop, one after the
        other, and keep it busy; without one, several run in threads of their own. Functions that
        have to be waited for are, all together, where there is a loop; elsewhere they are refused.

        Raises:
            ToolRoundsExceeded: the model calls tools in the last of `max_rounds` replies, too.
            TypeError: a function has no schema, or nothing here can wait for it.
            AiLibError: as `execute` raises; its `messages` is the conversation so far.
        """
        return await self._tool_loop(functions, max_rounds, max_parallel, raises).run()

    def stream_tools(
        self,
        functions: Sequence[Function | ToolDefinition] = (),
        *,
        max_rounds: int = 10,
        max_parallel: int = 8,
        raises: Raises = (),
        cancel_token: CancelToken | None = None,
    ) -> ToolStream:
        """Do as `run_tools`; return the events of every round as they come."""
        from .tool_loop import ToolStream

        loop = self._tool_loop(functions, max_rounds, max_parallel, raises)
        return ToolStream(loop, cancel_token)

    def _tool_loop(
        self,
        functions: Sequence[Function | ToolDefinition],
        max_rounds: int,
        max_parallel: int,
        raises: Raises,
    ) -> ToolLoop:
        from .tool_loop import tool_loop

        return tool_loop(
            self._calls,
            self.build(),
            functions,
            options=self._options,
            max_rounds=max_rounds,
            max_parallel=max_parallel,
            raises=raises,
        )
