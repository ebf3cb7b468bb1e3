"""Which trace and span something belongs to, and how that is written in headers."""

import re
import secrets
from typing import Final

import msgspec

_HEADER: Final = re.compile(r"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?")


class SpanContext(msgspec.Struct, frozen=True, kw_only=True):
    """A span's place in its trace: 32 and 16 hexadecimal digits, never all 0.

    Written as W3C Trace Context says: https://www.w3.org/TR/trace-context/
    """

    trace_id: str
    span_id: str
    sampled: bool = True
    tracestate: str = ""

    @classmethod
    def new(cls, parent: "SpanContext | None" = None) -> "SpanContext":
        """Return a place of its own, in the parent's trace if there is one."""
        if parent is None:
            return cls(trace_id=secrets.token_hex(16), span_id=secrets.token_hex(8))
        return msgspec.structs.replace(parent, span_id=secrets.token_hex(8))

    @classmethod
    def from_traceparent(cls, traceparent: str, tracestate: str = "") -> "SpanContext | None":
        """Read the headers of a request; None when they say nothing that can be used."""
        found = _HEADER.fullmatch(traceparent.strip())
        if found is None or found[1] == "ff" or (found[1] == "00" and found[5]):
            return None
        if not int(found[2], 16) or not int(found[3], 16):
            return None
        return cls(
            trace_id=found[2],
            span_id=found[3],
            sampled=bool(int(found[4], 16) & 1),
            tracestate=tracestate.strip(),
        )

    def to_traceparent(self) -> str:
        """Return the value of the `traceparent` header."""
        return f"00-{self.trace_id}-{self.span_id}-{'01' if self.sampled else '00'}"

    def headers(self) -> list[tuple[str, str]]:
        """Return the headers that carry it on."""
        own = [("traceparent", self.to_traceparent())]
        return [*own, ("tracestate", self.tracestate)] if self.tracestate else own
