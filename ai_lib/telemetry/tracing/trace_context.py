"""The context of a span: its trace and span ids, and their headers."""

import re
import secrets
from typing import Final

import msgspec

_HEADER: Final = re.compile(r"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?")


class SpanContext(msgspec.Struct, frozen=True, kw_only=True):
    """The ids of a trace and a span: 32 and 16 hexadecimal digits, never all 0.

    The headers are those of W3C Trace Context: https://www.w3.org/TR/trace-context/
    """

    trace_id: str
    span_id: str
    sampled: bool = True
    tracestate: str = ""

    @classmethod
    def new(cls, parent: "SpanContext | None" = None) -> "SpanContext":
        """Return a new span's context, in the parent's trace if there is one."""
        if parent is None:
            return cls(trace_id=secrets.token_hex(16), span_id=secrets.token_hex(8))
        return msgspec.structs.replace(parent, span_id=secrets.token_hex(8))

    @classmethod
    def from_traceparent(cls, traceparent: str, tracestate: str = "") -> "SpanContext | None":
        """Read the headers of a request; return None when they are invalid."""
        match = _HEADER.fullmatch(traceparent.strip())
        if match is None or match[1] == "ff" or (match[1] == "00" and match[5]):
            return None
        if not int(match[2], 16) or not int(match[3], 16):
            return None
        return cls(
            trace_id=match[2],
            span_id=match[3],
            sampled=bool(int(match[4], 16) & 1),
            tracestate=tracestate.strip(),
        )

    def to_traceparent(self) -> str:
        """Return the value of the `traceparent` header."""
        return f"00-{self.trace_id}-{self.span_id}-{'01' if self.sampled else '00'}"

    def headers(self) -> list[tuple[str, str]]:
        """Return the headers that propagate the context."""
        fields = [("traceparent", self.to_traceparent())]
        return [*fields, ("tracestate", self.tracestate)] if self.tracestate else fields
